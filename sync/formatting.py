"""Public name of `sync.mapping.candidate`: other apps use it (docs/integrators.md)."""

from sync.mapping.candidate import Candidate, format_profile

__all__ = ["Candidate", "format_profile"]
