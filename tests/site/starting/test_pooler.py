"""PostgreSQL behind a real PgBouncer in transaction mode; skipped where either is not installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from scripts.environment import with_sandbox
from scripts.processes import MANAGE, add_trial_rows, manage, running, running_sandbox
from tests import ROOT

SERVER = urlsplit(os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/x"))
PGBOUNCER = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
# As the `nobody` of most systems; PgBouncer refuses to run as root.
UNPRIVILEGED = 65534
CONFIGURATION = """
[databases]
* = host={host} port={port} user={user} {password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 100
logfile = {log}
"""
# Behind the pooler: what would break if a session were relied on.
SCRIPT = """
import django; django.setup()
from django.db import connection, transaction
from django.contrib.auth.models import Permission
from sync.services.privacy.database_files import scrub
with transaction.atomic():
    first = Permission.objects.select_for_update().first()
read = [Permission.objects.filter(pk=one.pk).count() for one in
        Permission.objects.order_by("pk").iterator(chunk_size=1)]
with connection.cursor() as cursor:
    cursor.execute("SHOW synchronous_commit")
    print(cursor.fetchone()[0], len(read) > 10, scrub())
"""


def server(**more: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=SERVER.hostname or "127.0.0.1",
        port=SERVER.port or 5432,
        user=SERVER.username or "postgres",
        password=SERVER.password,
        dbname="postgres",
        autocommit=True,
        connect_timeout=2,
        **more,
    )


@pytest.fixture
def database() -> Iterator[str]:
    """A new database on the server; its name."""
    name = f"pooled_{uuid.uuid4().hex[:12]}"
    try:
        connection = server()
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL")
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def pooled(database: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings that lead to that database through a pooler of our own."""
    if PGBOUNCER is None:
        pytest.skip("no PgBouncer")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path, log = tmp_path / "pgbouncer.ini", Path("/dev/null")
    path.write_text(
        CONFIGURATION.format(
            host=SERVER.hostname or "127.0.0.1",
            port=SERVER.port or 5432,
            user=SERVER.username or "postgres",
            password=f"password={SERVER.password}" if SERVER.password else "",
            listen=port,
            log=log,
        )
    )
    rights = {"user": UNPRIVILEGED, "group": UNPRIVILEGED} if os.getuid() == 0 else {}
    with path.open() as configuration:
        process = subprocess.Popen(
            [PGBOUNCER, "-q", "/dev/stdin"],
            stdin=configuration,
            stderr=subprocess.DEVNULL,
            **rights,
        )
        _await(port)
        user = SERVER.username or "postgres"
        yield {
            "DATABASE_URL": f"postgres://{user}@127.0.0.1:{port}/{database}",
            "DATABASE_POOLER": "true",
            "LOG_LEVEL": "WARNING",
        }
        process.terminate()
        process.wait(10)


def _await(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("PgBouncer does not listen")


def test_a_whole_push_goes_through_a_pooler(pooled: dict[str, str]) -> None:
    with running_sandbox("--port", "0", "--profiles", "12") as box:
        env = with_sandbox(box, **pooled, DEBUG="true", PUSH_SETTLE_SECONDS="1")
        manage("migrate", "--verbosity", "0", env=env)
        add_trial_rows(box, env)
        vacancy = next(v for v in box["vacancies"] if v["open"] and v["title"] == "Comptable")
        words = ["--source", "CVthèque", "--vacancy", vacancy["slug"], "--all", "--wait", "--json"]
        with running("worker", env=env):
            done = subprocess.run(
                [*MANAGE, "push", *words], cwd=ROOT, env=env, stdout=subprocess.PIPE, timeout=120
            )
        statuses = {push["status"] for push in json.loads(done.stdout)["pushes"]}
        assert statuses == {"succeeded"}
        said = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True
        )
        assert said.stdout.split() == ["on", "True", "True"], said.stderr


def test_a_server_that_commits_early_is_refused(pooled: dict[str, str], database: str) -> None:
    with server() as connection:
        connection.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
    env = {**os.environ, **pooled}
    said = subprocess.run([*MANAGE, "migrate"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert said.returncode != 0 and "Traceback" not in said.stderr
    assert "DATABASE_POOLER: the server has synchronous_commit off" in said.stderr
