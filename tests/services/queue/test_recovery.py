"""The sweep puts right what crashes and lost notifications leave, without flooding the queue."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from sync import tasks
from sync.exceptions import PermanentError
from sync.models import FlatchrCompany, Push, Run, RunStatus, WorkerGroup
from sync.models.states import PushStatus
from sync.services.queue import notify, shutdown
from sync.services.queue.recovery import recover
from sync.vocabulary import ErrorCode, Event
from tests.conftest import World
from tests.notifications import Notifications, notifications
from tests.pushing import expire_leases, fault, slow_clock
from tests.rows import make_push, make_run

S = PushStatus
pytestmark = pytest.mark.django_db
__all__ = ["notifications", "slow_clock"]


def reload(push: Push) -> Push:
    return Push.objects.get(pk=push.pk)


def begin(push: Push) -> None:
    push.begin_create(firstname="A", lastname="B", email="", phone="")


# --- what it finds ------------------------------------------------------------------------------


def test_it_gives_the_pushes_of_dead_workers_back(
    notifications: Notifications, settings: Any
) -> None:
    settings.PUSH_SETTLE_SECONDS = 120
    run = make_run()
    unsent, sent, living = make_push(run), make_push(run), make_push(run)
    claimed = {push.pk: push for push in Push.objects.claim(10)}
    begin(claimed[sent.pk])
    Push.objects.exclude(pk=living.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
    found = recover()
    assert (found.released, found.due) == (2, 1)
    assert reload(unsent).error_code == ErrorCode.WORKER_LOST
    assert reload(unsent).status == reload(sent).status == S.RETRYING
    assert reload(sent).has_unknown_outcome
    assert reload(living).status == S.RUNNING


def test_it_is_the_lease_that_counts_not_the_time_of_the_sweep(settings: Any) -> None:
    """An outcome may be looked up once it has settled since the lease ended, however late."""
    settings.PUSH_SETTLE_SECONDS = 120
    push = make_push()
    [claimed] = Push.objects.claim(1)
    begin(claimed)
    Push.objects.update(lease_expires_at=Now() - timedelta(seconds=100))
    recover()
    waits = reload(push).next_attempt_at
    assert waits is not None
    # The request may have been under way for as long as an exchange takes.
    left = (waits - timezone.now()).total_seconds() - settings.HTTP_TIMEOUT_SECONDS
    assert 15 < left <= 20


def test_a_push_that_kills_its_workers_is_given_up(
    notifications: Notifications, settings: Any
) -> None:
    """Else it would take down, for ever, whoever works beside it."""
    push = make_push()
    for _ in range(settings.PUSH_MAX_ATTEMPTS):
        assert Push.objects.claim_suspect() or Push.objects.claim(1)
        expire_leases()
        recover()
        Push.objects.waiting().update(next_attempt_at=Now())
    push = reload(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.ATTEMPTS_EXHAUSTED)
    assert push.error_params["last"] == ErrorCode.WORKER_LOST


def test_what_a_paused_account_holds_ends_at_its_deadline(notifications: Notifications) -> None:
    """A thousand pushes do not wait for one probe each."""
    sent = make_push(deadline_at=Now() - timedelta(seconds=1))
    [claimed] = Push.objects.claim(1)
    begin(claimed)
    claimed.mark_unknown(PermanentError(ErrorCode.FLATCHR_FAULT), delay=0)
    refused = {"error_code": ErrorCode.FLATCHR_CREDENTIALS}
    unsent = make_push(deadline_at=Now() - timedelta(seconds=1), **refused)
    in_time = make_push(deadline_at=Now() + timedelta(hours=1), **refused)
    assert recover().given_up == 0, "no account is paused: they are worth a try"
    FlatchrCompany.objects.update(paused_until=Now() - timedelta(seconds=1))
    assert recover().given_up == 2
    unsent, sent, in_time = reload(unsent), reload(sent), reload(in_time)
    assert (unsent.status, unsent.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)
    assert unsent.error_params["last"] == ErrorCode.FLATCHR_CREDENTIALS
    assert (sent.status, sent.error_code) == (S.UNCONFIRMED, ErrorCode.FLATCHR_AMBIGUOUS)
    assert in_time.status == S.QUEUED


def test_it_rings_for_due_retries(notifications: Notifications) -> None:
    push = make_push()
    Push.objects.update(next_attempt_at=Now() + timedelta(minutes=1))
    assert recover().notified == 0 and notifications.count == 0
    Push.objects.update(status=S.RETRYING, next_attempt_at=Now())
    found = recover()
    assert found.due == 1 and found.notified == notifications.count > 0
    assert {name for name, _ in notifications.take()} == {notify.WORK}
    assert reload(push).status == S.RETRYING, "it notifies, workers work"


def test_it_notifies_nobody_while_an_account_is_paused(notifications: Notifications) -> None:
    push = make_push()
    company = push.vacancy.company
    company.paused_until = timezone.now() + timedelta(minutes=1)
    company.save()
    assert recover().notified == notifications.count == 0


def test_it_finishes_runs_that_are_done(notifications: Notifications) -> None:
    push = make_push()
    [claimed] = Push.objects.claim(1)
    claimed.fail(PermanentError(ErrorCode.RESUME_MISSING), Event.WRITE_FAILURE)
    assert recover().finished == 1
    run = Run.objects.get(pk=push.run_id)
    assert (run.status, run.finished_at is not None) == (RunStatus.FINISHED, True)
    assert run.events == {"write_failure": 1, "read_success": 1}
    assert recover().finished == 0


def test_it_leaves_a_run_that_is_still_being_read(notifications: Notifications) -> None:
    run = make_run(is_complete=False)
    assert recover().finished == 0
    Run.objects.filter(pk=run.pk).update(is_complete=True)
    assert recover().finished == 1


def test_a_run_with_a_push_for_a_person_to_decide_is_finished() -> None:
    make_push()
    [claimed] = Push.objects.claim(1)
    begin(claimed)
    claimed.mark_unconfirmed(PermanentError(ErrorCode.FLATCHR_AMBIGUOUS))
    assert recover().finished == 1


def test_it_rings_for_the_read_back(notifications: Notifications) -> None:
    make_push()
    [claimed] = Push.objects.claim(1)
    begin(claimed)
    claimed.succeed()
    recover()
    assert notifications.take() == [(notify.FOLLOW_UP, (0,))]


def test_the_command_says_what_it_found(
    notifications: Notifications, capsys: pytest.CaptureFixture[str]
) -> None:
    make_push()
    Push.objects.claim(1)
    expire_leases()
    call_command("recover")
    assert capsys.readouterr().out.startswith("1 given back, 1 due, 0 runs finished, ")


# --- notifications ------------------------------------------------------------------------------


def test_a_lost_notification_is_sent_again(notifications: Notifications) -> None:
    make_push()
    recover()
    assert notifications.count > 0
    notifications.flush()
    recover()
    assert notifications.count == 0, "it was notified a moment ago"
    notifications.silence_ends()
    recover()
    assert notifications.count > 0


def test_a_long_queue_is_not_queued_twice(notifications: Notifications, settings: Any) -> None:
    settings.Q_WORKERS = 2
    run = make_run()
    for _ in range(30):
        make_push(run)
    for _ in range(5):
        recover()
    assert notifications.count == 2, "one notification a process, not one a push and a sweep"


def test_every_living_process_is_notified(notifications: Notifications, settings: Any) -> None:
    settings.Q_WORKERS = 2
    for number in range(2):
        WorkerGroup.objects.create(worker_id=str(number), host="h", processes=4, beat_at=Now())
    dead = Now() - timedelta(hours=1)
    WorkerGroup.objects.create(worker_id="dead", host="h", processes=4, beat_at=dead)
    make_push()
    recover()
    assert notifications.count == 8


def test_an_acknowledged_notification_may_be_sent_again(notifications: Notifications) -> None:
    assert notify.task(notify.WORK, 0)
    assert not notify.task(notify.WORK, 0)
    notify.acknowledge(notify.WORK, 0)
    assert notify.task(notify.WORK, 0)


class Clock:
    """The time, as the cache sees it."""

    now = 1_000_000.0

    def time(self) -> float:
        return self.now


def test_busy_workers_and_many_sweeps_do_not_pile_notifications_up(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """An hour of backlog: two processes, each busy for a task's time, and three supervisors."""
    settings.Q_WORKERS = 2
    clock, waiting = Clock(), []
    cache = LocMemCache("notifications", {})
    cache.clear()
    monkeypatch.setattr("django.core.cache.backends.locmem.time", clock)
    monkeypatch.setattr("django.core.cache.backends.base.time", clock)
    monkeypatch.setattr(notify, "cache", cache)
    monkeypatch.setattr(notify, "async_task", lambda *args, **_: waiting.append(args))
    busy_until = [0.0, 0.0]
    longest = 0
    for second in range(3600):
        clock.now += 1
        for number, until in enumerate(busy_until):
            if clock.now < until:
                continue
            notify.task(notify.WORK, number)  # as a task does that leaves work behind
            if waiting:
                notify.acknowledge(*waiting.pop(0))
                busy_until[number] = clock.now + settings.TASK_WORK_SECONDS
        if second % 3 == 0:  # three machines sweep every ten seconds
            notify.workers()
        longest = max(longest, len(waiting))
    assert longest <= 2


