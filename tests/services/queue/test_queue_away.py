"""Redis is away for a moment: that costs time, and no push, no page and no supervisor."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisConnectionError

from sync import tasks
from sync.models import Push, WorkerGroup
from sync.models.states import PushStatus
from sync.services.privacy import erasure
from sync.services.queue import notify
from sync.services.queue.recovery import recover
from sync.services.queue.supervisor import Supervisor
from sync.services.reconciling import existing_applicants
from tests.conftest import World
from tests.desk import client_of
from tests.notifications import Notifications, notifications
from tests.pushing import add_person, finish
from tests.rows import make_push

pytestmark = pytest.mark.django_db
__all__ = ["notifications"]


class Away:
    """A cache on a Redis that refuses connections."""

    def __getattr__(self, name: str) -> Any:
        def refuse(*args: Any, **more: Any) -> None:
            raise RedisConnectionError("Error 111 connecting. Connection refused.")

        return refuse

    def close(self, **_: Any) -> None:
        """Django closes every cache after a request."""


@pytest.fixture
def away(notifications: Notifications, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(notify, "cache", Away())
    return monkeypatch


def test_what_was_dispatched_is_queued_and_notified_later(
    world: World,
    notifications: Notifications,
    away: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        result = world.dispatch(*world.keys(2), source=world.bulk)
    assert (result.created, Push.objects.due().count()) == (2, 2)
    assert recover().notified == 0
    away.undo()
    assert recover().notified == notifications.count > 0


def test_a_broker_that_is_away_is_no_harm_either(
    notifications: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "async_task", Away().enqueue)
    make_push()
    assert recover().notified == 0


@pytest.mark.django_db(transaction=True)
def test_no_fault_of_a_notification_reaches_whoever_has_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise OSError("anything else")

    monkeypatch.setattr(notify, "require_task", fail)
    notify.workers_after_commit()


def test_a_task_works_all_the_same(world: World, away: pytest.MonkeyPatch) -> None:
    world.dispatch(*world.keys(1), source=world.bulk)
    away.setattr("sync.services.pushing.worker.run_worker", lambda seconds: 1)
    assert tasks.work(0) == 1
    tasks.beat("somebody")
    notify.request_rerun(notify.IMPORT, 1)
    assert notify.take_rerun_request(notify.IMPORT, 1) is False


def test_the_supervisor_goes_on(away: pytest.MonkeyPatch) -> None:
    make_push()
    supervisor = Supervisor(["sleep", "60"])
    WorkerGroup.objects.create(worker_id=supervisor.worker_id)
    supervisor._start()
    try:
        supervisor.started = time.monotonic()
        supervisor._tick()
        assert supervisor.cluster is not None and supervisor.cluster.poll() is None
    finally:
        supervisor._stop(1)
    assert WorkerGroup.objects.get().restarts == 0


def test_the_sweep_command_goes_on(away: pytest.MonkeyPatch, capsys: Any) -> None:
    make_push()
    call_command("recover")
    assert "0 workers notified" in capsys.readouterr().out


@pytest.fixture
def boss() -> Client:
    return client_of(User.objects.create_superuser("boss"))


def test_who_asks_for_an_import_is_told(
    world: World, boss: Client, away: pytest.MonkeyPatch
) -> None:
    url = reverse("admin:sync_hrflowsource_import", args=[world.bulk.pk])
    refresh = reverse("admin:sync_profile_refresh")
    told = "The queue cannot be reached just now"
    assert told in boss.post(url, follow=True).content.decode()
    assert told in boss.post(refresh, follow=True).content.decode()
    progress = reverse("admin:sync_hrflowsource_progress", args=[world.bulk.pk])
    assert boss.get(progress, {"asked": "1"}).status_code == 200
    fragment = boss.post(url, HTTP_HX_REQUEST="true").content.decode()
    assert told in fragment and "every 1s" not in fragment


def test_the_first_steps_and_a_test_of_an_account_are_shown_all_the_same(
    world: World, boss: Client, away: pytest.MonkeyPatch
) -> None:
    url = reverse("admin:sync_hrflowsource_test", args=[world.bulk.pk])
    with pytest.MonkeyPatch.context() as every_cache:
        every_cache.setattr(type(caches), "__getitem__", lambda *_: Away())
        assert boss.get("/admin/").status_code == 200
        assert boss.post(url, follow=True).status_code == 200
    world.bulk.refresh_from_db()
    assert world.bulk.tested_at is not None


def test_an_erasure_does_not_wait_for_the_cache(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = add_person(world, "Zoé", "Absente", email="zoe.absente@example.org")
    world.push(key)
    monkeypatch.setattr(erasure, "cache", Away())
    erasure.erase_candidate(email="zoe.absente@example.org")
    assert not Push.objects.filter(profile_key=key).exists()


def test_a_push_waits_for_the_cache_and_loses_no_attempt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.dispatch(*world.keys(1), source=world.bulk)
    monkeypatch.setattr(existing_applicants, "cache", Away())
    world.work()
    push = Push.objects.get()
    assert (push.status, push.attempts, push.create_started_at) == (PushStatus.RETRYING, 0, None)
    monkeypatch.undo()
    finish(world)
    assert Push.objects.get().status == PushStatus.SUCCEEDED
