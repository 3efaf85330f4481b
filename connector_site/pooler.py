"""PostgreSQL behind a pooler: a connection cannot ask for durable commits as it begins."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured


def refuse_early_commits(*, connection: Any, **_: Any) -> None:
    """Django's `connection_created`: ask whether a commit waits for the disk, as an intent to
    create must survive a power loss (docs/reliability.md). PostgreSQL's own default does."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        [mode] = cursor.fetchone()
    if mode == "off":
        connection.close()
        raise ImproperlyConfigured(
            "DATABASE_POOLER: the server has synchronous_commit off, and a pooler lets nobody turn "
            "it on for a connection. Execute ALTER ROLE … SET synchronous_commit = on for the user "
            "of DATABASE_URL, and restart the pooler."
        )
