"""The database as a thief would have it: every byte of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.db import connection


def dump() -> bytes:
    """The SQLite file with its log, or what pg_dump writes; skips where there is no pg_dump."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        parts = [path, path.with_name(path.name + "-wal")]
        return b"".join(part.read_bytes() for part in parts if part.exists())
    return _pg_dump()


def _pg_dump() -> bytes:
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    config = connection.settings_dict
    words = ["pg_dump", "-h", config["HOST"], "-p", str(config["PORT"]), "-U", config["USER"]]
    done = subprocess.run([*words, config["NAME"]], capture_output=True, check=False)
    if b"version mismatch" in done.stderr:
        pytest.skip("pg_dump is older than the server")
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def found_in(data: bytes, *needles: str) -> list[str]:
    """Those of the texts that stand in the dump, whatever their case (of plain letters)."""
    low = data.lower()
    return [needle for needle in needles if needle.encode().lower() in low]