def test_workers_are_notified_after_the_commit_and_not_without_it(
    notifications: Notifications, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        notify.workers_after_commit()
        assert notifications.count == 0
    assert notifications.count > 0


# --- tasks --------------------------------------------------------------------------------------


def test_a_task_works_until_nothing_is_due(
    world: World, notifications: Notifications, settings: Any
) -> None:
    settings.PUSH_CONCURRENCY = 4
    world.dispatch(*world.keys(9), source=world.bulk)
    assert tasks.work(0) == 9
    assert Push.objects.filter(status=S.SUCCEEDED).count() == 9
    assert notifications.count == 0


def test_a_task_whose_time_is_up_rings_for_the_rest(
    world: World, notifications: Notifications, settings: Any
) -> None:
    settings.PUSH_CONCURRENCY, settings.TASK_WORK_SECONDS = 1, 0.2
    world.sandbox.set_faults(latency_ms=60)
    world.dispatch(*world.keys(6), source=world.bulk)
    done = tasks.work(1)
    assert 0 < done < 6
    assert notifications.take() == [(notify.WORK, (1,))]
    assert Push.objects.filter(status=S.RUNNING).count() == 0, "what was in flight came home"


def test_a_task_that_comes_twice_does_no_harm(world: World, notifications: Notifications) -> None:
    world.dispatch(*world.keys(2), source=world.bulk)
    assert tasks.work(0) == 2
    assert tasks.work(0) == 0
    assert len(world.sandbox.received()) == 2


def test_a_worker_loop_that_is_asked_to_stop_hands_back_what_was_not_sent(
    world: World, notifications: Notifications
) -> None:
    world.dispatch(*world.keys(3), source=world.bulk)
    shutdown.requested.set()
    try:
        assert tasks.work(0) == 0
    finally:
        shutdown.requested.clear()
    assert set(Push.objects.values_list("status", "attempts")) == {(S.QUEUED, 0)}
    assert notifications.count == 0


@pytest.mark.usefixtures("slow_clock")
def test_a_sweep_and_a_task_settle_what_a_dead_worker_left(
    world: World, notifications: Notifications
) -> None:
    world.sandbox.set_faults(fault("create", "status_after", status=500))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    Push.objects.claim(1)
    Push.objects.update(next_attempt_at=Now())
    Push.objects.claim(1)  # the second worker dies while it looks
    Push.objects.update(lease_expires_at=Now() - timedelta(minutes=10))
    assert recover().released == 1
    world.work()
    assert Push.objects.get().status == S.SUCCEEDED
    assert len(world.sandbox.received()) == 1


@pytest.mark.django_db(transaction=True)
def test_any_number_of_machines_may_sweep_at_once() -> None:
    run = make_run()
    for _ in range(40):
        make_push(run)
    Push.objects.claim(40)
    expire_leases()
    start, released, errors = threading.Barrier(4), [], []

    def sweep() -> None:
        start.wait()
        try:
            released.append(Push.objects.release_expired())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (errors, sum(released)) == ([], 40)
    assert Push.objects.due().count() == 40
