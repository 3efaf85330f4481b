"""Which outcome follows from which error, and which transition from which outcome."""

from __future__ import annotations

import pytest
from django.utils import timezone

from sync.exceptions import (
    CredentialsError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.matching import Found, Person
from sync.models import Push
from sync.models.states import PushStatus
from sync.services.pushing.outcomes import Kind, Outcome, apply, decide, unconfirmed
from sync.vocabulary import ErrorCode, Event
from tests.rows import make_push

S = PushStatus


def reload(push: Push) -> Push:
    return Push.objects.get(pk=push.pk)


CODE = ErrorCode.FLATCHR_FAULT
CERTAIN = [
    (PermanentError(CODE), Kind.FAILED),
    (CredentialsError(CODE), Kind.FAILED),
    (RetryableError(CODE), Kind.RETRY),
    (SyncError(CODE), Kind.FAILED),
    (ValueError("a mistake of ours"), Kind.FAILED),
]
AFTER_SENDING = [
    (PermanentError(CODE), Kind.FAILED),
    (CredentialsError(CODE), Kind.FAILED),
    (RetryableError(CODE), Kind.RETRY),
    (OutcomeUnknownError(CODE), Kind.UNKNOWN),
    (SyncError(CODE), Kind.UNKNOWN),
    (ValueError("a mistake of ours"), Kind.UNKNOWN),
]
WHILE_LOOKING_UP = [
    (PermanentError(CODE), Kind.STILL_UNKNOWN),
    (CredentialsError(CODE), Kind.STILL_UNKNOWN),
    (RetryableError(CODE), Kind.STILL_UNKNOWN),
    (ValueError("a mistake of ours"), Kind.STILL_UNKNOWN),
]


def kind_after(error: Exception, *, sent: bool, looking_up: bool) -> Kind:
    push = Push(attempts=1, create_started_at=timezone.now() if looking_up else None)
    outcome = decide(error, push, Event.WRITE_FAILURE, sent=sent)
    assert outcome.create_refused == (sent and outcome.kind is not Kind.UNKNOWN)
    return outcome.kind


@pytest.mark.parametrize(("error", "kind"), CERTAIN)
def test_before_anything_was_sent(error: Exception, kind: Kind) -> None:
    assert kind_after(error, sent=False, looking_up=False) == kind


@pytest.mark.parametrize(("error", "kind"), AFTER_SENDING)
def test_after_a_create_was_sent(error: Exception, kind: Kind) -> None:
    assert kind_after(error, sent=True, looking_up=False) == kind


@pytest.mark.parametrize(("error", "kind"), WHILE_LOOKING_UP)
def test_while_an_outcome_is_unknown(error: Exception, kind: Kind) -> None:
    assert kind_after(error, sent=False, looking_up=True) == kind


def test_an_unexpected_error_names_only_its_kind() -> None:
    outcome = decide(ValueError("zoe@example.org"), Push(), Event.WRITE_FAILURE, sent=False)
    assert outcome.error is not None
    assert outcome.error.code == ErrorCode.UNEXPECTED
    assert "ValueError" in str(outcome.error) and "zoe" not in str(outcome.error)


ENDS: list[tuple[Outcome, PushStatus]] = [
    (Outcome(Kind.SUCCEEDED), S.SUCCEEDED),
    (
        Outcome(Kind.ALREADY_THERE, applicant=Found("a1", "New", Person.of(name="A"))),
        S.ALREADY_THERE,
    ),
    (Outcome(Kind.DISCARDED, logic="has_phone"), S.DISCARDED),
    (Outcome(Kind.FAILED, PermanentError(CODE)), S.FAILED),
    (Outcome(Kind.RETRY, RetryableError(CODE), delay=5), S.RETRYING),
    (Outcome(Kind.HANDED_BACK), S.RETRYING),
]
ENDS_WITH_INTENT: list[tuple[Outcome, PushStatus]] = [
    (Outcome(Kind.UNKNOWN, OutcomeUnknownError(CODE), delay=5), S.RETRYING),
    (Outcome(Kind.STILL_UNKNOWN, RetryableError(CODE), delay=5), S.RETRYING),
    (unconfirmed(), S.UNCONFIRMED),
    (Outcome(Kind.FAILED, PermanentError(CODE), create_refused=True), S.FAILED),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("outcome", "status"), ENDS)
def test_an_outcome_moves_the_push(outcome: Outcome, status: PushStatus) -> None:
    make_push()
    [claimed] = Push.objects.claim(1)
    apply(outcome, claimed)
    push = reload(claimed)
    assert (push.status, push.claim_token, push.create_started_at) == (status, None, None)


@pytest.mark.django_db
@pytest.mark.parametrize(("outcome", "status"), ENDS_WITH_INTENT)
def test_an_outcome_after_an_intent_moves_the_push(outcome: Outcome, status: PushStatus) -> None:
    make_push()
    [claimed] = Push.objects.claim(1)
    claimed.begin_create(firstname="A", lastname="B", email="", phone="")
    apply(outcome, claimed)
    push = reload(claimed)
    assert (push.status, push.claim_token) == (status, None)
    assert (push.create_started_at is None) == outcome.create_refused
