"""The environment every test runs in; loaded before Django's settings (see pyproject.toml)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

DEFAULTS = {
    "SECRET_KEY": "tests-only-tests-only-tests-only-tests-only-tests-only",
    "FIELD_ENCRYPTION_KEYS": "tests-only-field-encryption-key-0123456789",
    "DEBUG": "true",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "RESUME_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
    "PUSH_LEASE_SECONDS": "30",
    "HTTP_TIMEOUT_SECONDS": "5",
    "PUSH_SETTLE_SECONDS": "0",
    "PUSH_RETRY_BASE_SECONDS": "0.05",
    "LOG_LEVEL": "WARNING",
    "LANGUAGE_CODE": "en",
    "EMAIL_URL": "memorymail://",
    "CACHE_PREFIX": f"tests-{os.environ.get('PYTEST_XDIST_WORKER', '')}{os.getpid()}",
    "Q_NAME": f"tests-{os.getpid()}",
}

for name, value in DEFAULTS.items():
    os.environ[name] = value
if "DATABASE_URL" not in os.environ:
    path = Path(tempfile.mkdtemp(prefix="connector-tests-")) / "db.sqlite3"
    os.environ["DATABASE_URL"] = f"sqlite:///{path}"
