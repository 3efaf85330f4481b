"""Runs of events, and the pushes in them whose profile cannot be read yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from sync.exceptions import PermanentError
from sync.models import Push, Run, RunKind, RunStatus, Workflow
from sync.models.runs import EVENTS_FINISH_AFTER, EVENTS_JOIN_FOR
from sync.services.intake.events import take_hrflow_events
from sync.services.pushing import outcomes
from sync.services.pushing.outcomes import Kind
from sync.vocabulary import ErrorCode, Event
from tests.conftest import World
from tests.desk import Desk, S
from tests.notifications import Notifications

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(notifications: Notifications) -> Desk:
    return Desk()


@pytest.fixture
def workflow(desk: Desk) -> Workflow:
    return Workflow.objects.create(workflow_id="w", source=desk.source, vacancy=desk.vacancy)


def tell(source: Any, *keys: str, kind: str = "profile.parsing.success") -> None:
    about = [{"key": key, "source": {"key": source.source_key}} for key in keys]
    take_hrflow_events(source, [{"type": kind, "profile": profile} for profile in about])


def end(status: str, **changes: Any) -> None:
    changes |= {"next_attempt_at": None, "closed_at": timezone.now()}
    if status == S.SUCCEEDED:
        changes["create_started_at"] = timezone.now()
    Push.objects.update(status=status, **changes)


def make_older(run: Run, by: timedelta) -> None:
    Run.objects.filter(pk=run.pk).update(started_at=timezone.now() - by - timedelta(seconds=1))


# --- which run ------------------------------------------------------------------------------------


def test_events_of_a_while_share_a_run_and_later_ones_begin_another(
    desk: Desk, workflow: Workflow
) -> None:
    tell(desk.source, "a")
    tell(desk.source, "b", "c")
    first = Run.objects.get()
    make_older(first, EVENTS_JOIN_FOR)
    tell(desk.source, "d")
    assert [run.pushes.count() for run in Run.objects.order_by("pk")] == [3, 1]


CHANGES = [
    {"logics": ["has_email"]},
    {"format": "other"},
    {"resume_policy": "generate"},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_changed_workflow_begins_another_run(
    desk: Desk, workflow: Workflow, change: dict[str, Any]
) -> None:
    tell(desk.source, "a")
    Workflow.objects.update(**change)
    tell(desk.source, "b")
    assert Run.objects.count() == 2


def test_events_join_neither_a_finished_run_nor_one_of_another_kind(
    desk: Desk, workflow: Workflow
) -> None:
    desk.run(workflow=workflow)
    Run.objects.create(
        kind=RunKind.EVENT,
        workflow=workflow,
        source=desk.source,
        vacancy=desk.vacancy,
        status=RunStatus.FINISHED,
        started_at=timezone.now(),
    )
    tell(desk.source, "a")
    assert Push.objects.get().run == Run.objects.latest("pk")
    assert Run.objects.count() == 3


def test_a_run_that_events_may_join_is_not_finished_yet(desk: Desk, workflow: Workflow) -> None:
    tell(desk.source, "a")
    run = Run.objects.get()
    end(S.CANCELLED)
    assert Run.objects.finish_done() == 0
    make_older(run, EVENTS_JOIN_FOR)
    assert Run.objects.finish_done() == 0, "one may have joined it just before"
    make_older(run, EVENTS_FINISH_AFTER)
    assert Run.objects.finish_done() == 1


def test_a_burst_asks_once_who_is_on_the_vacancy(world: World) -> None:
    workflow = Workflow.objects.create(workflow_id="w", source=world.bulk, vacancy=world.vacancy())
    keys = world.keys(12)
    tell(world.bulk, *keys[:3])
    before = world.sandbox.requests().get("search", 0)
    world.work()
    for key in keys[3:]:
        tell(world.bulk, key)
        world.work()
    assert set(Push.objects.values_list("status", flat=True)) == {S.SUCCEEDED}
    assert Push.objects.filter(run__workflow=workflow).count() == 12
    assert world.sandbox.requests()["search"] - before == 1


# --- a profile that cannot be read yet ------------------------------------------------------------


def test_an_event_before_the_profile_can_be_read_ends_in_flatchr(world: World) -> None:
    Workflow.objects.create(workflow_id="w", source=world.source, vacancy=world.vacancy())
    key = world.sandbox.add_profile(unreadable_ms=600)
    tell(world.source, key)
    world.work()
    push = Push.objects.get()
    assert (push.status, push.error_code) == (S.RETRYING, ErrorCode.PROFILE_NOT_FOUND)
    assert push.attempts == 0, "asking too early costs no attempt"
    world.work(10, wait=True)
    push.refresh_from_db()
    assert push.status == S.SUCCEEDED
    assert [one["resume"]["profile_key"] for one in world.sandbox.received()] == [key]


def test_what_a_person_asked_for_fails_at_once(world: World) -> None:
    key = world.sandbox.add_profile(unreadable_ms=60_000)
    assert world.push(key).status == S.FAILED


def decided(push: Push, code: ErrorCode = ErrorCode.PROFILE_NOT_FOUND) -> outcomes.Outcome:
    return outcomes.decide(PermanentError(code), push, Event.READ_FAILURE, sent=False)


def announced(desk: Desk, ago: timedelta, kind: str = RunKind.EVENT, **more: Any) -> Push:
    run = desk.run()
    run.kind = kind
    run.save()
    at = timezone.now() - ago
    more.setdefault("deadline_at", at + timedelta(seconds=settings.PUSH_DEADLINE_SECONDS))
    return desk.push(S.RUNNING, run=run, at=at, attempts=1, **more)


def test_it_is_asked_for_for_a_while_and_not_too_seldom(desk: Desk) -> None:
    for lookups in (0, 5, 60):
        outcome = decided(announced(desk, timedelta(minutes=9), lookups=lookups))
        assert outcome.kind is Kind.HANDED_BACK
        assert outcome.delay <= outcomes.LONGEST_PAUSE_SECONDS
    assert decided(announced(desk, timedelta(minutes=11))).kind is Kind.FAILED
    assert decided(announced(desk, timedelta(minutes=9), deadline_at=None)).looked
    assert decided(announced(desk, timedelta(minutes=11), deadline_at=None)).kind is Kind.FAILED


@pytest.mark.parametrize("kind", [one for one in RunKind if one != RunKind.EVENT])
def test_only_what_an_event_announced_is_waited_for(desk: Desk, kind: str) -> None:
    assert decided(announced(desk, timedelta(0), kind)).kind is Kind.FAILED


def test_other_permanent_failures_and_a_persons_retry_are_final(desk: Desk) -> None:
    push = announced(desk, timedelta(0))
    assert decided(push, ErrorCode.RESUME_MISSING).kind is Kind.FAILED
    push.decided_at = timezone.now()
    assert decided(push).kind is Kind.FAILED


def test_the_next_event_makes_a_waiting_push_due_for_another_while(
    desk: Desk, workflow: Workflow
) -> None:
    tell(desk.source, "a")
    long_ago = timezone.now() - timedelta(minutes=9)
    deadline = long_ago + timedelta(seconds=settings.PUSH_DEADLINE_SECONDS)
    Push.objects.update(
        status=S.RETRYING,
        error_code=ErrorCode.PROFILE_NOT_FOUND,
        next_attempt_at=timezone.now() + timedelta(minutes=1),
        deadline_at=deadline,
    )
    tell(desk.source, "a", kind="profile.storing.success")
    push = Push.objects.get()
    assert Push.objects.due().get() == push
    assert push.deadline_at is not None and push.deadline_at > deadline + timedelta(minutes=8)


def test_the_next_event_leaves_alone_what_waits_for_another_reason(
    desk: Desk, workflow: Workflow
) -> None:
    tell(desk.source, "a")
    later = timezone.now() + timedelta(minutes=1)
    Push.objects.update(
        status=S.RETRYING, error_code=ErrorCode.FLATCHR_RATE_LIMITED, next_attempt_at=later
    )
    tell(desk.source, "a", kind="profile.storing.update")
    assert Push.objects.get().next_attempt_at == later


@pytest.mark.parametrize("kind", ["profile.storing.success", "profile.parsing.update"])
def test_a_failed_push_of_an_event_does_not_block_the_next_event(
    desk: Desk, workflow: Workflow, kind: str
) -> None:
    tell(desk.source, "a")
    end(S.FAILED, error_code=ErrorCode.PROFILE_NOT_FOUND)
    tell(desk.source, "a", kind=kind)
    assert sorted(Push.objects.values_list("status", flat=True)) == [S.FAILED, S.QUEUED]


@pytest.mark.parametrize("status", [S.DISCARDED, S.CANCELLED, S.ALREADY_THERE, S.SUCCEEDED])
def test_a_push_of_an_event_that_ended_otherwise_does(
    desk: Desk, workflow: Workflow, status: str
) -> None:
    tell(desk.source, "a")
    end(status)
    tell(desk.source, "a", kind="profile.storing.success")
    assert Push.objects.count() == 1
