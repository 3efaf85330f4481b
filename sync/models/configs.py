"""Outside name of `sync.models.accounts`: migration 0001 names it, and migrations are never edited."""

from sync.models.accounts import new_token

__all__ = ["new_token"]
