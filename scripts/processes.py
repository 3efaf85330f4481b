"""Starting the sandbox and the app's commands as processes of their own."""

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
    """The sandbox, and what it says of itself; it stops with this process, however that ends."""
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
    """Raises CalledProcessError where the command fails, unless `check=False`."""
    more.setdefault("check", True)
    return subprocess.run([*MANAGE, *words], cwd=ROOT, env=env, text=True, **more)


@contextmanager
def running(*words: str, env: dict[str, str], **more: Any) -> Iterator[subprocess.Popen[Any]]:
    process = subprocess.Popen([*MANAGE, *words], cwd=ROOT, env=env, **more)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
