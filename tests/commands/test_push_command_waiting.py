"""`push --wait`: ends with the pushes, and with status 0 only if all succeeded."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from sync.models import Push, WorkerGroup
from sync.services.pushing import command
from tests.commands.command_calls import keys, push
from tests.conftest import World
from tests.notifications import Notifications
from tests.pushing import fault, slow_clock

pytestmark = pytest.mark.django_db
__all__ = ["slow_clock"]


@pytest.fixture
def worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker comes by between two polls of `--wait`."""
    monkeypatch.setattr("sync.services.pushing.command.time.sleep", lambda _: world.work())


@pytest.mark.usefixtures("worker")
def test_wait_ends_with_every_push(world: World) -> None:
    ran = push(world, *keys(world, 5), "--wait", "--json")
    assert (ran.status, ran.json["counts"]) == (0, {"succeeded": 5})
    assert len(world.sandbox.received()) == 5


@pytest.mark.usefixtures("worker")
def test_wait_is_a_failure_where_one_push_failed(world: World) -> None:
    flags = ["--profile-key", world.key("no_resume"), "--profile-key", world.key("dates_1969")]
    ran = push(world, *flags, "--wait", source="main")
    assert ran.status == 1
    assert "1 failed, 1 in Flatchr" in ran.out
    assert "no CV" in ran.out


@pytest.mark.usefixtures("worker")
def test_who_was_already_there_counts_as_done(world: World) -> None:
    key = world.sandbox.add_profile("bulk", info={"email": "zoe@example.org"})
    info = world.sandbox.change_profile(key, "bulk")["info"]
    world.sandbox.add_applicant(
        world.vacancy().slug,
        firstname=info["first_name"],
        lastname=info["last_name"],
        email="zoe@example.org",
    )
    ran = push(world, "--profile-key", key, "--wait", "--json")
    assert (ran.status, ran.json["counts"]) == (0, {"already_there": 1})


@pytest.mark.usefixtures("worker", "slow_clock")
@pytest.mark.parametrize("endpoint", ["create", "read"])
def test_wait_does_not_wait_for_a_paused_account(world: World, endpoint: str) -> None:
    flags = keys(world, 6)
    world.sandbox.set_faults(fault(endpoint, "status", status=401, times=None))
    ran = push(world, *flags, "--wait", "--json")
    assert ran.status == 1
    assert "paused" in ran.json["problem"]


@pytest.mark.usefixtures("worker", "slow_clock")
def test_wait_does_not_wait_for_what_is_closed(world: World) -> None:
    flags = keys(world, 3)
    world.sandbox.change_vacancy(world.vacancy().slug, open=False)
    ran = push(world, *flags, "--wait", "--json")
    assert (ran.status, {line["code"] for line in ran.json["pushes"]}) == (1, {"vacancy_closed"})
    assert "closed" in ran.json["problem"]


@pytest.mark.usefixtures("slow_clock")
def test_wait_does_not_need_the_notification(
    world: World, notifications: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notification got lost: while it waits, the command sweeps, and so notifies again."""
    monkeypatch.setattr(command, "SWEEP_SECONDS", 0.0)

    def sleep(_: float) -> None:
        if notifications.count:
            world.work()

    monkeypatch.setattr("sync.services.pushing.command.time.sleep", sleep)
    ran = push(world, *keys(world, 1), "--wait", "--json")
    assert ran.json["counts"] == {"succeeded": 1}


def test_wait_does_not_wait_for_a_worker_that_nobody_started(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEARTBEAT_STALE_SECONDS = 2
    long_ago = Now() - timedelta(minutes=5)
    WorkerGroup.objects.create(worker_id="dead", host="h", beat_at=long_ago)
    ran = push(world, *keys(world, 2), "--wait", "--json")
    assert (ran.status, ran.json["counts"]) == (1, {"queued": 2})
    assert "No worker is running" in ran.json["problem"]
    assert Push.objects.due().count() == 2, "what is queued stays queued"


def test_wait_goes_on_while_a_worker_is_busy(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEARTBEAT_STALE_SECONDS = 0.2
    WorkerGroup.objects.create(worker_id="w", host="h")
    turns = iter([*range(5), None])

    def sleep(_: float) -> None:
        WorkerGroup.objects.update(beat_at=Now())
        if next(turns) is None:
            world.work()
        threading.Event().wait(0.1)

    monkeypatch.setattr("sync.services.pushing.command.time.sleep", sleep)
    ran = push(world, *keys(world, 1), "--wait", "--json")
    assert ran.json["counts"] == {"succeeded": 1}


def test_an_unconfirmed_push_is_no_success(world: World) -> None:
    result = world.dispatch(*world.keys(1), source=world.bulk)
    [claimed] = Push.objects.claim(1)
    claimed.begin_create(firstname="A", lastname="B", email="", phone="")
    from sync.exceptions import PermanentError
    from sync.vocabulary import ErrorCode

    claimed.mark_unconfirmed(PermanentError(ErrorCode.FLATCHR_AMBIGUOUS))
    report = command.report_of(result, asked=1, waited=True)
    assert not report.is_success
    assert report.pushes[0].code == ErrorCode.FLATCHR_AMBIGUOUS
