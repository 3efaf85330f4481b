"""Public name of `sync.mapping.registry`, for other apps (docs/integrators.md), migration 0001."""

from sync.mapping.registry import register_format, register_logic, validate_format, validate_logics

__all__ = ["register_format", "register_logic", "validate_format", "validate_logics"]
