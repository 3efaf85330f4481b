"""Real transfers against a peer that loses, repeats and refuses, while people press buttons and
recruiters work in Flatchr by hand: nobody is there twice, and no push is in a state of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.db import IntegrityError, transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync.models import Push, WrongStateError
from sync.models.states import ACTIVE, RETRYABLE, WAITING, PushStatus
from sync.services.pushing import worker
from tests.caches import clear_cache
from tests.conftest import World
from tests.fuzz.budget import fuzz
from tests.models.push_checks import check_claim_and_times, check_one_push_a_wish, check_words
from tests.pushing import (
    CREATED_THEN_LOST,
    LOST_BEFORE,
    add_person,
    expire_leases,
    fault,
    finish,
    make_due,
)

S = PushStatus
HOUSE, PHONE = "maison@example.org", "+33 6 39 98 01 02"
# By first name; couples share an e-mail, namesakes have a phone, and all are easily confused.
PEOPLE: dict[str, dict[str, Any]] = {
    "Anne": {"email": HOUSE},
    "Paul": {"email": HOUSE},
    "Léa": {"email": None, "phone": PHONE},
    "Zoé": {"email": "zoe@example.org", "phone": PHONE},
}
# A hang costs its time-out, and the storm (tests/chaos) has plenty.
ENDS = [*CREATED_THEN_LOST.values(), *LOST_BEFORE.values(), {"kind": "status", "status": 429}]
ENDS = [how for how in ENDS if not how["kind"].startswith("hang")]


class TransferMachine(RuleBasedStateMachine):
    """`again`: how often a person had a profile pushed again on purpose; `taken`: how many of its
    applicants a recruiter has taken out of Flatchr."""

    world: ClassVar[World]
    keys: ClassVar[dict[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.again: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.pushes: list[Push] = []
        clear_cache()
        self.world.sandbox.clear()
        self.world.sandbox.set_faults()

    def teardown(self) -> None:
        """The faults end, and so does every push."""
        try:
            self.world.sandbox.set_faults()
            finish(self.world)
            self.all_is_well()
            assert not Push.objects.filter(status__in=ACTIVE).exists()
            assert self.world.sandbox.violations() == []
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @initialize()
    def first_wish(self) -> None:
        self.wish("Anne")

    # --- what people want ---------------------------------------------------------------------

    @rule(name=st.sampled_from(list(PEOPLE)))
    def wish(self, name: str) -> None:
        self.world.dispatch(self.keys[name])

    @precondition(lambda self: any(push.status not in ACTIVE for push in self.pushes))
    @rule(data=st.data(), verb=st.sampled_from(["confirm", "push_again", "retry", "cancel"]))
    def press(self, data: Any, verb: str) -> None:
        """A button of any push; those that are not shown are refused."""
        push = data.draw(st.sampled_from(self.pushes))
        was = push.status
        try:
            with transaction.atomic():
                getattr(push, verb)(None)
        except (WrongStateError, IntegrityError):
            assert not (verb == "push_again" and was == S.UNCONFIRMED)
            return
        assert verb != "retry" or was in RETRYABLE
        assert verb != "cancel" or was in WAITING
        self.again[push.profile_key] += verb == "push_again"

    # --- what happens to the peer ---------------------------------------------------------------

    @rule(
        endpoint=st.sampled_from(["create", "create", "create", "search", "read", "file", "*"]),
        how=st.sampled_from(ENDS),
        times=st.integers(1, 2),
    )
    def something_breaks(self, endpoint: str, how: dict[str, Any], times: int) -> None:
        self.world.sandbox.set_faults(fault(endpoint, **how, times=times))

    @rule(name=st.sampled_from(list(PEOPLE)))
    def a_recruiter_adds(self, name: str) -> None:
        given = {key: value for key, value in PEOPLE[name].items() if value}
        slug = self.world.vacancy().slug
        self.world.sandbox.add_applicant(slug, firstname=name, lastname="Roux", **given)

    @rule(data=st.data())
    def a_recruiter_removes(self, data: Any) -> None:
        if stored := self.world.sandbox.received():
            one = data.draw(st.sampled_from(stored))
            self.world.sandbox.remove_applicant(one["applicant"])
            if not one["by_hand"]:
                self.taken[one["resume"]["profile_key"]] += 1

    # --- work -----------------------------------------------------------------------------------

    @rule(threads=st.sampled_from([1, 4]))
    def work(self, threads: int) -> None:
        make_due()
        worker.run_worker(20, threads=threads, wait=False)

    @rule()
    def a_worker_dies(self) -> None:
        """With what it has claimed, before anything was sent."""
        make_due()
        Push.objects.claim(2)
        expire_leases()
        Push.objects.release_expired()

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        self.pushes = pushes = list(Push.objects.order_by("pk"))
        check_one_push_a_wish(pushes)
        for push in pushes:
            assert push.status in S.values
            check_claim_and_times(push)
            check_words(push)
        stored = self.world.sandbox.received()
        there = Counter(one["resume"]["profile_key"] for one in stored if not one["by_hand"])
        for key, count in there.items():
            assert count <= 1 + self.again[key], f"{key}: {count} candidates"
        for push in pushes:
            was_there = there[push.profile_key] + self.taken[push.profile_key]
            assert push.status != S.SUCCEEDED or was_there or self.was_confirmed(push), push.pk

    def was_confirmed(self, push: Push) -> bool:
        """By a person, who looked; or it was found, and a recruiter had added the same person."""
        return push.decided_at is not None or bool(push.applicant_id)


@pytest.mark.django_db
def test_no_mishap_makes_a_second_candidate(world: World, settings: Any) -> None:
    settings.BREAKER_PAUSE_SECONDS = 0.01
    machine: Callable[[], TransferMachine] = TransferMachine
    TransferMachine.world = world
    TransferMachine.keys = {
        name: add_person(world, name, "Roux", **info) for name, info in PEOPLE.items()
    }
    run_state_machine_as_test(machine, settings=fuzz(6, steps=15, shrinks=False))
