"""The transitions do what their docstrings say, from which the picture of the states is drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from django.conf import settings

from scripts.architecture import PLACES, Transition, transitions
from sync.models import Push, WrongStateError
from sync.models.states import PushStatus
from tests.models.push_states import PERMANENT, STATES, WORKER_VERBS, looking_alike, reload
from tests.pushing import expire_leases, make_due

pytestmark = pytest.mark.django_db
ALL = list(transitions())
CALLS: dict[str, Callable[[Push], object]] = {
    **WORKER_VERBS,
    "mark_already_there": WORKER_VERBS["already_there"],
    "confirm": lambda push: push.confirm(None),
    "push_again": lambda push: push.push_again(None),
    "push_anyway": lambda push: looking_alike(push).push_anyway(None),
    "mark_same_person": lambda push: looking_alike(push).mark_same_person(None),
    "retry": lambda push: push.retry(None),
    "cancel": lambda push: push.cancel(None),
}
SINGLE = [one for one in ALL if one.by != "bulk"]


def test_every_state_has_a_place_and_a_way_in() -> None:
    assert set(PLACES) == set(PushStatus.values)
    entered = {state for one in ALL for state in one.after}
    assert entered == set(PushStatus.values)


@pytest.mark.parametrize("state", PushStatus.values)
@pytest.mark.parametrize("one", SINGLE, ids=lambda one: one.verb)
def test_a_transition_leaves_the_states_it_names_and_no_other(one: Transition, state: str) -> None:
    push = STATES[state]()
    if one.verb == "mark_unconfirmed" and state == PushStatus.RUNNING:
        push.begin_create(firstname="A", lastname="B", email="", phone="")
    with contextlib.suppress(WrongStateError):
        CALLS[one.verb](push)
    after = reload(push).status
    assert (after in one.after) if state in one.before else (after == state)


@pytest.mark.parametrize("state", PushStatus.values)
def test_a_claim_takes_waiting_pushes_only(state: str) -> None:
    [claim] = [one for one in ALL if one.verb == "claim"]
    push = STATES[state]()
    make_due()
    Push.objects.claim(1)
    assert (reload(push).status in claim.after) if state in claim.before else True
    assert (state in claim.before) or reload(push).status == state


@pytest.mark.parametrize("attempts", [1, settings.PUSH_MAX_ATTEMPTS])
@pytest.mark.parametrize("state", PushStatus.values)
def test_only_a_running_push_is_released(state: str, attempts: int) -> None:
    [release] = [one for one in ALL if one.verb == "release_expired"]
    push = STATES[state]()
    Push.objects.update(attempts=attempts)
    expire_leases()
    Push.objects.release_expired()
    after = reload(push).status
    assert (after in release.after) if state in release.before else (after == state)


def test_a_failure_keeps_its_reason() -> None:
    push = STATES[PushStatus.FAILED]()
    assert push.error_code == PERMANENT.code
