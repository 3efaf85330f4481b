"""A store that has frozen, and static files that nobody collected, are told in seconds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import ROOT

NOTIFY = """
import django; django.setup()
from sync.services.queue import notify
print(notify.task(notify.FOLLOW_UP))
"""
COLLECT = "call_command('collectstatic', verbosity=0, interactive=False)"
STATIC = """
import django
from django.conf import settings
from django.core.management import call_command
settings.STATIC_ROOT = %(root)r
django.setup()
%(collect)s
from sync.web.checks import check_static_files
print([one.id for one in check_static_files()])
"""
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "production-only-production-only-production-only-0123456789",
    "ALLOWED_HOSTS": "connector.example.com",
}


def run(code: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "connector_site.settings", **more}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.once
def test_a_frozen_redis_counts_as_away() -> None:
    """It takes connections and never answers, as a process that was stopped does."""
    with socket.create_server(("127.0.0.1", 0), backlog=20) as frozen:
        begun = time.monotonic()
        found = run(NOTIFY, REDIS_URL=f"redis://127.0.0.1:{frozen.getsockname()[1]}/0")
    assert found.stdout.strip() == "False", found.stderr
    assert time.monotonic() - begun < 30


@pytest.mark.once
@pytest.mark.parametrize("collected", [False, True])
def test_static_files_that_nobody_collected_fail_the_check(collected: bool, tmp_path: Path) -> None:
    code = COLLECT if collected else ""
    found = run(STATIC % {"root": str(tmp_path), "collect": code}, **PRODUCTION)
    assert found.stdout.strip() == ("[]" if collected else "['sync.E001']"), found.stderr
