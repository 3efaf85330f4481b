"""A person's first and last name, from whatever a profile holds."""

from sync.mapping.names.reading import PersonName, read_name

__all__ = ["PersonName", "read_name"]
