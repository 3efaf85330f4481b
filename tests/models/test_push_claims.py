"""Claims, leases and intents of a push: who holds it, and until when."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from sync.models import LostClaimError, Push
from sync.models.states import PushStatus
from tests.models.push_states import (
    RETRYABLE,
    WORKER_VERBS,
    begin,
    claim,
    claimed_push,
    reload,
    sent_push,
)
from tests.pushing import expire_leases
from tests.rows import make_push, make_run

pytestmark = pytest.mark.django_db
S = PushStatus


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
    push.mark_unknown(RETRYABLE, delay=0)
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
