"""No sequence of verbs breaks an invariant: hypothesis drives the rows and a model of Flatchr."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sync.exceptions import PermanentError, RetryableError
from sync.models import Push, Run, RunKind, RunStatus, WrongStateError
from sync.models.states import ACTIVE, BLOCKING, OPEN, WAITING, WITH_INTENT, PushStatus
from sync.services import dispatch
from sync.vocabulary import ErrorCode, Event
from tests.pushing import expire_leases, make_due
from tests.rows import make_source, make_vacancy

S = PushStatus
LOST = RetryableError(ErrorCode.FLATCHR_FAULT)
NO = PermanentError(ErrorCode.FLATCHR_REJECTED)
PROFILES = ("profile-a", "profile-b")
PUT_DOWN = ("lose", "leave", "hand_back", "hand_back_refused")
REFUSED = (WrongStateError, IntegrityError)


class PushMachine(RuleBasedStateMachine):
    """Workers hold claims (some of them stale) and may call any verb on them at any time; people
    press every button. `sent` counts the creates that went out for each push, `known` those whose
    outcome somebody has established since."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.unknown: dict[int, bool] = defaultdict(bool)
        self.claims: list[Push] = []
        self.source, self.vacancy = make_source(), make_vacancy()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def first_wish(self) -> None:
        self.queue(PROFILES[0])

    # --- wishes ---------------------------------------------------------------------------------

    @rule(key=st.sampled_from(PROFILES))
    def queue(self, key: str) -> None:
        """A click, a second click, an event, a command."""
        before = Push.objects.filter(profile_key=key).blocking().count()
        result = dispatch.dispatch(
            source=self.source, vacancy=self.vacancy, keys=[key], kind=RunKind.COMMAND
        )
        assert result.created == (0 if before else 1)

    def pick(self, data: Any) -> Push | None:
        pushes = list(Push.objects.order_by("pk"))
        return data.draw(st.sampled_from(pushes)) if pushes else None

    def press(self, act: Any) -> bool:
        """Whether the verb did anything; one that is refused must change nothing."""
        before = list(Push.objects.order_by("pk").values())
        try:
            with transaction.atomic():
                act()
        except REFUSED:
            assert list(Push.objects.order_by("pk").values()) == before
            return False
        return True

    @rule(data=st.data())
    def repeat(self, data: Any) -> None:
        push = self.pick(data)
        if push is not None:
            self.press(lambda: dispatch.repeat(push, requested_by=None))

    @rule(data=st.data(), verb=st.sampled_from(["retry", "cancel"]))
    def person(self, data: Any, verb: str) -> None:
        push = self.pick(data)
        if push is not None and self.press(lambda: getattr(push, verb)(None)):
            assert not self.unknown[push.pk], f"{verb} on an unknown outcome"

    @rule(data=st.data(), verb=st.sampled_from(["confirm", "push_again"]))
    def decision(self, data: Any, verb: str) -> None:
        push = self.pick(data)
        if push is not None and self.press(lambda: getattr(push, verb)(None)):
            self.unknown[push.pk] = False  # A person has looked.

    # --- workers --------------------------------------------------------------------------------

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        due = Push.objects.due().count()
        claimed = Push.objects.claim(limit)
        assert len(claimed) == min(due, limit)
        self.claims += claimed

    def mine(self, data: Any) -> Push | None:
        """A claim: mostly one that holds, now and then one that was lost long ago."""
        tokens = set(Push.objects.exclude(claim_token=None).values_list("claim_token", flat=True))
        live = [push for push in self.claims if push.claim_token in tokens]
        some = live if live and data.draw(st.integers(0, 5)) else self.claims
        return data.draw(st.sampled_from(some)) if some else None

    def work(self, push: Push, act: Any) -> bool:
        """As `press`; only the worker that holds the claim may have changed anything."""
        holder = Push.objects.filter(pk=push.pk, claim_token=push.claim_token).exists()
        done = self.press(act)
        assert holder or not done, "a stale claim did something"
        return done

    @rule(data=st.data())
    def begin_create(self, data: Any) -> None:
        push = self.mine(data)
        if push is None:
            return
        names = {"firstname": "A", "lastname": push.profile_key, "email": "", "phone": ""}
        if self.work(push, lambda: push.begin_create(**names)):
            assert not self.unknown[push.pk], "a create began while an earlier one was unknown"
            self.unknown[push.pk] = True

    @rule(data=st.data())
    def settle_absent(self, data: Any) -> None:
        push = self.mine(data)
        if push and self.work(push, push.settle_absent):
            self.unknown[push.pk] = False

    @rule(data=st.data(), applicant=st.sampled_from(["", "applicant"]))
    def succeed(self, data: Any, applicant: str) -> None:
        push = self.mine(data)
        if push and self.work(push, lambda: push.succeed(applicant_id=applicant)):
            self.unknown[push.pk] = False

    @rule(data=st.data(), refused=st.booleans(), again=st.booleans())
    def refuse(self, data: Any, refused: bool, again: bool) -> None:
        push = self.mine(data)
        if push is None:
            return

        def act() -> None:
            if again:
                push.retry_later(LOST, Event.WRITE_FAILURE, delay=0, create_refused=refused)
            else:
                push.fail(NO, Event.WRITE_FAILURE, create_refused=refused)

        if self.work(push, act):
            assert refused or not self.unknown[push.pk], "an unknown outcome was taken for certain"
            self.unknown[push.pk] = False

    @rule(data=st.data(), verb=st.sampled_from(PUT_DOWN))
    def put_down(self, data: Any, verb: str) -> None:
        push = self.mine(data)
        if push is None:
            return
        acts = {
            "lose": lambda: push.lose_outcome(LOST, delay=0),
            "leave": lambda: push.leave_to_person(NO),
            "hand_back": push.hand_back,
            "hand_back_refused": lambda: push.hand_back(create_refused=True),
        }
        if self.work(push, acts[verb]) and verb == "hand_back_refused":
            self.unknown[push.pk] = False

    @rule(data=st.data(), verb=st.sampled_from(["discard", "already_there"]))
    def leave_out(self, data: Any, verb: str) -> None:
        push = self.mine(data)
        if push is None:
            return
        acts = {
            "discard": lambda: push.discard("rule"),
            "already_there": lambda: push.find_already_there(applicant_id="x", column=""),
        }
        if self.work(push, acts[verb]):
            assert not self.unknown[push.pk], f"{verb} with an unknown outcome"

    @rule()
    def workers_die(self) -> None:
        expire_leases()

    @rule()
    def sweep(self) -> None:
        running = Push.objects.expired().count()
        assert Push.objects.release_expired() == running
        Run.objects.finish_done()

    @rule()
    def time_passes(self) -> None:
        make_due()

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        pushes = list(Push.objects.select_related("run"))
        _check_one_push_a_wish(pushes)
        for push in pushes:
            _check_intent(push, unknown=self.unknown[push.pk])
            _check_claim_and_times(push)
            _check_words(push)
            assert push.run.status != RunStatus.FINISHED or push.status not in ACTIVE


