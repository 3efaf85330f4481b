"""The rows of attempts: written before a candidate is sent, and completed after, many at once."""

from __future__ import annotations

from django.db import connection

from sync.models import PushAttempt

# What an attempt's row is completed with when the try has ended.
COMPLETED = (
    "stage",
    "outcome",
    "http_status",
    "duration_ms",
    "error_code",
    "message",
    "steps",
    "finished_at",
)


def insert(rows: list[PushAttempt]) -> None:
    PushAttempt.objects.bulk_create(rows)


def complete(rows: list[PushAttempt]) -> None:
    """One statement for all: `bulk_update` builds a CASE a field and row, which was a third of all
    that a worker's database thread did."""
    fields = [field for field in PushAttempt._meta.concrete_fields if field.name in COMPLETED]
    quote = connection.ops.quote_name
    assignments = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    statement = f"UPDATE {quote(PushAttempt._meta.db_table)} SET {assignments} WHERE id = %s"  # nosec
    values = [
        [*(f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields), row.pk]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
