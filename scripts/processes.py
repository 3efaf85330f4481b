"""Starts the sandbox and management commands as processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scripts.environment import ROOT

MANAGE = [sys.executable, "manage.py"]


@contextmanager
def running_sandbox(*options: str) -> Iterator[dict[str, Any]]:
    """Starts the sandbox and yields its start line: addresses, credentials, source keys, vacancies.

    It stops at the end of the block, and by itself when this process dies.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--with-parent", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


def manage(*words: str, env: dict[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs a management command. Raises CalledProcessError when it fails, unless `check=False`."""
    more.setdefault("check", True)
    return subprocess.run([*MANAGE, *words], cwd=ROOT, env=env, text=True, **more)


def add_trial_rows(sandbox: dict[str, Any], env: dict[str, str]) -> None:
    """Runs `scripts.trial_rows`, in a process of its own because it needs Django's settings."""
    subprocess.run(
        [sys.executable, "-m", "scripts.trial_rows"],
        cwd=ROOT,
        env=env,
        input=json.dumps(sandbox),
        text=True,
        check=True,
    )


@contextmanager
def running(*words: str, env: dict[str, str], **more: Any) -> Iterator[subprocess.Popen[Any]]:
    """A management command while the block runs; SIGTERM at its end, SIGKILL 60 s later."""
    process = subprocess.Popen([*MANAGE, *words], cwd=ROOT, env=env, **more)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
