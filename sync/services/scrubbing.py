"""Making sure that what was deleted is gone from the disk as well, not only from the tables."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

# Where PostgreSQL may still hold deleted rows of people.
TABLES = ("sync_profile", "sync_push", "sync_pushattempt", "sync_runprofile", "sync_run")


def scrub(*tables: str) -> bool:
    """Rewrite the database without its deleted rows; False where that has to wait.

    SQLite overwrites what it deletes (`secure_delete`), but its log keeps older pages until it is
    written back, and a rebalanced page may keep a copy: so the file is rewritten and the log cut
    off. PostgreSQL removes dead rows by VACUUM; its own log and all backups are the operator's.
    """
    if connection.in_atomic_block:
        return False
    try:
        _statements(tables or TABLES)
    except DatabaseError as error:
        # Somebody reads or writes for long; the next purge does it.
        logger.warning("scrub: %s", type(error).__name__)
        return False
    return True


def _statements(tables: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in tables:
            cursor.execute(f"VACUUM {connection.ops.quote_name(table)}")
