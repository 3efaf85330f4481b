"""How an attempt ends: success, failure, retry, hand-back, a dead worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sync.models import Push, PushAttempt, WrongStateError
from sync.models.push.attempts import AttemptOutcome, Stage
from sync.models.states import EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode, Event
from tests.models.push_states import (
    PERMANENT,
    RETRYABLE,
    begin,
    claim,
    claimed_push,
    reload,
    sent_push,
)
from tests.pushing import expire_leases
from tests.rows import make_company, make_run, make_vacancy

pytestmark = pytest.mark.django_db
S = PushStatus


# --- ends and waits -----------------------------------------------------------------------------


def test_success_closes_and_asks_for_the_read_back() -> None:
    push = sent_push()
    push.succeed()
    push = reload(push)
    assert (push.status, push.event) == (S.SUCCEEDED, Event.WRITE_SUCCESS)
    assert push.closed_at and push.confirm_after and push.confirmed_at is None
    assert push.claim_token is None
    assert push.enrichment_status == EnrichmentStatus.NONE


def test_success_found_by_a_look_up_needs_no_read_back() -> None:
    push = sent_push()
    push.succeed(applicant_id="abc", column="Nouveaux")
    push = reload(push)
    assert (push.applicant_id, push.column) == ("abc", "Nouveaux")
    assert push.confirmed_at and push.confirm_after is None


def test_success_asks_for_enrichment_where_the_company_has_the_option() -> None:
    vacancy = make_vacancy(make_company(enrich=True))
    push = sent_push(run=make_run(vacancy=vacancy))
    push.succeed()
    push = reload(push)
    assert push.enrichment_status == EnrichmentStatus.PENDING
    assert push.enrichment_after


def test_failure_says_why_and_whose_side_it_is_on() -> None:
    push = claimed_push()
    push.fail(PERMANENT, Event.WRITE_FAILURE)
    push = reload(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.RESUME_MISSING)
    assert push.explanation and push.next_step and push.side
    assert push.closed_at


def test_a_push_with_an_unknown_outcome_cannot_fail() -> None:
    push = sent_push()
    with pytest.raises(WrongStateError):
        push.fail(PERMANENT, Event.WRITE_FAILURE)
    with pytest.raises(WrongStateError):
        push.retry_later(RETRYABLE, Event.WRITE_FAILURE, delay=1)
    assert reload(push).status == S.RUNNING


def test_a_create_that_was_refused_can_fail_and_forgets_its_intent() -> None:
    push = sent_push()
    push.fail(PERMANENT, Event.WRITE_FAILURE, create_refused=True)
    push = reload(push)
    assert (push.status, push.create_started_at) == (S.FAILED, None)


def test_a_retry_waits_for_its_time_and_forgets_a_refused_intent() -> None:
    push = sent_push()
    push.retry_later(RETRYABLE, Event.WRITE_FAILURE, delay=60, create_refused=True)
    push = reload(push)
    assert (push.status, push.create_started_at, push.attempts) == (S.RETRYING, None, 1)
    assert push.next_attempt_at and push.next_attempt_at - timezone.now() > timedelta(seconds=55)


def test_a_lost_outcome_keeps_its_intent() -> None:
    push = sent_push()
    push.mark_unknown(RETRYABLE, delay=60)
    push = reload(push)
    assert (push.status, push.has_unknown_outcome, push.lookups) == (S.RETRYING, True, 1)


def test_handing_back_costs_no_attempt() -> None:
    push = claimed_push()
    push.hand_back()
    assert (reload(push).status, reload(push).attempts) == (S.RETRYING, 0)


def test_handing_back_a_look_up_costs_no_attempt_either() -> None:
    push = sent_push()
    push.mark_unknown(RETRYABLE, delay=0)
    push = claim(push)
    push.hand_back()
    assert (reload(push).attempts, reload(push).has_unknown_outcome) == (1, True)


def test_a_settled_absence_is_a_new_attempt_of_the_same_claim() -> None:
    push = sent_push()
    push.mark_unknown(RETRYABLE, delay=0)
    push = claim(push)
    push.clear_intent()
    begin(push)
    push.succeed()
    assert (reload(push).status, reload(push).attempts) == (S.SUCCEEDED, 2)


# --- dead workers -------------------------------------------------------------------------------


def test_a_dead_worker_without_an_intent_gives_its_push_back_at_once() -> None:
    push = claimed_push()
    expire_leases()
    assert Push.objects.release_expired() == 1
    push = reload(push)
    assert (push.status, push.error_code) == (S.RETRYING, ErrorCode.WORKER_LOST)
    assert Push.objects.due().count() == 1


def test_a_living_workers_push_is_not_given_back() -> None:
    claimed_push()
    assert Push.objects.release_expired() == 0


def test_a_dead_workers_attempt_says_so() -> None:
    push = sent_push()
    row = {"push": push, "number": 1, "stage": Stage.CREATE, "outcome": AttemptOutcome.STARTED}
    attempt = PushAttempt.objects.create(**row)
    expire_leases()
    Push.objects.release_expired()
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.error_code) == (AttemptOutcome.LOST, ErrorCode.WORKER_LOST)
    assert attempt.finished_at
