"""Outside name of `sync.models.accounts`: migration 0001 imports it, and is never edited."""

from sync.models.accounts import new_token

__all__ = ["new_token"]
