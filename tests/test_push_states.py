"""The verbs of a push and the constraints that hold whatever the code does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from sync.exceptions import PermanentError, RetryableError
from sync.models import LostClaimError, Push, PushAttempt, Run, RunStatus, WrongStateError
from sync.models.attempts import AttemptOutcome, Stage
from sync.models.states import EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode, Event
from tests.pushing import expire_leases, make_due
from tests.rows import make_company, make_push, make_run, make_vacancy

S = PushStatus
PERMANENT = PermanentError(ErrorCode.RESUME_MISSING)
RETRYABLE = RetryableError(ErrorCode.FLATCHR_UNREACHABLE)

pytestmark = pytest.mark.django_db


def claim(push: Push) -> Push:
    make_due()
    [claimed] = Push.objects.filter(pk=push.pk).claim(1)
    return claimed


def begin(push: Push) -> None:
    push.begin_create(firstname="Zoé", lastname="Riou", email="Zoe@Example.org", phone="0102")


def reload(push: Push) -> Push:
    return Push.objects.get(pk=push.pk)


def claimed_push(**more: Any) -> Push:
    return claim(make_push(**more))


def sent_push(**more: Any) -> Push:
    push = claimed_push(**more)
    begin(push)
    return push


# --- claims -------------------------------------------------------------------------------------


def test_a_claim_takes_what_is_due_and_counts_an_attempt() -> None:
    push = claimed_push()
    assert (push.status, push.attempts, push.next_attempt_at) == (S.RUNNING, 1, None)
    assert push.claim_token and push.lease_expires_at
    assert Push.objects.claim(10) == []


def test_a_claim_leaves_what_is_not_due() -> None:
    make_push(next_attempt_at=timezone.now() + timedelta(minutes=1))
    assert Push.objects.claim(10) == []


def test_a_claim_takes_the_longest_waiting_first_and_no_more_than_asked() -> None:
    run = make_run()
    late, early = make_push(run), make_push(run)
    Push.objects.filter(pk=early.pk).update(next_attempt_at=Now() - timedelta(hours=1))
    assert Push.objects.claim(1) == [early]
    assert Push.objects.claim(1) == [late]


@pytest.mark.parametrize("account", ["source", "company"])
def test_a_claim_leaves_what_belongs_to_a_paused_account(account: str) -> None:
    push = make_push()
    paused = push.source if account == "source" else push.vacancy.company
    paused.paused_until = timezone.now() + timedelta(minutes=1)
    paused.save()
    assert Push.objects.claim(10) == []
    paused.close()
    assert Push.objects.claim(10) == [push]


def test_looking_an_unknown_outcome_up_costs_no_attempt() -> None:
    push = sent_push()
    push.lose_outcome(RETRYABLE, delay=0)
    assert claim(push).attempts == 1


@pytest.mark.django_db(transaction=True)
def test_two_connections_never_claim_the_same_push() -> None:
    run = make_run()
    for _ in range(60):
        make_push(run)
    start, taken = threading.Barrier(4), list[int]()

    def work() -> None:
        start.wait()
        try:
            while batch := Push.objects.claim(7):
                taken.extend(push.pk for push in batch)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(taken) == len(set(taken)) == 60
    assert set(Push.objects.values_list("attempts", flat=True)) == {1}


def test_a_living_worker_keeps_its_claim() -> None:
    push = claimed_push()
    Push.objects.update(lease_expires_at=Now() + timedelta(seconds=1))
    assert Push.objects.renew([str(push.claim_token)], lease=90) == 1
    lease = reload(push).lease_expires_at
    assert lease and lease - timezone.now() > timedelta(seconds=80)


def test_a_lease_that_has_run_out_is_not_brought_back() -> None:
    push = claimed_push()
    expire_leases()
    assert Push.objects.renew([str(push.claim_token)]) == 0
    assert Push.objects.expired().count() == 1


def test_an_intent_needs_a_lease_that_still_runs() -> None:
    push = claimed_push()
    expire_leases()
    with pytest.raises(LostClaimError):
        begin(push)
    assert reload(push).create_started_at is None


def test_an_intent_needs_this_very_claim() -> None:
    old = claimed_push()
    expire_leases()
    Push.objects.release_expired()
    new = claim(old)
    with pytest.raises(LostClaimError):
        begin(old)
    begin(new)
    assert reload(new).create_started_at is not None


def test_an_intent_is_committed_once_for_a_claim() -> None:
    push = sent_push()
    with pytest.raises(LostClaimError):
        begin(push)


def test_an_intent_remembers_whom_a_look_up_must_ask_for() -> None:
    push = reload(sent_push())
    found = (push.candidate_name, push.candidate_lastname, push.candidate_email)
    assert found == ("Zoé Riou", "Riou", "zoe@example.org")
    assert push.candidate_phone == "0102"


WORKER_VERBS: dict[str, Callable[[Push], None]] = {
    "begin_create": begin,
    "succeed": lambda push: push.succeed(),
    "already_there": lambda push: push.find_already_there(applicant_id="a", column=""),
    "discard": lambda push: push.discard("rule"),
    "fail": lambda push: push.fail(PERMANENT, Event.READ_FAILURE),
    "retry_later": lambda push: push.retry_later(RETRYABLE, Event.READ_FAILURE, delay=1),
    "lose_outcome": lambda push: push.lose_outcome(RETRYABLE, delay=1),
    "leave_to_person": lambda push: push.leave_to_person(PERMANENT),
    "settle_absent": lambda push: push.settle_absent(),
    "hand_back": lambda push: push.hand_back(),
    "note_known": lambda push: push.note_known(["a"]),
}


@pytest.mark.parametrize("verb", WORKER_VERBS)
def test_a_worker_whose_claim_was_taken_over_changes_nothing(verb: str) -> None:
    old = claimed_push()
    expire_leases()
    Push.objects.release_expired()
    claim(old)
    before = Push.objects.filter(pk=old.pk).values().get()
    with pytest.raises(LostClaimError):
        WORKER_VERBS[verb](old)
    assert Push.objects.filter(pk=old.pk).values().get() == before


@pytest.mark.parametrize("verb", WORKER_VERBS)
def test_a_worker_changes_nothing_without_a_claim(verb: str) -> None:
    push = make_push()
    with pytest.raises(LostClaimError):
        WORKER_VERBS[verb](push)
    assert reload(push).status == S.QUEUED


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
    push.lose_outcome(RETRYABLE, delay=60)
    push = reload(push)
    assert (push.status, push.has_unknown_outcome, push.lookups) == (S.RETRYING, True, 1)


def test_handing_back_costs_no_attempt() -> None:
    push = claimed_push()
    push.hand_back()
    assert (reload(push).status, reload(push).attempts) == (S.RETRYING, 0)


def test_handing_back_a_look_up_costs_no_attempt_either() -> None:
    push = sent_push()
    push.lose_outcome(RETRYABLE, delay=0)
    push = claim(push)
    push.hand_back()
    assert (reload(push).attempts, reload(push).has_unknown_outcome) == (1, True)


def test_a_settled_absence_is_a_new_attempt_of_the_same_claim() -> None:
    push = sent_push()
    push.lose_outcome(RETRYABLE, delay=0)
    push = claim(push)
    push.settle_absent()
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


# --- people -------------------------------------------------------------------------------------


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("recruiter")


def unconfirmed_push() -> Push:
    push = sent_push()
    push.leave_to_person(PermanentError(ErrorCode.FLATCHR_AMBIGUOUS))
    return reload(push)


def test_a_person_says_that_it_is_in_flatchr(user: User) -> None:
    push = unconfirmed_push()
    push.confirm(user)
    push = reload(push)
    assert (push.status, push.error_code) == (S.SUCCEEDED, "")
    assert (push.decision, push.decided_by) == ("in_flatchr", user)
    assert push.decided_at and push.closed_at and push.confirm_after


def test_a_person_lets_it_go_again(user: User) -> None:
    push = unconfirmed_push()
    push.push_again(user)
    push = reload(push)
    assert (push.status, push.create_started_at, push.attempts) == (S.QUEUED, None, 0)
    assert (push.decision, push.decided_by) == ("push_again", user)
    assert Push.objects.due().count() == 1


def test_what_failed_is_retried_in_a_run_that_runs_again(user: User) -> None:
    push = claimed_push()
    push.fail(PERMANENT, Event.READ_FAILURE)
    Run.objects.finish_done()
    assert Run.objects.get().status == RunStatus.FINISHED
    push.retry(user)
    push = reload(push)
    assert (push.status, push.attempts, push.closed_at) == (S.QUEUED, 0, None)
    assert Run.objects.get().status == RunStatus.RUNNING
    assert (push.decision, push.decided_by) == ("retry", user)


def test_what_waits_is_cancelled(user: User) -> None:
    push = make_push()
    push.cancel(user)
    push = reload(push)
    assert (push.status, push.error_code) == (S.CANCELLED, ErrorCode.CANCELLED)
    assert (push.decision, push.decided_by) == ("cancel", user)


def test_what_may_have_been_sent_is_not_cancelled(user: User) -> None:
    push = sent_push()
    push.lose_outcome(RETRYABLE, delay=60)
    with pytest.raises(WrongStateError):
        push.cancel(user)
    assert reload(push).status == S.RETRYING


STATES: dict[str, Callable[[], Push]] = {
    S.QUEUED: make_push,
    S.RUNNING: claimed_push,
    S.UNCONFIRMED: unconfirmed_push,
}


def _ended(verb: Callable[[Push], None], *, sent: bool = False) -> Callable[[], Push]:
    def make() -> Push:
        push = sent_push() if sent else claimed_push()
        verb(push)
        return reload(push)

    return make


STATES |= {
    S.RETRYING: _ended(WORKER_VERBS["retry_later"]),
    S.SUCCEEDED: _ended(WORKER_VERBS["succeed"], sent=True),
    S.ALREADY_THERE: _ended(WORKER_VERBS["already_there"]),
    S.DISCARDED: _ended(WORKER_VERBS["discard"]),
    S.FAILED: _ended(WORKER_VERBS["fail"]),
    S.CANCELLED: lambda: _cancelled(),
}


def _cancelled() -> Push:
    push = make_push()
    push.cancel(None)
    return push


PEOPLES_VERBS: dict[str, tuple[Callable[[Push], None], set[str]]] = {
    "confirm": (lambda push: push.confirm(None), {S.UNCONFIRMED}),
    "push_again": (lambda push: push.push_again(None), {S.UNCONFIRMED}),
    "retry": (lambda push: push.retry(None), {S.FAILED, S.CANCELLED, S.DISCARDED}),
    "cancel": (lambda push: push.cancel(None), {S.QUEUED, S.RETRYING}),
}


@pytest.mark.parametrize("state", PushStatus.values)
@pytest.mark.parametrize("verb", PEOPLES_VERBS)
def test_each_verb_of_a_person_leaves_only_its_own_states(verb: str, state: str) -> None:
    act, leaves = PEOPLES_VERBS[verb]
    push = STATES[state]()
    assert push.status == state
    if state in leaves:
        act(push)
        assert reload(push).status != state
    else:
        with pytest.raises(WrongStateError):
            act(push)
        assert reload(push).status == state


def test_enrichment_alone_is_tried_again_once_it_has_failed(user: User) -> None:
    push = make_push(run=make_run(vacancy=make_vacancy(make_company(enrich=True))))
    push = claim(push)
    begin(push)
    push.succeed(applicant_id="a", column="")
    with pytest.raises(WrongStateError):
        push.retry_enrichment(user)
    push.give_up_enrichment(PERMANENT)
    assert reload(push).enrichment_error
    push.retry_enrichment(user)
    push = reload(push)
    assert push.enrichment_status == EnrichmentStatus.PENDING
    assert Push.objects.to_enrich().get() == push


# --- constraints --------------------------------------------------------------------------------


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        act()
    return str(caught.value)


BLOCKED_BY = [S.QUEUED, S.RUNNING, S.RETRYING, S.UNCONFIRMED, S.SUCCEEDED]


@pytest.mark.parametrize("state", PushStatus.values)
def test_one_open_or_successful_push_of_a_profile_to_a_vacancy(state: str) -> None:
    push = STATES[state]()
    second = {
        "run": push.run,
        "source": push.source,
        "vacancy": push.vacancy,
        "profile_key": push.profile_key,
    }
    if state in BLOCKED_BY:
        message = refused(lambda: Push.objects.create(**second))
        assert "one_push_per_profile_and_vacancy" in message or "UNIQUE" in message
    else:
        Push.objects.create(**second)
        if state in (S.FAILED, S.CANCELLED, S.DISCARDED):
            refused(lambda: push.retry(None))
            assert reload(push).status == state


def test_the_same_profile_goes_to_another_vacancy_of_the_company() -> None:
    push = make_push()
    other = make_vacancy(push.vacancy.company)
    make_push(make_run(source=push.source, vacancy=other), profile_key=push.profile_key)


def test_a_success_is_repeated_once_at_a_time() -> None:
    first = STATES[S.SUCCEEDED]()
    again: dict[str, Any] = {"run": first.run, "profile_key": first.profile_key}
    again["repeat_of"] = first
    repeat = make_push(**again)
    refused(lambda: make_push(**again))
    repeat.cancel(None)
    make_push(**again)


def _update(push: Push, **changes: Any) -> Callable[[], object]:
    return lambda: Push.objects.filter(pk=push.pk).update(**changes)


def test_no_push_ends_with_an_unknown_outcome() -> None:
    push = sent_push()
    push.lose_outcome(RETRYABLE, delay=0)
    for state in (S.FAILED, S.CANCELLED, S.DISCARDED, S.ALREADY_THERE):
        refused(_update(push, status=state, next_attempt_at=None, closed_at=Now()))
    refused(_update(push, status=S.QUEUED))


def test_only_an_intent_can_be_unconfirmed() -> None:
    push = claimed_push()
    with pytest.raises(IntegrityError), transaction.atomic():
        push.leave_to_person(PERMANENT)


def test_running_means_claimed_and_nothing_else_does() -> None:
    push = make_push()
    refused(_update(push, status=S.RUNNING, next_attempt_at=None))
    refused(_update(push, claim_token="a"))
    refused(_update(claim(push), status=S.QUEUED, next_attempt_at=Now()))


def test_waiting_means_due_at_a_time_and_nothing_else_does() -> None:
    push = make_push()
    refused(_update(push, next_attempt_at=None))
    refused(_update(claim(push), next_attempt_at=Now()))


def test_closed_has_a_date() -> None:
    refused(_update(make_push(), status=S.FAILED, next_attempt_at=None))
