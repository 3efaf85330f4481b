"""Pushes that succeeded and wait for their read-back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now

from sync.models import FlatchrCompany, Push
from sync.services.reconciling.follow_up import follow_up
from tests.conftest import World
from tests.pushing import finish


def look(*, enrich: bool = False) -> int:
    """The time to look again has come."""
    Push.objects.filter(confirm_after__isnull=False).update(confirm_after=Now())
    if enrich:
        Push.objects.filter(enrichment_after__isnull=False).update(enrichment_after=Now())
    return follow_up(10)


def pushed(world: World, *keys: str, **more: Any) -> list[Push]:
    world.dispatch(*keys, **more)
    finish(world)
    world.sandbox.post("/control/faults", {})
    return list(Push.objects.filter(profile_key__in=keys).order_by("pk"))


def requests(world: World) -> dict[str, int]:
    """Since the last call, without what the fixtures asked for."""
    before: dict[str, int] = getattr(world, "_counted", {})
    now = world.sandbox.requests()
    world._counted = dict(now)  # type: ignore[attr-defined]
    return {name: n - before.get(name, 0) for name, n in now.items() if n != before.get(name, 0)}


def move(world: World, push: Push, title: str) -> None:
    """As a recruiter does, in Flatchr."""
    from sync.services.peers.client_factory import flatchr_client

    flatchr = flatchr_client(push.vacancy.company)
    [applicant] = flatchr.search_applicants(email=push.candidate_email)
    [column] = [column for column in flatchr.list_columns() if column.title == title]
    flatchr.move_applicant(push.vacancy.remote_id, applicant.id, column.id)


@pytest.fixture
def premium(world: World) -> World:
    """A company with the option, and the readings of this world's fixtures not counted."""
    FlatchrCompany.objects.update(enrich=True)
    return world
