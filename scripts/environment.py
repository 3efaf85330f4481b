"""The environment of a trial installation: new secrets, and the sandbox instead of the APIs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"


def ensure_dotenv() -> None:
    """Write `.env` with new secrets, unless there is one."""
    path = ROOT / ".env"
    if path.exists():
        return
    path.write_text(
        "# Made for trying out on this machine; see docs/configuration.md for production.\n"
        f"SECRET_KEY={secrets.token_urlsafe(48)}\n"
        f"FIELD_ENCRYPTION_KEYS={secrets.token_urlsafe(32)}\n"
        "DEBUG=true\n",
        encoding="utf-8",
    )
    path.chmod(0o600)


def with_dotenv() -> dict[str, str]:
    """The environment of a command that only needs the settings to load."""
    ensure_dotenv()
    return dict(os.environ)


def with_sandbox(sandbox: dict[str, Any], **more: str) -> dict[str, str]:
    """The environment of a process that uses the sandbox in place of HrFlow and Flatchr."""
    return {
        **os.environ,
        "HRFLOW_API_URL": sandbox["hrflow_url"],
        "FLATCHR_API_URL": sandbox["flatchr_api_url"],
        "FLATCHR_CAREERS_URL": sandbox["flatchr_careers_url"],
        "RESUME_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        **more,
    }