def _check_one_push_a_wish(pushes: list[Push]) -> None:
    """At most one that is open or has succeeded."""
    wishes = Counter(
        (push.source_id, push.profile_key, push.vacancy_id, push.repeat_of_id)
        for push in pushes
        if push.status in BLOCKING
    )
    assert all(count == 1 for count in wishes.values()), wishes


def _check_intent(push: Push, *, unknown: bool) -> None:
    """An unknown outcome is never forgotten, and never made up."""
    if unknown:
        assert push.create_started_at is not None and push.status in OPEN
    elif push.status != S.SUCCEEDED:
        assert push.create_started_at is None
    if push.create_started_at is not None:
        assert push.status in WITH_INTENT


def _check_claim_and_times(push: Push) -> None:
    assert (push.status == S.RUNNING) == (push.claim_token is not None)
    assert (push.status == S.RUNNING) == (push.lease_expires_at is not None)
    assert (push.status in WAITING) == (push.next_attempt_at is not None)
    assert (push.status in OPEN) == (push.closed_at is None), push.status


def _check_words(push: Push) -> None:
    if push.status in (S.FAILED, S.DISCARDED, S.CANCELLED, S.UNCONFIRMED):
        assert push.error_code and push.explanation and push.next_step
    if push.status in (S.SUCCEEDED, S.ALREADY_THERE):
        assert push.error_code == ""


@pytest.mark.django_db
def test_no_sequence_of_verbs_breaks_an_invariant() -> None:
    run_state_machine_as_test(
        PushMachine,
        settings=settings(
            max_examples=int(os.environ.get("PUSH_MACHINE_EXAMPLES", "15")),
            stateful_step_count=30,
            deadline=None,
            print_blob=True,
            # Shrinking takes minutes here, and the steps of a failure can be read as they are.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
