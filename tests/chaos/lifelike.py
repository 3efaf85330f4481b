"""What real accounts send beside faults: arrays of events, profiles that cannot be read yet, dates
edited by hand."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from typing import Any

from tests.chaos.people import Cast
from tests.sandbox_fixture import SandboxHandle

SECRET = "chaos-webhook-secret"
AT_ONCE = 3  # profiles in one request
UNREADABLE_MS = (0, 800, 2500)
ODD_DATES = ("12/04/2024", "2024-13-45", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")
EDITED = 20
TAKEN = (200, 202)


class Crier:
    """HrFlow's webhook: new profiles of `main` are announced, some before they can be read."""

    def __init__(self, sandbox: SandboxHandle, cast: Cast, rng: random.Random) -> None:
        from sync.models import Workflow

        self.sandbox, self.source, self.rng, self.count = sandbox, cast.main, rng, 0
        cast.main.webhook_secret = SECRET
        cast.main.save()
        Workflow.objects.create(workflow_id="chaos", source=cast.main, vacancy=cast.vacancies[-1])

    def announce(self) -> None:
        """An array of events, and the same once more: nobody promises that one comes once."""
        events = [self._event(self._newcomer()) for _ in range(AT_ONCE)]
        body = json.dumps([*events, {"type": "job.updated"}]).encode()
        for _ in range(2):
            self._post(body)

    def _newcomer(self) -> str:
        self.count += 1
        last = "Annonce" + "".join(chr(ord("a") + int(digit)) for digit in str(self.count))
        info = {
            "first_name": "Noé",
            "last_name": last,
            "full_name": f"Noé {last}",
            "email": f"noe.{self.count}@example.org",
            "phone": None,
        }
        unreadable = self.rng.choice(UNREADABLE_MS)
        return self.sandbox.add_profile("main", unreadable_ms=unreadable, info=info)

    def _event(self, key: str) -> dict[str, Any]:
        profile = {"key": key, "source": {"key": self.source.source_key}}
        return {"type": "profile.parsing.success", "origin": "api", "profile": profile}

    def _post(self, body: bytes) -> None:
        from django.test import Client

        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        answer = Client(headers={"HTTP-HRFLOW-SIGNATURE": signature}).post(
            f"/hooks/hrflow/{self.source.webhook_token}/",
            body,
            content_type="application/json",
            headers={"Host": "localhost"},
        )
        if answer.status_code not in TAKEN:
            raise RuntimeError(f"events were answered with {answer.status_code}")


def edit_dates(sandbox: SandboxHandle, cast: Cast, rng: random.Random) -> None:
    """Some profiles have dates that nobody can have meant."""
    from sync.services.pushing.command import keys_of

    keys = sorted(keys_of(cast.main))
    for key in rng.sample(keys, min(EDITED, len(keys))):
        date = rng.choice(ODD_DATES)
        sandbox.change_profile(key, "main", created_at=date, info={"date_birth": date})
