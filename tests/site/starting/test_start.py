"""Starting with wrong settings, as an operator sees it: a sentence and no traceback; and what
gunicorn makes of `gunicorn connector_site.wsgi` alone."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from tests import ROOT

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "SECRET_KEY": "s" * 60,
    "FIELD_ENCRYPTION_KEYS": "k" * 40,
    "ALLOWED_HOSTS": "connector.example.com",
    "DATABASE_URL": "sqlite:///:memory:",
    "DEBUG": "false",
}
WRONG = {"PUSH_SETTLE_SECONDS": "2m-hunter2"}


def ended(*command: str, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**ENVIRONMENT, **more},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "check"),
        ("manage.py", "push", "--help"),
        ("manage.py", "worker"),
        ("manage.py", "migrate"),
        ("-m", "gunicorn", "connector_site.wsgi", "--bind", "127.0.0.1:0"),
        ("-m", "gunicorn", "connector_site.wsgi", "--bind", "127.0.0.1:0", "-c", "python:sys"),
        ("-c", "import connector_site.wsgi"),
    ],
    ids=lambda words: " ".join(words[:4]),
)
def test_a_wrong_setting_ends_the_start_with_a_sentence(command: tuple[str, ...]) -> None:
    status, said = ended(*command, **WRONG)
    assert status != 0
    assert "PUSH_SETTLE_SECONDS: must be a number" in said
    assert "Traceback" not in said and "hunter2" not in said


def test_a_line_of_dotenv_is_not_shown(tmp_path: Path) -> None:
    for name in ("connector_site", "sync"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "manage.py", tmp_path)
    # Settings are read beside the project's own files, so the package itself is copied.
    (tmp_path / "connector_site").unlink()
    shutil.copytree(ROOT / "connector_site", tmp_path / "connector_site")
    (tmp_path / ".env").write_text("SECRET_KEY hunter2\n")
    status, said = ended(str(tmp_path / "manage.py"), "check")
    assert status != 0 and ".env: line 1 is not NAME=value." in said
    assert "Traceback" not in said and "hunter2" not in said


def test_gunicorn_alone_has_threads_and_more_time_than_an_exchange(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    found = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert (found["worker_class"], found["workers"], found["threads"]) == ("gthread", 3, 8)
    from django.conf import settings

    assert found["timeout"] > 2 * settings.HTTP_TIMEOUT_SECONDS
    assert found["graceful_timeout"] > settings.HTTP_TIMEOUT_SECONDS


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["10.0.3.17:8000", "other.example.com", "[::1]", "a b"])
def test_health_answers_whatever_the_host(path: str, host: str) -> None:
    client = Client(headers={"host": host})
    assert client.get(path).status_code == 200
    assert client.get("/admin/login/").status_code == 400
