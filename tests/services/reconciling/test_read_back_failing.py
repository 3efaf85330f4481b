"""Read-back while Flatchr does not answer, or a key or a stage is unusable."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync.models import FlatchrCompany, Push
from sync.models.circuit_breaker import REFUSALS_TO_OPEN
from sync.services.queue import shutdown
from sync.services.reconciling import batches
from sync.services.reconciling.follow_up import follow_up
from sync.services.reconciling.read_back import MOST_CONFIRM_TRIES
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import fault, slow_clock
from tests.services.reconciling.read_back import look, premium, pushed, requests

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["premium", "slow_clock"]


def test_searches_that_fail_do_not_use_the_tries_up(world: World) -> None:
    pushed(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(fault("search", "status", status=503, times=None))
    for _ in range(MOST_CONFIRM_TRIES):
        look()
    push = Push.objects.get()
    assert (push.confirm_tries, push.error_code) == (0, "")
    assert push.confirm_after and push.confirm_after > timezone.now()
    [one] = world.sandbox.received()
    world.sandbox.remove_applicant(one["applicant"])
    world.sandbox.set_faults()
    look()
    push = Push.objects.get()
    assert (push.confirm_tries, push.error_code) == (1, ""), "one real miss is not the last"


def test_who_cannot_be_looked_for_in_a_day_is_reported(world: World) -> None:
    pushed(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(fault("search", "status", status=401, times=None))
    look()
    assert Push.objects.get().confirm_after
    Push.objects.update(closed_at=Now() - timedelta(days=2))
    look()
    push = Push.objects.get()
    assert (push.confirm_after, push.error_code) == (None, ErrorCode.FLATCHR_MISMATCH)


def test_a_stage_that_cannot_be_read_again_is_left_as_it_is(world: World) -> None:
    pushed(world, *world.keys(1), source=world.bulk)
    look()
    Push.objects.update(confirm_after=Now(), closed_at=Now() - timedelta(days=9))
    world.sandbox.set_faults(fault("search", "status", status=503))
    look()
    assert Push.objects.get().confirm_after, "a fault passes"
    world.sandbox.set_faults(fault("search", "status", status=401))
    look()
    push = Push.objects.get()
    assert (push.confirm_after, push.error_code, push.column) == (None, "", "Nouveaux")


def test_a_refused_key_pauses_the_company_and_nobody_is_searched_meanwhile(premium: World) -> None:
    pushed(premium, *premium.keys(2), source=premium.bulk)
    premium.sandbox.set_faults(fault("search", "status", status=401, times=None))
    for _ in range(REFUSALS_TO_OPEN):
        look()
    assert FlatchrCompany.objects.get().is_paused
    requests(premium)
    assert look(enrich=True) == 0
    assert requests(premium) == {}


def test_a_company_that_is_switched_off_is_not_searched(premium: World) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    FlatchrCompany.objects.update(is_active=False)
    requests(premium)
    assert look(enrich=True) == 0
    FlatchrCompany.objects.update(is_active=True)
    assert look(enrich=True) == 2


@pytest.fixture
def beats(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(
        "sync.services.queue.heartbeat.beat", lambda: found.append(time.monotonic())
    )
    monkeypatch.setattr("sync.services.queue.heartbeat.BEAT_SECONDS", 0.2)
    return found


def test_a_search_that_hangs_silences_no_heartbeat_and_ends_with_its_time(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, beats: list[float]
) -> None:
    settings.HTTP_TIMEOUT_SECONDS = 1.5
    for title in ("Comptable", "Développeur Python (H/F)"):
        pushed(world, *world.keys(1), source=world.bulk, vacancy=world.vacancy(title))
    monkeypatch.setattr(batches, "THREADS", 1)
    world.sandbox.set_faults(fault("search", "hang", times=None))
    Push.objects.update(confirm_after=Now())
    requests(world)
    begun = time.monotonic()
    assert follow_up(0.5) == 1, "the second vacancy is left for another time"
    assert time.monotonic() - begun < 2.5
    assert len(beats) >= 5
    assert requests(world) == {"search": 1}


def test_a_stop_leaves_the_read_back_for_later(world: World) -> None:
    pushed(world, *world.keys(1), source=world.bulk)
    shutdown.requested.set()
    try:
        assert look() == 0
    finally:
        shutdown.requested.clear()
    assert look() == 1


def test_what_a_person_confirmed_is_looked_for_too(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status_after", status=500))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    [claimed] = _claim_all()
    claimed.mark_unconfirmed(_ambiguous())
    claimed.confirm(None)
    assert follow_up(5) == 1
    assert Push.objects.get().applicant_id


def _claim_all() -> list[Push]:
    Push.objects.waiting().update(next_attempt_at=Now())
    return Push.objects.claim(10)


def _ambiguous() -> Any:
    from sync.exceptions import PermanentError

    return PermanentError(ErrorCode.FLATCHR_AMBIGUOUS)
