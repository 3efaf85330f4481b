"""Outside name of `sync.mapping.parameters` (docs/integrators.md)."""

from sync.mapping.parameters import Parameter, ParameterKind

__all__ = ["Parameter", "ParameterKind"]
