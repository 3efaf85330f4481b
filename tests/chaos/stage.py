"""Where a run takes place: a database and a broker of its own, the sandbox, and the environment.

Django is set up here, in the harness's own process, against the same database as the workers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.sandbox_fixture import SandboxHandle, start_sandbox

ROOT = Path(__file__).resolve().parent.parent.parent
POSTGRES = "postgres://postgres@127.0.0.1:5432/"
REDIS = "redis://127.0.0.1:6379/9"

# Short, so that a run of a thousand pushes lives through every kind of recovery in minutes. The
# proportions are those of the defaults: settle > search lag, lease > HTTP, heartbeat > beat.
SHORT = {
    "PUSH_SETTLE_SECONDS": "2",
    "PUSH_LEASE_SECONDS": "8",
    "HTTP_TIMEOUT_SECONDS": "3",
    "HEARTBEAT_STALE_SECONDS": "10",
    "TASK_WORK_SECONDS": "5",
    "PUSH_RETRY_BASE_SECONDS": "0.2",
    "PUSH_RETRY_CAP_SECONDS": "5",
    # A try meets a fault about every third time: six tries would be given up now and then.
    "PUSH_MAX_ATTEMPTS": "15",
    "BREAKER_PAUSE_SECONDS": "0.5",
    "PUSH_CONCURRENCY": "8",
}
# For the test suite, which has a minute: a wedged cluster is found a little earlier.
SHORTER = SHORT | {"HEARTBEAT_STALE_SECONDS": "8"}
SEARCH_LAG_MS = 1500  # a bit below the settle time


@dataclass
class Stage:
    """`logs`: a folder that every worker group writes a file into."""

    name: str
    database: str
    sandbox: SandboxHandle
    environment: dict[str, str]
    logs: Path


@contextmanager
def open_stage(
    database: str, *, profiles: int, latency_ms: float, overrides: dict[str, str]
) -> Iterator[Stage]:
    """`database`: `sqlite`, or `postgres` with Redis. All that is made here is removed."""
    name = f"chaos_{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        sandbox = stack.enter_context(start_sandbox(profiles=profiles, latency_ms=latency_ms))
        places = _sqlite(folder) if database == "sqlite" else stack.enter_context(_postgres(name))
        environment = _environment(name, sandbox) | places | overrides
        _set_up_django(environment)
        yield Stage(name, database, sandbox, environment, folder)
        _disconnect()


def _environment(name: str, sandbox: SandboxHandle) -> dict[str, str]:
    return {
        "SECRET_KEY": "chaos-only-chaos-only-chaos-only-chaos-only-chaos-only",
        "FIELD_ENCRYPTION_KEYS": "chaos-only-field-encryption-key-0123456789",
        "DEBUG": "true",
        "LANGUAGE_CODE": "en",
        "LOG_LEVEL": "INFO",
        "EMAIL_URL": "memorymail://",
        "REDIS_URL": "",
        "Q_NAME": name,
        "CACHE_PREFIX": name,
        "HRFLOW_API_URL": sandbox.hrflow_url.rstrip("/"),
        "FLATCHR_API_URL": sandbox.flatchr_api_url,
        "FLATCHR_CAREERS_URL": sandbox.flatchr_careers_url,
        "RESUME_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "connector_site.settings",
        "PYTHONUNBUFFERED": "1",
    }


def _sqlite(folder: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}"}


@contextmanager
def _postgres(name: str) -> Iterator[dict[str, str]]:
    import psycopg
    import redis

    server = os.environ.get("CHAOS_POSTGRES_URL", POSTGRES)
    broker = os.environ.get("CHAOS_REDIS_URL", REDIS)
    with psycopg.connect(server + "postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            yield {"DATABASE_URL": server + name, "REDIS_URL": broker}
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
            client = redis.Redis.from_url(broker)
            for key in client.scan_iter(f"*{name}*"):
                client.delete(key)


def _set_up_django(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    os.chdir(ROOT)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()


def empty_broker(stage: Stage) -> int:
    """Every task that waits is lost, as when a broker without persistence is restarted."""
    if stage.environment["REDIS_URL"]:
        import redis

        client = redis.Redis.from_url(stage.environment["REDIS_URL"])
        key = f"django_q:{stage.name}:q"
        lost = int(client.llen(key))  # type: ignore[arg-type]
        client.delete(key)
        return lost
    from django_q.models import OrmQ

    return int(OrmQ.objects.all().delete()[0])


def cut_connections(stage: Stage) -> int:
    """Every connection to the database but this process's own ends, as when PostgreSQL restarts."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def is_there(database: str) -> bool:
    """Whether the services a database choice needs can be reached."""
    if database == "sqlite":
        return True
    return all(_listens(url) for url in (POSTGRES, REDIS))


def _listens(url: str) -> bool:
    import socket

    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except OSError:
        return False
    return True
