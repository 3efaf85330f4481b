"""No sequence of verbs breaks an invariant: hypothesis drives the rows and a model of Flatchr."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync.exceptions import PermanentError, RetryableError
from sync.models import Push, Run, RunKind, RunStatus, WrongStateError
from sync.models.states import ACTIVE, RETRYABLE, WAITING, PushStatus
from sync.services.pushing import decisions, dispatch
from sync.vocabulary import ErrorCode, Event
from tests.models.push_checks import (
    check_claim_and_times,
    check_intent,
    check_one_push_a_wish,
    check_words,
)
from tests.pushing import expire_leases, make_due
from tests.rows import make_source, make_vacancy

S = PushStatus
LOST = RetryableError(ErrorCode.FLATCHR_FAULT)
NO = PermanentError(ErrorCode.FLATCHR_REJECTED)
PROFILES = ("profile-a", "profile-b")
LEAVES: dict[str, tuple[str, ...]] = {
    "repeat": (S.SUCCEEDED, S.ALREADY_THERE),
    "retry": RETRYABLE,
    "confirm": (S.UNCONFIRMED,),
    "push_again": (S.UNCONFIRMED,),
}
REFUSED = (WrongStateError, IntegrityError)


class PushMachine(RuleBasedStateMachine):
    """Workers hold claims (some of them stale) and may call any verb on them at any time; people
    press every button. `unknown` is the model: which pushes were sent without anybody having
    established what became of it."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.unknown: dict[int, bool] = defaultdict(bool)
        self.claims: list[Push] = []
        self.pushes: list[Push] = []  # as the last check found them
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

    def press(self, act: Callable[[], object]) -> bool:
        """Whether the verb did anything; one that is refused must change nothing."""
        before = list(Push.objects.order_by("pk").values())
        try:
            with transaction.atomic():
                act()
        except REFUSED:
            assert list(Push.objects.order_by("pk").values()) == before
            return False
        return True

    @precondition(lambda self: any(push.status not in ACTIVE for push in self.pushes))
    @rule(data=st.data(), verb=st.sampled_from(["repeat", "retry", "confirm", "push_again"]))
    def person(self, data: Any, verb: str) -> None:
        """Mostly a button that is shown, now and then one of a page opened long ago."""
        shown = [push for push in self.pushes if push.status in LEAVES[verb]]
        push = data.draw(st.sampled_from(shown or self.pushes))
        acts: dict[str, Callable[[], object]] = {
            "repeat": lambda: decisions.repeat(push, requested_by=None),
            "retry": lambda: push.retry(None),
            "confirm": lambda: push.confirm(None),
            "push_again": lambda: push.push_again(None),
        }
        if self.press(acts[verb]) and verb != "repeat":
            assert verb in ("confirm", "push_again") or not self.unknown[push.pk]
            self.unknown[push.pk] = False  # A person has looked.

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        push = data.draw(st.sampled_from(self.waiting()))
        done = self.press(lambda: push.cancel(None))
        assert done != self.unknown[push.pk], "cancelled, and perhaps in Flatchr"

    # --- workers --------------------------------------------------------------------------------

    def waiting(self) -> list[Push]:
        return [push for push in self.pushes if push.status in WAITING]

    @precondition(lambda self: self.waiting())
    @rule(limit=st.integers(1, 3), sends=st.booleans())
    def claim(self, limit: int, sends: bool) -> None:
        make_due()
        due = Push.objects.due()
        suspects, others = due.filter(due.suspected()), due.exclude(due.suspected())
        wanted, alone = min(others.count(), limit), min(suspects.count(), 1)
        claimed = Push.objects.claim(limit)
        assert len(claimed) == wanted
        claimed += Push.objects.claim_suspect()
        assert len(claimed) == wanted + alone
        self.claims += claimed
        for push in claimed if sends else []:
            self.send(push)

    def live(self) -> list[Push]:
        tokens = {push.claim_token for push in self.pushes} - {None}
        return [push for push in self.claims if push.claim_token in tokens]

    def mine(self, data: Any) -> Push:
        """A claim: mostly one that holds, now and then one that was lost long ago."""
        some = self.live() if data.draw(st.integers(0, 5)) else self.claims
        push: Push = data.draw(st.sampled_from(some))
        return push

    def work(self, push: Push, act: Callable[[], object]) -> bool:
        """As `press`; only the worker that holds the claim may have changed anything."""
        holder = Push.objects.filter(pk=push.pk, claim_token=push.claim_token).exists()
        done = self.press(act)
        assert holder or not done, "a stale claim did something"
        return done

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def begin_create(self, data: Any) -> None:
        self.send(self.mine(data))

    def send(self, push: Push) -> None:
        names = {"firstname": "A", "lastname": push.profile_key, "email": "", "phone": ""}
        if self.work(push, lambda: push.begin_create(**names)):
            assert not self.unknown[push.pk], "a create began while an earlier one was unknown"
            self.unknown[push.pk] = True

    @precondition(lambda self: self.live())
    @rule(data=st.data(), verb=st.sampled_from(["settle", "succeed", "found"]))
    def know(self, data: Any, verb: str) -> None:
        """A certain answer, or a look-up that could tell."""
        push = self.mine(data)
        acts: dict[str, Callable[[], object]] = {
            "settle": push.clear_intent,
            "succeed": push.succeed,
            "found": lambda: push.succeed(applicant_id="applicant"),
        }
        if self.work(push, acts[verb]):
            self.unknown[push.pk] = False

    @precondition(lambda self: self.live())
    @rule(data=st.data(), verb=st.sampled_from(["fail", "retry", "hand_back"]))
    def be_refused(self, data: Any, verb: str) -> None:
        """The answer to a create says that it had no effect."""
        push = self.mine(data)
        acts: dict[str, Callable[[], object]] = {
            "fail": lambda: push.fail(NO, Event.WRITE_FAILURE, create_refused=True),
            "retry": lambda: push.retry_later(
                LOST, Event.WRITE_FAILURE, delay=0, create_refused=True
            ),
            "hand_back": lambda: push.hand_back(create_refused=True),
        }
        if self.work(push, acts[verb]):
            self.unknown[push.pk] = False

    @precondition(lambda self: self.live())
    @rule(data=st.data(), verb=st.sampled_from(["fail", "retry", "discard", "already_there"]))
    def end_unsent(self, data: Any, verb: str) -> None:
        """A step before the create has failed, or there is nothing to send."""
        push = self.mine(data)
        acts: dict[str, Callable[[], object]] = {
            "fail": lambda: push.fail(NO, Event.WRITE_FAILURE),
            "retry": lambda: push.retry_later(LOST, Event.WRITE_FAILURE, delay=0),
            "discard": lambda: push.discard("rule"),
            "already_there": lambda: push.mark_already_there(applicant_id="x", column=""),
        }
        if self.work(push, acts[verb]):
            assert not self.unknown[push.pk], f"{verb} with an unknown outcome"

    @precondition(lambda self: self.live())
    @rule(data=st.data(), verb=st.sampled_from(["lose", "leave", "hand_back"]))
    def put_down(self, data: Any, verb: str) -> None:
        push = self.mine(data)
        acts: dict[str, Callable[[], object]] = {
            "lose": lambda: push.mark_unknown(LOST, delay=0),
            "leave": lambda: push.mark_unconfirmed(NO),
            "hand_back": push.hand_back,
        }
        self.work(push, acts[verb])

    @precondition(lambda self: self.live())
    @rule(swept=st.booleans())
    def workers_die(self, swept: bool) -> None:
        expire_leases()
        if swept:
            running = Push.objects.filter(status=S.RUNNING).count()
            assert Push.objects.release_expired() == running

    @rule()
    def sweep(self) -> None:
        Push.objects.release_expired()
        Run.objects.finish_done()

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        self.pushes = pushes = list(Push.objects.select_related("run").order_by("pk"))
        check_one_push_a_wish(pushes)
        for push in pushes:
            check_intent(push, unknown=self.unknown[push.pk])
            check_claim_and_times(push)
            check_words(push)
            assert push.run.status != RunStatus.FINISHED or push.status not in ACTIVE


@pytest.mark.django_db
def test_no_sequence_of_verbs_breaks_an_invariant() -> None:
    run_state_machine_as_test(
        PushMachine,
        settings=settings(
            max_examples=int(os.environ.get("PUSH_MACHINE_EXAMPLES", "20")),
            stateful_step_count=40,
            deadline=None,
            print_blob=True,
            # Shrinking takes minutes here, and the steps of a failure can be read as they are.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
