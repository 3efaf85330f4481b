"""Making sure that what was deleted is gone from the disk as well, not only from the tables."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper

logger = logging.getLogger(__name__)

# Where PostgreSQL may still hold deleted rows of people.
TABLES = ("sync_profile", "sync_push", "sync_pushattempt", "sync_runprofile", "sync_run")


def scrub(*tables: str) -> bool:
    """Rewrite the database without its deleted rows; False where that has to wait.

    SQLite overwrites what it deletes (`secure_delete`), but its log keeps older pages until it is
    written back, and a rebalanced page may keep a copy: so the file is rewritten and the log cut
    off. PostgreSQL removes dead rows by VACUUM; its own log and all backups are the operator's.
    """
    if connection.vendor == "sqlite":
        return _execute("VACUUM") and cut_log()
    return _execute(*(f"VACUUM {connection.ops.quote_name(name)}" for name in tables or TABLES))


def cut_log() -> bool:
    """SQLite's log holds pages as they were before what was overwritten in them since."""
    if connection.vendor != "sqlite":
        return True
    return _execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _execute(*statements: str) -> bool:
    if connection.in_atomic_block:
        return False
    try:
        with connection.cursor() as cursor:
            return all(_run(cursor, statement) for statement in statements)
    except DatabaseError as error:
        # Somebody reads or writes for long; the next purge does it.
        logger.warning("%s: %s", statements[0], type(error).__name__)
        return False


def _run(cursor: CursorWrapper, statement: str) -> bool:
    """A checkpoint that had to leave something says so in its row, and nowhere else: busy, pages in
    the log, pages written back."""
    cursor.execute(statement)
    row = cursor.fetchone() if cursor.description else None
    if row and row[0]:
        logger.warning("%s: busy", statement)
    return not (row and row[0])
