"""A purge and a scrub of any size: in tasks, in batches, one at a time, with progress."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import Schedule

from sync import tasks
from sync.models import Profile, Push, WorkerGroup
from sync.services.intake.profiles import import_profiles
from sync.services.privacy import maintenance, retention, suppression
from sync.services.privacy.erasure import erase_candidate
from sync.services.queue import heartbeat, notify, shutdown
from tests.caches import clear_cache
from tests.conftest import World
from tests.desk import Desk, client_of, make_user, text_of
from tests.notifications import Notifications
from tests.services.privacy.erasing import EMAIL, add_zoe

REQUEST = "/admin/sync/erasedperson/request/"
HANDLER = ("handle_requests", "see_all_companies", "view_erasedperson")
OLD = timedelta(days=800)


@pytest.fixture(autouse=True)
def _cache(db: None) -> Iterator[None]:
    clear_cache()
    yield
    clear_cache()
    shutdown.requested.clear()


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Seven expired pushes; a batch is of two."""
    monkeypatch.setattr(retention, "BATCH", 2)
    desk = Desk()
    for _ in range(7):
        desk.push(at=timezone.now() - OLD)
    return desk


@pytest.mark.parametrize("when", ["before the list", "after the list"])
def test_a_push_that_was_faster_than_the_erasure_is_on_its_receipt(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    key, remember, done = add_zoe(world), suppression.remember, [False]

    def sent_meanwhile(*arguments: Any) -> None:
        if when == "after the list":
            remember(*arguments)
        if not done[0]:
            done[0] = True
            world.dispatch(key)
            world.work()
        if when == "before the list":
            remember(*arguments)

    import_profiles(world.source)
    monkeypatch.setattr(suppression, "remember", sent_meanwhile)
    receipt = erase_candidate(profile_key=key)
    was_sent = when == "before the list"
    assert bool(receipt.sent_to) == was_sent
    assert len(world.sandbox.received()) == len(receipt.sent_to)
    assert not Push.objects.filter(profile_key=key).exists()


@pytest.mark.django_db(transaction=True)
def test_a_page_leaves_the_disk_to_a_task(
    world: World, monkeypatch: pytest.MonkeyPatch, notifications: Notifications
) -> None:
    add_zoe(world)
    import_profiles(world.source)
    scrubbed: list[bool] = []
    monkeypatch.setattr(
        "sync.services.privacy.database_files.scrub", lambda: bool(scrubbed.append(True)) or True
    )
    client = client_of(make_user("operator", *HANDLER))
    shown = client.post(REQUEST, {"email": EMAIL, "erase": "1"})
    assert scrubbed == [] and "as soon as a worker gets to it" in text_of(shown)
    assert notify.is_pending(notify.SCRUB)
    assert tasks.scrub() is True
    assert scrubbed == [True] and not notify.is_pending(notify.SCRUB)


def test_the_long_tasks_have_the_time_they_need() -> None:
    assert {notify.PURGE, notify.SCRUB} <= notify.TIMEOUTS.keys()
    schedule = Schedule.objects.get(name="purge")
    assert f"'timeout': {notify.LONG}" in schedule.kwargs
    assert Schedule.objects.get(name="sweep").kwargs is None


def test_a_purge_tells_how_far_it_is(expired: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(make_user("operator", *HANDLER))
    told: list[Any] = []
    real = retention.delete_pushes

    def delete(pushes: Any) -> Any:
        told.append(maintenance.progress())
        assert "The daily purge is at work" in text_of(client.get("/admin/sync/erasedperson/"))
        return real(pushes)

    monkeypatch.setattr(retention, "delete_pushes", delete)
    assert tasks.purge()["pushes"] == 7
    assert [one["counts"].get("pushes", 0) for one in told] == [0, 2, 4, 6]
    assert maintenance.progress() is None


def test_a_purge_that_is_stopped_goes_on_later(
    expired: Desk, monkeypatch: pytest.MonkeyPatch, notifications: Notifications
) -> None:
    real = retention.delete_pushes

    def delete(pushes: Any) -> Any:
        shutdown.requested.set()
        return real(pushes)

    monkeypatch.setattr(retention, "delete_pushes", delete)
    assert tasks.purge()["pushes"] == 2
    assert notify.is_pending(notify.PURGE) and Push.objects.count() == 5
    shutdown.requested.clear()
    monkeypatch.setattr(retention, "delete_pushes", real)
    assert tasks.purge()["pushes"] == 5


def test_a_count_that_nobody_does_alone_leaves_no_lease_behind(db: None) -> None:
    maintenance.report(maintenance.PURGE, {"pushes": 1})
    with maintenance.alone(maintenance.PURGE) as is_mine:
        assert is_mine


def test_a_task_that_is_delivered_twice_is_done_once(expired: Desk) -> None:
    with maintenance.alone(maintenance.PURGE) as is_mine:
        assert is_mine
        assert tasks.purge() == {}
        assert tasks.scrub() is False
        assert not erase_candidate(email="a@x.fr").scrubbed
    assert Push.objects.count() == 7
    assert tasks.purge()["pushes"] == 7


def test_the_silence_of_a_scrub_is_not_taken_for_death(monkeypatch: pytest.MonkeyPatch) -> None:
    alive = WorkerGroup.objects.create(worker_id="alive", host="h", processes=1, beat_at=Now())
    old = timezone.now() - timedelta(hours=1)
    dead = WorkerGroup.objects.create(worker_id="dead", host="h", processes=1, beat_at=old)
    seen: list[float] = []

    def scrub() -> bool:
        alive.refresh_from_db()
        seen.append((alive.beat_at - timezone.now()).total_seconds())
        return True

    monkeypatch.setattr("sync.services.privacy.database_files.scrub", scrub)
    assert maintenance.scrub_alone()
    assert seen[0] > 1000
    alive.refresh_from_db()
    dead.refresh_from_db()
    assert abs((alive.beat_at - timezone.now()).total_seconds()) < 10
    assert dead.beat_at == old
    heartbeat.beat()


def test_payloads_and_profiles_go_in_batches_too(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    world.dispatch(*world.keys(5), source=world.bulk)
    world.work()
    Push.objects.update(closed_at=timezone.now() - timedelta(days=40))
    import_profiles(world.bulk)
    Profile.objects.update(last_contact_at=timezone.now() - OLD)
    with connection.execute_wrapper(_few_rows):
        counts = retention.purge()
    assert counts["payloads"] == 5


def _few_rows(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    result = execute(sql, params, many, context)
    if sql.startswith('UPDATE "sync_pushattempt"'):
        assert context["cursor"].rowcount <= 2
    return result
