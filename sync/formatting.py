"""Outside name of `sync.mapping.candidate` (docs/integrators.md)."""

from sync.mapping.candidate import Candidate, format_profile

__all__ = ["Candidate", "format_profile"]
