"""The call of the seed connector, with the parameters that the sandbox accepts."""

from __future__ import annotations

from typing import Any

from sync.services import Flatchr, ReadMode
from tests.sandbox_fixture import SandboxHandle


def parameters(sandbox: SandboxHandle, key: str, **more: Any) -> dict[str, Any]:
    company = sandbox.company(premium=True)
    return {
        "workflow_id": "test",
        "action_parameters": {"logics": [], "format": None, "read_mode": ReadMode.sync, **more},
        "origin_parameters": {
            "api_secret": sandbox.api_secret,
            "api_user": sandbox.api_user,
            "source_key": sandbox.source_keys["main"],
            "profile_key": key,
        },
        "target_parameters": {
            "auth": company["auth"],
            "vacancy": sandbox.vacancy("Comptable")["slug"],
            "company": company["key"],
        },
    }


def push(sandbox: SandboxHandle, trouble: str = "dates_1969", **more: Any) -> Any:
    return Flatchr.push_profile(**parameters(sandbox, sandbox.troubles[trouble], **more))
