"""Which errors are tried again, when, and for how long."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync.exceptions import (
    PermanentError,
)
from sync.models import Push
from sync.models.states import PushStatus
from sync.services.peers.backoff import backoff
from sync.vocabulary import ErrorCode, Event
from tests.conftest import World
from tests.pushing import fault, finish, make_due, slow_clock
from tests.rows import make_push

S = PushStatus
__all__ = ["slow_clock"]


# --- backoff ------------------------------------------------------------------------------------


@pytest.fixture
def base(settings: Any) -> None:
    settings.PUSH_RETRY_BASE_SECONDS = 5
    settings.PUSH_RETRY_CAP_SECONDS = 900


def delays(tries: int, retry_after: float | None = None) -> list[float]:
    random.seed(7)
    return [backoff(tries, retry_after) for _ in range(2000)]


@pytest.mark.parametrize(("tries", "ceiling"), [(1, 5), (2, 10), (3, 20), (6, 160), (99, 900)])
def test_backoff_doubles_up_to_its_cap_with_full_jitter(
    base: None, tries: int, ceiling: float
) -> None:
    found = delays(tries)
    assert max(found) <= ceiling
    assert max(found) > 0.95 * ceiling and min(found) < 0.05 * ceiling
    assert 0.45 * ceiling < sum(found) / len(found) < 0.55 * ceiling


def test_backoff_is_never_shorter_than_the_peer_asked_for(base: None) -> None:
    assert min(delays(1, 60)) == 60
    found = delays(6, 60)
    assert min(found) == 60 and max(found) > 150


def test_no_number_of_tries_breaks_the_arithmetic(base: None) -> None:
    assert 0 <= backoff(10**6) <= 900
    assert 0 <= backoff(0) <= 5


# --- over HTTP ----------------------------------------------------------------------------------


def reload(push: Push) -> Push:
    return Push.objects.get(pk=push.pk)


def seconds_left(push: Push) -> float:
    assert push.next_attempt_at is not None
    return (push.next_attempt_at - timezone.now()).total_seconds()


REFUSALS: list[tuple[str, int, str]] = [
    ("read", 400, ErrorCode.HRFLOW_REJECTED),
    ("read", 404, ErrorCode.PROFILE_NOT_FOUND),
    ("create", 400, ErrorCode.FLATCHR_REJECTED),
    ("create", 404, ErrorCode.FLATCHR_NOT_FOUND),
    ("create", 422, ErrorCode.FLATCHR_REJECTED),
    ("search", 404, ErrorCode.FLATCHR_NOT_FOUND),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("endpoint", "status", "code"), REFUSALS)
def test_a_refusal_fails_at_once(world: World, endpoint: str, status: int, code: str) -> None:
    world.sandbox.set_faults(fault(endpoint, "status", status=status))
    push = world.push(world.keys(1)[0], source=world.bulk)
    assert (push.status, push.error_code, push.attempts) == (S.FAILED, code, 1)
    assert world.sandbox.received() == []


TRANSIENT: list[tuple[str, dict[str, Any]]] = [
    ("read", {"kind": "status", "status": 500}),
    ("read", {"kind": "status", "status": 429}),
    ("read", {"kind": "reset"}),
    ("read", {"kind": "cut_body"}),
    ("file", {"kind": "status", "status": 503}),
    ("file", {"kind": "reset"}),
    ("create", {"kind": "status", "status": 429}),
]


@pytest.mark.django_db
@pytest.mark.usefixtures("slow_clock")
@pytest.mark.parametrize(("endpoint", "how"), TRANSIENT)
def test_what_certainly_did_not_happen_is_tried_again(
    world: World, endpoint: str, how: dict[str, Any]
) -> None:
    world.sandbox.set_faults(fault(endpoint, times=2, **how))
    push = world.push(world.keys(1)[0], source=world.bulk)
    assert (push.status, push.attempts, push.create_started_at) == (S.RETRYING, 1, None)
    assert 90 < seconds_left(push) <= 100
    make_due()
    world.work()
    assert 190 < seconds_left(reload(push)) <= 200, "the second wait is twice as long"
    finish(world)
    push = reload(push)
    assert (push.status, push.attempts, push.error_code) == (S.SUCCEEDED, 3, "")
    assert len(world.sandbox.received()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ["read", "create", "search"])
def test_retry_after_in_seconds_is_honoured(world: World, endpoint: str) -> None:
    world.sandbox.set_faults(fault(endpoint, "status", status=429, retry_after=1234))
    push = world.push(world.keys(1)[0], source=world.bulk)
    assert push.status == S.RETRYING
    assert 1225 < seconds_left(push) <= 1234


@pytest.mark.django_db
def test_retry_after_as_a_date_is_honoured(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status", status=429, retry_after="date"))
    push = world.push(world.keys(1)[0], source=world.bulk)
    assert push.status == S.RETRYING
    assert 0.2 < seconds_left(push) <= 2


@pytest.mark.django_db
def test_a_page_in_place_of_a_cv_is_asked_for_again(world: World) -> None:
    """A proxy in trouble says such things with a status of 200."""
    world.sandbox.set_faults(fault("file", "html"))
    world.dispatch(*world.keys(1), source=world.bulk)
    finish(world)
    push = Push.objects.get()
    assert (push.status, push.attempts) == (PushStatus.SUCCEEDED, 2)


def test_a_page_that_stays_is_taken_at_its_word(world: World) -> None:
    """An expired link shows one too: nobody should wait for long to be told."""
    world.dispatch(world.key("resume_html"))
    finish(world)
    push = Push.objects.get()
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.RESUME_WRONG_TYPE)
    assert push.attempts == 2


def test_a_page_after_another_fault_is_not_believed_yet(world: World) -> None:
    world.sandbox.set_faults(
        fault("read", "status", status=500), fault("file", "html"), fault("read", "reset")
    )
    world.dispatch(*world.keys(1), source=world.bulk)
    finish(world)
    push = Push.objects.get()
    assert (push.status, push.attempts) == (PushStatus.SUCCEEDED, 4)


def test_a_retry_after_of_a_day_is_cut_to_an_hour(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status", status=429, retry_after=86400))
    push = world.push(world.keys(1)[0], source=world.bulk)
    assert 3590 < seconds_left(push) <= 3600


@pytest.mark.django_db
@pytest.mark.usefixtures("slow_clock")
def test_the_last_attempt_is_the_last(world: World, settings: Any) -> None:
    settings.PUSH_MAX_ATTEMPTS = 3
    world.sandbox.set_faults(fault("read", "status", status=500, times=None))
    world.dispatch(*world.keys(1), source=world.bulk)
    finish(world)
    push = Push.objects.get()
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.ATTEMPTS_EXHAUSTED)
    assert push.attempts == world.sandbox.requests()["read"] == 3
    assert "3" in push.explanation and str(ErrorCode.HRFLOW_FAULT.label) in push.explanation


@pytest.mark.django_db
@pytest.mark.usefixtures("slow_clock")
def test_no_try_is_planned_past_the_deadline(world: World) -> None:
    world.sandbox.set_faults(fault("read", "status", status=500, times=None))
    world.dispatch(*world.keys(1), source=world.bulk)
    Push.objects.update(deadline_at=Now() + timedelta(seconds=50))  # the wait would be 100
    world.work()
    push = Push.objects.get()
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)


@pytest.mark.django_db
@pytest.mark.usefixtures("slow_clock")
def test_a_presence_search_that_never_works_ends_at_the_deadline(world: World) -> None:
    world.sandbox.set_faults(fault("search", "html", times=None))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    first = seconds_left(Push.objects.get())
    make_due()
    world.work()
    push = Push.objects.get()
    assert (push.status, push.attempts) == (S.RETRYING, 0)
    assert seconds_left(push) > 1.5 * first, "it asks less and less often"
    Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    finish(world)
    push = Push.objects.get()
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)
    assert "create" not in world.sandbox.requests()


@pytest.mark.django_db
def test_a_short_backoff_is_waited_for_in_the_worker(world: World) -> None:
    world.sandbox.set_faults(fault("read", "status", status=500, times=2))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work(10, wait=True)
    assert Push.objects.get().status == S.SUCCEEDED


@pytest.mark.django_db
@pytest.mark.usefixtures("slow_clock")
def test_a_long_backoff_is_left_to_the_sweep(world: World) -> None:
    world.sandbox.set_faults(fault("read", "status", status=500))
    world.dispatch(*world.keys(1), source=world.bulk)
    begun = timezone.now()
    world.work(10, wait=True)
    assert timezone.now() - begun < timedelta(seconds=5)
    assert Push.objects.get().status == S.RETRYING


@pytest.mark.django_db
def test_a_deadline_is_set_when_a_push_is_asked_for(world: World, settings: Any) -> None:
    settings.PUSH_DEADLINE_SECONDS = 1000
    world.dispatch(*world.keys(1), source=world.bulk)
    deadline = Push.objects.get().deadline_at
    assert deadline is not None
    assert 990 < (deadline - timezone.now()).total_seconds() <= 1000


@pytest.mark.django_db
def test_a_retry_by_hand_begins_afresh(settings: Any) -> None:
    settings.PUSH_DEADLINE_SECONDS = 1000
    push = make_push(deadline_at=timezone.now() - timedelta(days=1))
    [claimed] = Push.objects.claim(1)
    claimed.fail(PermanentError(ErrorCode.DEADLINE_PASSED), Event.READ_FAILURE)
    claimed.retry(None)
    push = reload(push)
    assert (push.status, push.attempts, push.lookups) == (S.QUEUED, 0, 0)
    assert push.deadline_at and push.deadline_at > timezone.now()
