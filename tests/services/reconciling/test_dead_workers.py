"""A worker that died or slept between claim and outcome."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from sync.models import Push
from sync.models.states import PushStatus
from sync.services.pushing import transfer as transferring
from sync.services.pushing.transfer import transfer
from sync.services.pushing.worker import WorkerLoop
from sync.services.queue.writer import DirectWriter
from sync.services.reconciling.existing_applicants import ExistingApplicants
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import add_person, expire_leases, finish, fresh, people, queue, slow_clock
from tests.rows import make_push

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


def die_after_intent(push: Push) -> Push:
    """A worker claims it, commits its intent and is never heard of again."""
    [claimed] = Push.objects.filter(pk=push.pk).claim(1)
    email = claimed.candidate_email or "someone@example.org"
    claimed.begin_create(firstname="Nora", lastname="Petit", email=email, phone="")
    return claimed


def test_a_worker_that_died_before_sending_is_made_good_once(world: World) -> None:
    key = add_person(world, "Nora", "Petit", email="nora@example.org")
    [push] = queue(world, key)
    Push.objects.filter(pk=push.pk).update(candidate_email="nora@example.org")
    die_after_intent(push)
    expire_leases()
    assert Push.objects.release_expired() == 1
    finish(world)
    assert fresh(push)[0].status == S.SUCCEEDED
    assert people(world) == {"Nora Petit": 1}


def test_a_worker_that_died_after_sending_is_found_out(world: World) -> None:
    key = add_person(world, "Nora", "Petit", email="nora@example.org")
    [push] = queue(world, key)
    Push.objects.filter(pk=push.pk).update(candidate_email="nora@example.org")
    die_after_intent(push)
    slug = world.vacancy().slug
    stored = world.sandbox.add_applicant(
        slug, firstname="Nora", lastname="Petit", email="nora@example.org"
    )
    expire_leases()
    Push.objects.release_expired()
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.applicant_id) == (S.SUCCEEDED, stored["applicant"])
    assert "create" not in world.sandbox.requests()


def test_a_dead_workers_request_is_given_time_to_settle(world: World, settings: Any) -> None:
    settings.PUSH_SETTLE_SECONDS = 120
    [push] = queue(world, *world.keys(1), source=world.bulk)
    die_after_intent(push)
    expire_leases()
    Push.objects.release_expired()
    late = Push.objects.filter(next_attempt_at__gt=Now() + timedelta(seconds=115))
    assert late.filter(pk=push.pk, create_started_at__isnull=False).exists()
    assert Push.objects.due().count() == 0


def test_a_worker_that_slept_past_its_lease_sends_nothing(world: World) -> None:
    """The push is claimed and read; the lease ends before the intent could be committed."""
    [push] = queue(world, *world.keys(1), source=world.bulk)
    [claimed] = Push.objects.claim(1)
    expire_leases()
    writer = DirectWriter()
    transfer(claimed, writer, ExistingApplicants(writer))
    assert "create" not in world.sandbox.requests()
    [push] = fresh(push)
    assert (push.status, push.create_started_at) == (S.RUNNING, None)
    assert Push.objects.filter(lease_expires_at__lte=Now(), attempts=F("attempts")).exists()


def test_a_worker_that_slept_on_its_intent_sends_nothing(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between the commit and the first byte, for longer than its lease."""
    queue(world, *world.keys(1), source=world.bulk)
    [claimed] = Push.objects.claim(1)
    writer = DirectWriter()
    slept = settings.PUSH_LEASE_SECONDS + 1

    def commit_and_sleep(state: transferring.Try) -> transferring.Try:
        committed = transferring.commit_intent(state)
        assert isinstance(committed, transferring.Try)
        return replace(committed, send_by=committed.send_by - slept)

    steps = [
        commit_and_sleep if step is transferring.commit_intent else step
        for step in transferring.STEPS
    ]
    monkeypatch.setattr(transferring, "STEPS", steps)
    transfer(claimed, writer, ExistingApplicants(writer))
    assert "create" not in world.sandbox.requests()
    [push] = fresh(claimed)
    assert (push.status, push.error_code) == (S.RETRYING, ErrorCode.FLATCHR_UNREACHABLE)


def test_an_intent_begins_with_a_whole_lease(settings: Any) -> None:
    """The worker counts from its commit, so the row must."""
    make_push()
    [claimed] = Push.objects.claim(1, lease=5)
    claimed.begin_create(firstname="A", lastname="B", email="", phone="")
    whole = Now() + timedelta(seconds=settings.PUSH_LEASE_SECONDS - 1)
    assert Push.objects.filter(pk=claimed.pk, lease_expires_at__gt=whole).exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_send_one_person_from_two_profiles(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ask for duplicates before either has committed its intent."""
    keys = [add_person(world, "Nora", "Petit", email="nora@example.org") for _ in range(2)]
    for key in keys:
        queue(world, key)
    both = threading.Barrier(2)
    check = transferring.find_duplicate

    def check_together(vacancy_id: int, candidate: Any) -> Any:
        found = check(vacancy_id, candidate)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)
        return found

    monkeypatch.setattr(transferring, "find_duplicate", check_together)

    def work() -> None:
        try:
            WorkerLoop(5, threads=1, wait=False).run()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert people(world) == {"Nora Petit": 1}
