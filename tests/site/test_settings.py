"""Settings come from the environment; what is missing or malformed stops the start, by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.views.debug import get_exception_reporter_filter

from connector_site import environment
from tests import ROOT
from tests.cases import Case
from tests.cases.running import settings as cases

KEY = "k" * 40
MINIMAL = {
    "SECRET_KEY": "s" * 60,
    "FIELD_ENCRYPTION_KEYS": KEY,
    "ALLOWED_HOSTS": "connector.example.com",
    "DATABASE_URL": "sqlite:///:memory:",
}


def start(
    tmp_path: Path, expression: str = "'started'", **environment: str | None
) -> tuple[int, str]:
    """Exit status and output of a process that loads the settings from another directory, so that
    no `.env` of this checkout is read."""
    wanted = {
        name: value for name, value in {**MINIMAL, **environment}.items() if value is not None
    }
    script = (
        "import connector_site.environment as e; e.load_dotenv = lambda path: None\n"
        "from django.core.exceptions import ImproperlyConfigured as I\n"
        "try:\n import connector_site.settings as s\n"
        "except I as error:\n print(error); raise SystemExit(3)\n"
        f"print({expression})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), **wanted},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def test_two_secrets_and_a_host_are_all_it_needs(tmp_path: Path) -> None:
    assert start(tmp_path, DATABASE_URL=None) == (0, "started")


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_a_missing_secret_is_named(tmp_path: Path, name: str) -> None:
    missing: dict[str, Any] = {name: None}
    status, said = start(tmp_path, **missing)
    assert status == 3 and said.startswith(f"{name}:")


def test_a_database_cache_has_room_for_every_notification(tmp_path: Path) -> None:
    size = "s.CACHES['default'].get('OPTIONS', {}).get('MAX_ENTRIES')"
    assert start(tmp_path, size) == (0, "10000")
    assert start(tmp_path, size, REDIS_URL="redis://127.0.0.1:6379/0") == (0, "None")


MALFORMED = {
    "DEBUG": "perhaps",
    "DATABASE_URL": "mysql://root@127.0.0.1/db",
    "REDIS_URL": "127.0.0.1:6379",
    "FIELD_ENCRYPTION_KEYS": "too-short",
    "HRFLOW_API_URL": "api.hrflow.ai",
    "FLATCHR_API_URL": "ftp://api.flatchr.io",
    "FLATCHR_CAREERS_URL": "careers",
    "RESUME_MAX_BYTES": "10 MB",
    "WEBHOOK_MAX_BYTES": "1 MB",
    "TRUSTED_PROXIES": "0",
    "PUSH_CONCURRENCY": "0",
    "Q_WORKERS": "two",
    "PUSH_LEASE_SECONDS": "soon",
    "PUSH_SETTLE_SECONDS": "-1",
    "PUSH_RETRY_BASE_SECONDS": "0",
    "PUSH_MAX_ATTEMPTS": "0",
    "HTTP_TIMEOUT_SECONDS": "never",
    "RETENTION_DAYS": "-5",
    "LANGUAGE_CODE": "de",
    "EMAIL_URL": "nonsense",
    "TIME_ZONE": "Mars/Olympus",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_value_is_named(tmp_path: Path, name: str) -> None:
    status, said = start(tmp_path, **{name: MALFORMED[name]})
    assert (status, said.partition(":")[0]) == (3, name), said


@pytest.mark.parametrize("case", cases.STOP_CASES, ids=str)
def test_what_cannot_be_read_stops_the_start(tmp_path: Path, case: Case) -> None:
    status, said = start(tmp_path, **case.input)
    assert (status, said.partition(":")[0]) == (3, case.right), said
    assert "hunter2" not in said and "\n" not in said


@pytest.mark.parametrize("case", cases.READ_CASES, ids=str)
def test_a_value_is_read_as_it_is_written(tmp_path: Path, case: Case) -> None:
    given, expression = case.input
    assert start(tmp_path, expression, **given) == (0, case.right)


@pytest.mark.parametrize("case", cases.DOTENV_CASES, ids=str)
def test_a_line_of_dotenv(tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})
    path = tmp_path / ".env"
    path.write_bytes(case.input.encode())
    if isinstance(case.right, str):
        environment.load_dotenv(path)
        assert environment.text("NAME") == case.right
        return
    with pytest.raises(ImproperlyConfigured, match=r"^\.env") as raised:
        environment.load_dotenv(path)
    assert f"line {case.right}" in str(raised.value) and "hunter2" not in str(raised.value)


@pytest.mark.parametrize("name", ["NAME", "NAME_FILE"])
def test_dotenv_overrides_nothing(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("given")
    given = {"NAME": "given", "NAME_FILE": str(tmp_path / "secret")}
    monkeypatch.setattr(os, "environ", {name: given[name]})
    path = tmp_path / ".env"
    path.write_text("NAME=other\nNAME_FILE=/nowhere\n")
    environment.load_dotenv(path)
    assert environment.text("NAME") == "given"


@pytest.mark.parametrize("case", cases.FILE_CASES, ids=str)
def test_a_file_loses_one_newline(
    tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(case.input.encode())
    monkeypatch.setenv("NAME_FILE", str(path))
    assert environment.text("NAME") == case.right


def test_a_lease_shorter_than_a_request_is_refused(tmp_path: Path) -> None:
    status, said = start(tmp_path, PUSH_LEASE_SECONDS="10", HTTP_TIMEOUT_SECONDS="20")
    assert status == 3 and said.startswith("PUSH_LEASE_SECONDS:")


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "PUSH_MAX_ATTEMPTS"])
def test_a_value_may_come_from_a_file(tmp_path: Path, name: str) -> None:
    value = {"SECRET_KEY": "f" * 60, "FIELD_ENCRYPTION_KEYS": "g" * 40, "PUSH_MAX_ATTEMPTS": "4"}
    path = tmp_path / "secret"
    path.write_text(value[name] + "\n")
    status, said = start(tmp_path, f"s.{name}", **{name: None, f"{name}_FILE": str(path)})
    assert status == 0, said
    assert value[name] in said


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    status, said = start(tmp_path, SECRET_KEY=None, SECRET_KEY_FILE="/nowhere/secret")
    assert status == 3 and said.startswith("SECRET_KEY_FILE:")


def test_no_message_repeats_a_secret(tmp_path: Path) -> None:
    status, said = start(tmp_path, FIELD_ENCRYPTION_KEYS="hunter2")
    assert status == 3 and "hunter2" not in said


def test_the_defaults_are_those_of_production(tmp_path: Path) -> None:
    names = "s.HRFLOW_API_URL, s.FLATCHR_API_URL, s.FLATCHR_CAREERS_URL, s.DEBUG"
    assert start(tmp_path, names)[1] == (
        "https://api.hrflow.ai/v1 https://api.flatchr.io https://careers.flatchr.io False"
    )
    limits = "s.PUSH_SETTLE_SECONDS, s.RESUME_ALLOWED_PRIVATE_HOSTS, s.SESSION_COOKIE_SECURE"
    assert start(tmp_path, limits)[1] == "120.0 [] True"


def test_the_queue_follows_redis(tmp_path: Path) -> None:
    shown = "s.Q_CLUSTER.get('orm'), s.CACHES['default']['BACKEND'].rpartition('.')[2]"
    assert start(tmp_path, shown)[1] == "default DatabaseCache"
    assert start(tmp_path, shown, REDIS_URL="redis://127.0.0.1:6379/0")[1] == "None RedisCache"


def test_sqlite_is_durable_and_patient(tmp_path: Path) -> None:
    said = start(tmp_path, "s.DATABASES['default']['OPTIONS']")[1]
    assert "synchronous=FULL" in said and "journal_mode=WAL" in said
    assert "'transaction_mode': 'IMMEDIATE'" in said and "secure_delete=ON" in said


def test_postgresql_is_durable(tmp_path: Path) -> None:
    url = "postgres://user@127.0.0.1:5432/name"
    assert "synchronous_commit=on" in start(tmp_path, "s.DATABASES", DATABASE_URL=url)[1]


def test_a_task_has_time_for_its_work_and_a_request(tmp_path: Path) -> None:
    shown = "s.Q_CLUSTER['timeout'] > s.TASK_WORK_SECONDS + s.HTTP_TIMEOUT_SECONDS,"
    shown += " s.Q_CLUSTER['retry'] > s.Q_CLUSTER['timeout'], s.Q_CLUSTER['ack_failures']"
    assert start(tmp_path, shown)[1] == "True True True"


def test_a_page_about_a_fault_shows_no_address_with_a_password(settings: Any) -> None:
    settings.REDIS_URL = "redis://:planted@redis:6379/0"
    settings.CACHES = {"default": {"LOCATION": "redis://:planted@redis:6379/0"}}
    settings.Q_CLUSTER = {"redis": "redis://:planted@redis:6379/0"}
    request = RequestFactory().get("/", DATABASE_URL="postgres://u:planted@h/d")
    request.META |= {"EMAIL_URL": "smtp://u:planted@h", "FIELD_ENCRYPTION_KEYS": "planted"}
    hide = get_exception_reporter_filter(request)
    assert "planted" not in str(hide.get_safe_settings())
    assert "planted" not in str(hide.get_safe_request_meta(request))
