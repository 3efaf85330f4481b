"""What the database's planner knows of the tables: without it, it guesses, and guesses badly.

PostgreSQL sees to it by itself. SQLite has to be told: at 400,000 pushes the dashboard takes 3.4
seconds without and 0.15 with it.
"""

from __future__ import annotations

from django.db import connection

# Rows looked at of each index. With a limit SQLite keeps counts only: no samples, which would be
# names and e-mails that an erasure does not find.
ROWS = 1000
EVERY_TABLE = 0x10002  # https://www.sqlite.org/pragma.html#pragma_optimize


def keep_statistics() -> None:
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit={ROWS}")
        cursor.execute(f"PRAGMA optimize={EVERY_TABLE}")
