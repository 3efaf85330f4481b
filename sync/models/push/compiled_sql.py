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
        """The slot itself is the parameter, until an execution puts a value in its place."""
        return "%s", [self]


class _Prepared:
    """A statement, compiled once for each kind of database.

    `only` takes the rows (any queryset of the model) and returns those that are meant; `changes`
    are those of an UPDATE. Both may hold slots.
    """

    def __init__(
        self, only: Callable[[Any], QuerySet[Any, Any]], changes: Mapping[str, Any] | None = None
    ) -> None:
        self._only, self._changes = only, changes
        self._compiled: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def _execute(self, cursor: Any, rows: QuerySet[Any, Any], values: Mapping[str, Any]) -> None:
        """`values`: by the names of the slots."""
        if connection.vendor not in self._compiled:
            query: Any = self._only(rows).query
            if self._changes is not None:
                query = query.chain(UpdateQuery)
                query.add_update_values(self._changes)
            sql, parameters = query.get_compiler(using=connection.alias).as_sql()
            self._compiled[connection.vendor] = sql, tuple(parameters)
        sql, parameters = self._compiled[connection.vendor]
        filled = [
            one.output_field.get_db_prep_value(values[one.name], connection)
            if isinstance(one, Slot)
            else one
            for one in parameters
        ]
        cursor.execute(sql, filled)


class PreparedUpdate(_Prepared):
    """An UPDATE of `changes`."""

    def update(self, rows: QuerySet[Any, Any], **values: Any) -> int:
        """Returns how many rows were changed. `rows`: any queryset of the model; `values`: by the
        names of the slots."""
        with connection.cursor() as cursor:
            self._execute(cursor, rows, values)
            return int(cursor.rowcount)


class PreparedSelect(_Prepared):
    """A SELECT of columns that need no conversion, such as texts."""

    def select(self, rows: QuerySet[Any, Any], **values: Any) -> list[tuple[Any, ...]]:
        """Returns the columns of each row, in the order of `only`'s `values_list`; the arguments
        are those of `PreparedUpdate.update`."""
        with connection.cursor() as cursor:
            self._execute(cursor, rows, values)
            return list(cursor.fetchall())
