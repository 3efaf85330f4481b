"""After a lost answer: looked up before anything is sent again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync.models import Push
from sync.models.push.attempts import AttemptOutcome
from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import (
    CREATED_THEN_LOST,
    LOST_BEFORE,
    fault,
    finish,
    fresh,
    lose_create,
    make_due,
    queue,
    searches,
    slow_clock,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


@pytest.mark.parametrize("how", CREATED_THEN_LOST)
def test_a_candidate_created_before_the_answer_was_lost_is_found_and_not_created_twice(
    world: World, settings: Any, how: str
) -> None:
    settings.HTTP_TIMEOUT_SECONDS = 0.6
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST[how]))
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.SUCCEEDED, "")
    [applicant] = world.sandbox.received()
    assert push.applicant_id == applicant["applicant"]
    assert push.column == applicant["column"]
    assert world.sandbox.requests()["create"] == 1
    assert push.attempts == 1
    outcomes = list(push.tries.values_list("outcome", flat=True))
    assert outcomes == [AttemptOutcome.UNKNOWN, AttemptOutcome.DONE]


@pytest.mark.parametrize("how", LOST_BEFORE)
def test_a_candidate_that_was_not_created_is_created_once(
    world: World, settings: Any, how: str
) -> None:
    settings.HTTP_TIMEOUT_SECONDS = 0.6
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(lose_create(LOST_BEFORE[how]))
    finish(world)
    [push] = fresh(push)
    assert push.status == S.SUCCEEDED
    assert len(world.sandbox.received()) == 1
    assert world.sandbox.requests()["create"] == 2
    assert push.attempts == 2
    assert list(push.tries.values_list("number", flat=True)) == [1, 2]


def test_it_does_not_look_before_search_has_settled(world: World, settings: Any) -> None:
    settings.PUSH_SETTLE_SECONDS = 120
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.work()
    [push] = fresh(push)
    assert (push.status, push.has_unknown_outcome) == (S.RETRYING, True)
    assert push.next_attempt_at is not None
    assert push.next_attempt_at - timezone.now() > timedelta(seconds=115)
    looked = searches(world)
    world.work()  # Nothing is due, so nothing is asked and nothing is sent.
    assert (searches(world), world.sandbox.requests()["create"]) == (looked, 1)


def test_a_retry_after_longer_than_the_settling_is_honoured(world: World, settings: Any) -> None:
    settings.PUSH_SETTLE_SECONDS = 10
    world.sandbox.set_faults(fault("create", "status_after", status=503, retry_after=300))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.work()
    [push] = fresh(push)
    assert push.next_attempt_at is not None
    assert push.next_attempt_at - timezone.now() > timedelta(seconds=290)


def test_a_search_that_lags_less_than_the_settling_does_no_harm(
    world: World, settings: Any
) -> None:
    settings.PUSH_SETTLE_SECONDS = 0.8
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["reset"]), search_lag_ms=500)
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.work(10, wait=True)
    [push] = fresh(push)
    assert push.status == S.SUCCEEDED
    assert len(world.sandbox.received()) == 1


def test_searches_that_fail_are_repeated_and_cost_no_attempt(world: World) -> None:
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]))
    world.work(wait=False)
    world.sandbox.set_faults(
        fault("search", "status", status=500, times=2),
        fault("search", "html"),
        fault("search", "empty"),
        fault("search", "status", status=429, retry_after=1),
        fault("search", "reset"),
        fault("search", "status", status=401),
        fault("search", "cut_body"),
    )
    for number in range(1, 9):
        assert make_due() == 1
        world.work()
        [push] = fresh(push)
        assert (push.status, push.attempts) == (S.RETRYING, 1), number
        assert push.has_unknown_outcome
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.attempts) == (S.SUCCEEDED, 1)
    assert world.sandbox.requests()["create"] == 1


def test_a_look_up_that_never_works_is_left_to_a_person_at_the_deadline(world: World) -> None:
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]))
    world.work()
    world.sandbox.set_faults(fault("search", "html", times=None))
    Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.UNCONFIRMED, ErrorCode.FLATCHR_AMBIGUOUS)
    assert push.next_step


def test_a_create_that_is_lost_every_time_ends_after_the_last_attempt(
    world: World, settings: Any
) -> None:
    settings.PUSH_MAX_ATTEMPTS = 3
    world.sandbox.set_faults(fault("create", "status", status=500, times=None))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.ATTEMPTS_EXHAUSTED)
    assert world.sandbox.requests()["create"] == 3
    assert "3" in push.explanation
    assert world.sandbox.received() == []


def test_a_success_page_that_stored_nothing_is_not_a_success(world: World, settings: Any) -> None:
    settings.PUSH_MAX_ATTEMPTS = 2
    world.sandbox.set_faults(fault("create", "html", times=None))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.ATTEMPTS_EXHAUSTED)


def test_a_create_that_is_lost_until_the_deadline_ends_there(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status", status=500, times=None))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.work()
    Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)
