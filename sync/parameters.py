"""Public name of `sync.mapping.parameters`: other apps use it (docs/integrators.md)."""

from sync.mapping.parameters import Parameter, ParameterKind

__all__ = ["Parameter", "ParameterKind"]
