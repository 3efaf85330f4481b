"""What people may do to a push, and in which states."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from sync.models import Push, Run, RunStatus, WrongStateError
from sync.models.states import EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode, Event
from tests.models.push_states import (
    PERMANENT,
    RETRYABLE,
    STATES,
    begin,
    claim,
    claimed_push,
    looking_alike,
    reload,
    sent_push,
    unconfirmed_push,
)
from tests.rows import make_company, make_push, make_run, make_vacancy

pytestmark = pytest.mark.django_db
S = PushStatus


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("recruiter")


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
    push.mark_unknown(RETRYABLE, delay=60)
    with pytest.raises(WrongStateError):
        push.cancel(user)
    assert reload(push).status == S.RETRYING


PEOPLES_VERBS: dict[str, tuple[Callable[[Push], None], set[str]]] = {
    "confirm": (lambda push: push.confirm(None), {S.UNCONFIRMED}),
    "push_again": (lambda push: push.push_again(None), {S.UNCONFIRMED}),
    "push_anyway": (lambda push: looking_alike(push).push_anyway(None), {S.FAILED}),
    "mark_same_person": (lambda push: looking_alike(push).mark_same_person(None), {S.FAILED}),
    "retry": (lambda push: push.retry(None), {S.FAILED, S.CANCELLED, S.DISCARDED}),
    "cancel": (lambda push: push.cancel(None), {S.QUEUED, S.RETRYING}),
}


@pytest.mark.parametrize("verb", ["push_anyway", "mark_same_person"])
def test_a_word_on_lookalikes_is_no_answer_to_another_failure(verb: str) -> None:
    push = STATES[S.FAILED]()
    with pytest.raises(WrongStateError):
        getattr(push, verb)(None)
    assert reload(push).status == S.FAILED


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
