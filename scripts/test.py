"""`make test`: the suite on SQLite, then on PostgreSQL with Redis where both answer.

On CI a missing service is a failure; elsewhere a line says what was left out.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

from scripts.processes import ROOT

POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/connector")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


def main(words: list[str]) -> int:
    begun = time.monotonic()
    code = _run("SQLite", {}, words)
    missing = [url for url in (POSTGRES, REDIS) if not answers(url)]
    if not missing:
        # Only tests that use the database. Browser tests see the same pages on any database, and
        # chaos tests choose their databases themselves.
        more = {"DATABASE_URL": POSTGRES, "REDIS_URL": REDIS, "ONLY_DATABASE_TESTS": "1"}
        marks = ["-m", "not browser and not chaos and not once"]
        code = _run("PostgreSQL and Redis", more, [*words, *marks]) or code
    elif os.environ.get("CI"):
        print(f"FAILED: on CI these must be there: {', '.join(map(_place, missing))}")
        code = 1
    else:
        print(f"Left out: the suite on PostgreSQL and Redis ({_place(missing[0])} does not answer)")
    print(f"{time.monotonic() - begun:.0f} s in all")
    return code


def _run(name: str, env: dict[str, str], words: list[str]) -> int:
    print(f"== on {name}", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *words]
    return subprocess.call(command, cwd=ROOT, env={**os.environ, **env})


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme} on {parts.hostname}:{parts.port}"


def answers(url: str) -> bool:
    """Whether something accepts connections at the host and port of `url`, within 2 s."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
