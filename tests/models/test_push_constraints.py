"""Constraints of the database on a push, which hold whatever the code does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from sync.models import Push
from sync.models.states import PushStatus
from tests.models.push_states import (
    PERMANENT,
    RETRYABLE,
    STATES,
    claim,
    claimed_push,
    reload,
    sent_push,
)
from tests.rows import make_push, make_run, make_vacancy

pytestmark = pytest.mark.django_db
S = PushStatus


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
    push.mark_unknown(RETRYABLE, delay=0)
    for state in (S.FAILED, S.CANCELLED, S.DISCARDED, S.ALREADY_THERE):
        refused(_update(push, status=state, next_attempt_at=None, closed_at=Now()))
    refused(_update(push, status=S.QUEUED))


def test_only_an_intent_can_be_unconfirmed() -> None:
    push = claimed_push()
    with pytest.raises(IntegrityError), transaction.atomic():
        push.mark_unconfirmed(PERMANENT)


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
