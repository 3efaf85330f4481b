"""The installation of the canary test: real processes, and a relay that can turn hostile."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests import ROOT
from tests.chaos.stage import SHORT
from tests.raw_server import RawServer, Request, reset, say, serving
from tests.sandbox_fixture import SandboxHandle, start_sandbox


@dataclass
class Relay:
    """Between the app and the sandbox. `modes`: how each service fails, by its name."""

    sandbox: SandboxHandle
    modes: dict[str, str] = field(default_factory=dict)
    seen: list[bytes] = field(default_factory=list)

    def __call__(self, server: RawServer, connection: socket.socket, request: Request) -> None:
        self.seen.append(repr((request.path, request.headers, request.body)).encode())
        names = {"/hrflow/": "hrflow", "/flatchr-careers/": "careers"}
        service = next((names[part] for part in names if part in request.path), "api")
        mode = self.modes.get(service, "pass")
        self._handler(mode, request)(server, connection, request)

    def _handler(self, mode: str, request: Request) -> Any:
        if mode == "reset":
            return reset
        if mode == "hang":
            return self._hang
        if mode == "pass":
            return self._passed(request)
        status, _, kind = mode.partition(" ")
        return say(int(status), echo(request, kind), CONTENT_TYPES.get(kind, "application/json"))

    def _hang(self, server: RawServer, *_: Any) -> None:
        while self.modes and not server.closing.wait(0.05):
            pass
        raise OSError

    def _passed(self, request: Request) -> Any:
        kept = {k: v for k, v in request.headers.items() if k not in ("host", "connection")}
        url = self.sandbox.address + request.path
        answer = requests.request(
            request.method, url, headers=kept, data=request.body, timeout=30, proxies=NO_PROXY
        )
        return say(answer.status_code, answer.content, answer.headers.get("Content-Type", ""))


NO_PROXY = {"http": "", "https": ""}
CONTENT_TYPES = {"html": "text/html", "text": "text/plain"}


def echo(request: Request, kind: str) -> bytes:
    """A peer that quotes everything it was sent, in every spelling it can think of."""
    body, headers = request.body.decode("utf-8", "replace"), request.headers
    key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    short = re.sub(r'"data": ?"[^"]*"', '"data": ""', body)
    told = f"bad key {key} {quote(key, safe='')} {base64.b64encode(key.encode()).decode()} {short}"
    if kind == "html":
        return f"<html><title>{key}</title><pre>{html.escape(told)}</pre></html>".encode()
    if kind == "text":
        return f"{told} {request.path} {headers} {body}".encode()
    message = {"code": 400, "message": told, "headers": headers, "sent": body, "path": request.path}
    return json.dumps(message).encode()


@dataclass
class Installation:
    folder: Path
    sandbox: SandboxHandle
    relay: Relay
    environment: dict[str, str]
    secrets: dict[str, str]
    rows: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, bytes] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "db.sqlite3"

    def run(self, *command: str, stdin: str = "") -> str:
        """Whatever it says is kept, and searched like a log."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            input=stdin.encode(),
            capture_output=True,
        )
        name = f"{' '.join(command)[:60]} #{len(self.outputs)}"
        self.outputs[name] = done.stdout + done.stderr
        return done.stdout.decode()

    def manage(self, *words: str) -> str:
        return self.run("manage.py", *words)

    def push(self, *keys: str) -> None:
        where = ["--source", "main", "--vacancy", self.rows["vacancies"][0]]
        self.manage("push", *where, *(f"--profile-key={key}" for key in keys), "--json")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as connection:
            return connection.execute(sql).fetchall()

    def until(self, sql: str, seconds: float = 60) -> None:
        """Until the query counts something."""
        end = time.monotonic() + seconds
        while not self.query(sql)[0][0]:
            assert time.monotonic() < end, f"{sql}: {self.query(STATES)}"
            time.sleep(0.1)

    def kept(self) -> dict[str, bytes]:
        """Every byte that outlives a process: files, logs, outputs; and what is packed in them."""
        places = {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
        assert any(name.endswith("-wal") for name in places), "the search must cover the WAL"
        dumped = subprocess.run(
            [sys.executable, "-m", "tests.services.security.canary.canary_rows", "dump"],
            cwd=ROOT,
            env=self.environment | {"LOG_LEVEL": "ERROR"},
            capture_output=True,
            check=True,
        ).stdout
        return {**places, **self.outputs, "rows": dumped}


STATES = "SELECT id, status, error_code, attempts FROM sync_push"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("canary")
    planted = {
        "SECRET_KEY": "canary-secret-key-" + secrets.token_urlsafe(40),
        "FIELD_ENCRYPTION_KEYS": "canary-field-key-" + secrets.token_urlsafe(30),
        "webhook secret": "canary-webhook-" + secrets.token_urlsafe(20),
        "password": "canary password & " + secrets.token_urlsafe(12),
        "wrong password": "canary wrong password " + secrets.token_urlsafe(12),
        "mistyped key": "canary-mistyped-" + secrets.token_urlsafe(20),
    }
    with start_sandbox(profiles=5) as sandbox:
        relay = Relay(sandbox)
        with serving(relay) as server:
            account = sandbox.company(premium=True)
            planted |= {"api_secret": sandbox.api_secret, "auth": account["auth"]}
            environment = _environment(folder, server, sandbox, planted)
            found = Installation(folder, sandbox, relay, environment, planted)
            found.manage("migrate", "--verbosity=0")
            facts = {
                "company": {"company": account["key"], "auth": account["auth"]},
                "source": {
                    "api_user": sandbox.api_user,
                    "api_secret": sandbox.api_secret,
                    "source_key": sandbox.source_keys["main"],
                    "webhook_secret": planted["webhook secret"],
                },
                "password": planted["password"],
            }
            said = found.run(
                "-m",
                "tests.services.security.canary.canary_rows",
                "set-up",
                stdin=json.dumps(facts),
            )
            found.rows = json.loads(said.splitlines()[-1])
            found.outputs.clear()
            yield found
            relay.modes.clear()


def _environment(
    folder: Path, server: RawServer, sandbox: SandboxHandle, planted: dict[str, str]
) -> dict[str, str]:
    def through(url: str) -> str:
        return url.replace(sandbox.address, server.url).rstrip("/")

    return {
        **os.environ,
        **SHORT,
        "SECRET_KEY": planted["SECRET_KEY"],
        "FIELD_ENCRYPTION_KEYS": planted["FIELD_ENCRYPTION_KEYS"],
        "DEBUG": "true",
        "LOG_LEVEL": "DEBUG",
        "LANGUAGE_CODE": "en",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "REDIS_URL": "",
        "Q_NAME": folder.name,
        "CACHE_PREFIX": folder.name,
        "EMAIL_URL": "memorymail://",
        "HRFLOW_API_URL": through(sandbox.hrflow_url),
        "FLATCHR_API_URL": through(sandbox.flatchr_api_url),
        "FLATCHR_CAREERS_URL": through(sandbox.flatchr_careers_url),
        "RESUME_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "connector_site.settings",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def website(home: Installation) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "connector_site.wsgi", "--bind"]
    extra = ["--access-logfile", "-", "--log-level", "debug", "--threads", "4"]
    with (home.folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, f"127.0.0.1:{port}", *extra],
            cwd=ROOT,
            env=home.environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(lambda: requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).ok)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(check: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if check():
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come up")
