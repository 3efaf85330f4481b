"""A company or source that is switched off, a vacancy that is closed: what waits, waits on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Push, Run, RunStatus
from sync.models.push.attempts import AttemptOutcome
from sync.models.push.queryset import HELD_BY
from sync.models.push.values import in_seconds
from sync.models.states import PushStatus
from sync.services.intake.vacancies import sync_vacancies
from sync.services.pushing import worker
from sync.services.pushing.blocking import blocked_target
from sync.services.pushing.transfer import transfer
from sync.services.queue.recovery import recover
from sync.services.queue.writer import DirectWriter
from sync.services.reconciling.existing_applicants import ExistingApplicants
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
    slow_clock,
)
from tests.rows import make_push

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus
SWITCHES: dict[ErrorCode, Callable[[bool], Any]] = {
    ErrorCode.COMPANY_INACTIVE: lambda on: FlatchrCompany.objects.update(is_active=on),
    ErrorCode.SOURCE_INACTIVE: lambda on: HrFlowSource.objects.update(is_active=on),
    ErrorCode.VACANCY_CLOSED: lambda on: FlatchrVacancy.objects.update(is_open=on),
}


def test_both_forms_of_the_policy_agree() -> None:
    assert set(SWITCHES) == set(HELD_BY)
    for code, switch in SWITCHES.items():
        push = make_push()
        assert not Push.objects.held().exists() and blocked_target(push) is None
        switch(False)
        assert Push.objects.held().get() == push
        assert not Push.objects.due().exists() and worker.seconds_to_next() is None
        assert blocked_target(Push.objects.get(pk=push.pk)) == code
        switch(True)
        push.cancel(None)


@pytest.mark.parametrize("code", SWITCHES)
def test_what_waits_goes_on_once_its_target_is_back(world: World, code: ErrorCode) -> None:
    pushes = queue(world, *world.keys(3), source=world.bulk)
    world.sandbox.clear()
    SWITCHES[code](False)
    for _ in range(2):
        world.work()
        recover()
    for push in fresh(*pushes):
        assert (push.status, push.error_code, push.attempts) == (S.QUEUED, code, 0)
        assert push.explanation and "goes on by itself" in push.next_step
        assert not push.tries.exists()
    assert world.sandbox.requests() == {}, "what our own rows know needs no request"
    assert Run.objects.get().status == RunStatus.RUNNING
    SWITCHES[code](True)
    world.work()
    assert {(push.status, push.error_code) for push in fresh(*pushes)} == {(S.SUCCEEDED, "")}
    assert len(world.sandbox.received()) == 3


@pytest.mark.parametrize("code", SWITCHES)
def test_what_a_worker_had_taken_up_is_given_back_and_loses_no_attempt(
    world: World, code: ErrorCode
) -> None:
    [push] = queue(world, *world.keys(1), source=world.bulk)
    SWITCHES[code](False)
    Push.objects.update(attempts=2)
    # Claimed a moment before.
    claim_past_the_policy(push)
    [push] = fresh(push)
    assert (push.status, push.error_code, push.attempts) == (S.RETRYING, code, 2)
    SWITCHES[code](True)
    world.work()
    assert fresh(push)[0].status == S.SUCCEEDED, "at once, without a pause"


def claim_past_the_policy(push: Push) -> None:
    """As a worker that claimed it before its target was switched off, and reads that now."""
    Push.objects.filter(pk=push.pk).update(
        status=S.RUNNING,
        claim_token="t",
        lease_expires_at=in_seconds(60),
        next_attempt_at=None,
        attempts=3,
    )
    writer = DirectWriter()
    transfer(Push.objects.get(pk=push.pk), writer, ExistingApplicants(writer))


@pytest.mark.parametrize("code", SWITCHES)
def test_nothing_waits_longer_than_its_deadline(world: World, code: ErrorCode) -> None:
    early, late = queue(world, *world.keys(2), source=world.bulk)
    SWITCHES[code](False)
    Push.objects.filter(pk=early.pk).update(deadline_at=Now() - timedelta(seconds=1))
    assert recover().given_up == 1
    early, late = fresh(early, late)
    assert (early.status, early.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)
    assert str(code.label) in early.explanation
    assert late.status == S.QUEUED


def test_of_several_reasons_the_first_is_told() -> None:
    push = make_push()
    for code in reversed(list(SWITCHES)):
        SWITCHES[code](False)
        assert Push.objects.note_held() == 1
        assert Push.objects.note_held() == 0
        assert Push.objects.get(pk=push.pk).error_code == code


def test_a_lost_answer_is_looked_up_although_its_target_is_gone(world: World) -> None:
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]), lose_create(LOST_BEFORE["500"]))
    pushes = queue(world, *world.keys(2), source=world.bulk)
    world.work()
    for switch in SWITCHES.values():
        switch(False)
    assert make_due() == 2
    world.work()
    states = {push.status: push.error_code for push in fresh(*pushes)}
    assert states == {S.SUCCEEDED: "", S.RETRYING: ErrorCode.COMPANY_INACTIVE}
    for switch in SWITCHES.values():
        switch(True)
    finish(world)
    assert {push.status for push in fresh(*pushes)} == {S.SUCCEEDED}
    assert len(world.sandbox.received()) == 2


# --- closed in Flatchr ----------------------------------------------------------------------------

REFUSALS = [
    None,  # the sandbox's own words
    {"status": 404, "text": "vacancy not found"},
    {"status": 400, "text": "Cette offre est clôturée"},
]


@pytest.mark.parametrize("said", REFUSALS)
def test_a_vacancy_that_flatchr_refuses_as_closed_is_closed_here(
    world: World, said: dict[str, Any] | None
) -> None:
    vacancy, other = world.vacancy(), world.vacancy("Développeur Python (H/F)")
    pushes = queue(world, *world.keys(12), source=world.bulk)
    if said:
        world.sandbox.set_faults(fault("create", "say", times=None, **said))
    else:
        world.sandbox.change_vacancy(vacancy.slug, open=False)
    world.work()
    vacancy.refresh_from_db()
    other.refresh_from_db()
    assert (vacancy.is_open, other.is_open) == (False, True)
    for push in fresh(*pushes):
        assert (push.error_code, push.create_started_at) == (ErrorCode.VACANCY_CLOSED, None)
        assert push.status in (S.QUEUED, S.RETRYING) and push.attempts == 0
    creates = world.sandbox.requests()["create"]
    assert creates <= 8, "only those on their way meanwhile were refused"
    world.work()
    assert world.sandbox.requests()["create"] == creates
    world.sandbox.set_faults()
    world.sandbox.change_vacancy(vacancy.slug, open=True)
    sync_vacancies(world.company)
    world.work()
    assert {push.status for push in fresh(*pushes)} == {S.SUCCEEDED}
    assert len(world.sandbox.received()) == 12


def test_a_new_slug_that_nobody_has_fetched_yet_costs_a_pause_only(world: World) -> None:
    vacancy = world.vacancy()
    pushes = queue(world, *world.keys(2), source=world.bulk)
    world.sandbox.change_vacancy(vacancy.slug, title="Comptable général", reslug=True)
    world.work()
    assert {push.error_code for push in fresh(*pushes)} == {ErrorCode.VACANCY_CLOSED}
    sync_vacancies(world.company)
    world.work()
    assert {push.status for push in fresh(*pushes)} == {S.SUCCEEDED}


def test_a_refusal_of_the_former_slug_closes_nothing() -> None:
    vacancy = make_push().vacancy
    FlatchrVacancy.objects.update(slug="new")
    assert not vacancy.note_closed()
    assert FlatchrVacancy.objects.get().is_open


def test_what_flatchr_refused_past_the_deadline_fails(world: World) -> None:
    [push] = queue(world, *world.keys(1), source=world.bulk)
    Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    world.sandbox.change_vacancy(world.vacancy().slug, open=False)
    world.work()
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)
    assert push.create_started_at is None
    assert push.tries.get().outcome == AttemptOutcome.FAILED


def test_another_refusal_fails_at_once_and_closes_nothing(world: World) -> None:
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(fault("create", "say", status=400, text="vacancy is required"))
    world.work()
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.FLATCHR_REJECTED)
    assert world.vacancy().is_open
