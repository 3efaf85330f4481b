"""The checks of `make check` that load production settings: types, migrations, deploy."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.processes import MANAGE, ROOT


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        env = {
            "PATH": os.environ.get("PATH", ""),
            # Explicit, because a `.env` made for trying out says otherwise.
            "DEBUG": "false",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_ENCRYPTION_KEYS": secrets.token_urlsafe(32),
            "ALLOWED_HOSTS": "connector.example.com",
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'check.sqlite3'}",
        }
        checks = [
            [sys.executable, "-m", "mypy", "sync", "connector_site"],
            [*MANAGE, "makemigrations", "--check", "--dry-run"],
            [*MANAGE, "collectstatic", "--noinput", "--verbosity", "0"],
            [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
        ]
        codes = [subprocess.call(words, cwd=ROOT, env=env) for words in checks]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
