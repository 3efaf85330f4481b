"""Statements that the ORM writes once and that are executed many times with other values.

Three small statements are in every push. The ORM takes several times longer to write each of them
than the database to execute it, and all of them are written by a worker's one database thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql import UpdateQuery


class Slot(Expression):
    """The place of a value that each execution brings, by its name."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]

    def fill(self, values: Mapping[str, Any]) -> Any:
        return self.output_field.get_db_prep_value(values[self.name], connection)


class _Prepared:
    """A statement, written once for each kind of database."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def _execute(self, cursor: Any, rows: QuerySet[Any, Any], values: Mapping[str, Any]) -> None:
        if connection.vendor not in self._written:
            sql, parameters = self._compiler(rows).as_sql()
            self._written[connection.vendor] = sql, tuple(parameters)
        sql, slots = self._written[connection.vendor]
        cursor.execute(sql, [s.fill(values) if isinstance(s, Slot) else s for s in slots])

    def _compiler(self, rows: QuerySet[Any, Any]) -> Any:
        raise NotImplementedError


class PreparedUpdate(_Prepared):
    """`only` and `changes` are asked for once; both may hold slots."""

    def __init__(self, only: Callable[[Any], Any], changes: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._only, self._changes = only, changes

    def update(self, rows: QuerySet[Any, Any], **values: Any) -> int:
        """Returns how many rows were changed."""
        with connection.cursor() as cursor:
            self._execute(cursor, rows, values)
            return int(cursor.rowcount)

    def _compiler(self, rows: QuerySet[Any, Any]) -> Any:
        query = self._only(rows).query.chain(UpdateQuery)
        query.add_update_values(self._changes())
        return query.get_compiler(using=connection.alias)


class PreparedSelect(_Prepared):
    """`only` is asked for once; it selects columns that need no conversion, such as texts."""

    def __init__(self, only: Callable[[Any], Any]) -> None:
        super().__init__()
        self._only = only

    def select(self, rows: QuerySet[Any, Any], **values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            self._execute(cursor, rows, values)
            return list(cursor.fetchall())

    def _compiler(self, rows: QuerySet[Any, Any]) -> Any:
        return self._only(rows).query.get_compiler(using=connection.alias)
