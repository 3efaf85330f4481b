"""Time and faults for tests of pushes: what is due later is made due by an UPDATE, not awaited."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from sync.models import Push
from sync.models.states import WAITING, PushStatus
from tests.conftest import World


@pytest.fixture
def slow_clock(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing falls due by itself within a test: `make_due` says when, so that rounds count."""
    settings.PUSH_SETTLE_SECONDS = 120
    settings.PUSH_RETRY_BASE_SECONDS = 100
    monkeypatch.setattr("sync.services.peers.backoff.random.uniform", lambda low, high: high)


# The answer is lost after the candidate was stored (and how to say so to the sandbox).
CREATED_THEN_LOST: dict[str, dict[str, Any]] = {
    "500": {"kind": "status_after", "status": 500},
    "502": {"kind": "status_after", "status": 502},
    "reset": {"kind": "reset_after"},
    "cut": {"kind": "cut_body"},
    "html": {"kind": "html_after"},
    "empty": {"kind": "empty_after"},
    "exists": {"kind": "say_after", "text": "applicant already exists"},
    "200 of 409": {"kind": "say_after", "text": '{"status": 409, "message": "applicant created"}'},
    "hang": {"kind": "hang_after"},
}
# The same ends, before anything was stored.
LOST_BEFORE: dict[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500},
    "408": {"kind": "status", "status": 408},
    "reset": {"kind": "reset"},
    "html": {"kind": "html"},
    "empty": {"kind": "empty"},
    "limit": {"kind": "say", "text": "applicant limit reached"},
    "refusal": {"kind": "say", "text": "candidature refusée"},
    "hang": {"kind": "hang"},
}


def fault(endpoint: str, kind: str, times: int | None = 1, **more: Any) -> dict[str, Any]:
    return {"endpoint": endpoint, "kind": kind, "times": times, **more}


def lose_create(how: dict[str, Any], times: int | None = 1, **match: str) -> dict[str, Any]:
    return {"endpoint": "create", "times": times, "match": match, **how}


def make_due() -> int:
    """Time passes: what waits for a moment is due now. Returns how many pushes that is."""
    Push.objects.waiting().update(next_attempt_at=Now())
    return Push.objects.due().count()


def unknown_outcomes() -> int:
    """Pushes with an intent whose outcome nobody knows yet."""
    return Push.objects.exclude(status=PushStatus.SUCCEEDED).exclude(create_started_at=None).count()


def expire_leases() -> None:
    """As if every worker had died a lease ago."""
    Push.objects.filter(lease_expires_at__isnull=False).update(
        lease_expires_at=Now() - timedelta(seconds=1)
    )


def finish(world: World, rounds: int = 12) -> None:
    """Work, letting time pass, until no push waits; a push that never ends is an error."""
    for _ in range(rounds):
        if not make_due():
            return
        world.work()
    left = list(Push.objects.filter(status__in=WAITING).values_list("pk", "status", "error_code"))
    assert not left, f"still waiting after {rounds} rounds: {left}"


def people(world: World) -> Counter[str]:
    """How often Flatchr holds each person, by first and last name."""
    return Counter(f"{one['firstname']} {one['lastname']}" for one in world.sandbox.received())


def stored_profiles(world: World) -> Counter[str]:
    """How often Flatchr holds a candidate with each profile's CV."""
    return Counter(one["resume"]["profile_key"] for one in world.sandbox.received())


def searches(world: World) -> int:
    return world.sandbox.requests().get("search", 0)


def add_person(world: World, first: str, last: str, **info: Any) -> str:
    """A clean profile of this name in the source `main`; returns its key."""
    names = {"first_name": first, "last_name": last, "full_name": f"{first} {last}"}
    return world.sandbox.add_profile(info={**names, **info})


def queue(world: World, *keys: str, **more: Any) -> list[Push]:
    world.dispatch(*keys, **more)
    found = {push.profile_key: push for push in Push.objects.filter(profile_key__in=keys)}
    return [found[key] for key in keys]


def fresh(*pushes: Push) -> list[Push]:
    return [Push.objects.get(pk=push.pk) for push in pushes]
