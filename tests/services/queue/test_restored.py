"""After a restore from a backup nothing is sent a second time."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from sync.models import AuditEntry, Epoch, Push, PushAttempt
from sync.models.states import PushStatus
from sync.services.pushing.decisions import repeat
from sync.services.queue.epoch import begin_epoch
from sync.services.queue.shutdown import WORKER_ID
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import add_person, finish, make_due, slow_clock
from tests.services.reconciling.read_back import look

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus
FIELDS = [field.attname for field in Push._meta.concrete_fields if field.name != "id"]


def backup() -> list[dict[str, Any]]:
    return list(Push.objects.values("pk", *FIELDS))


def restore(rows: list[dict[str, Any]]) -> None:
    """The rows are what they were; what lies outside of the database (a cache) is as it is now."""
    PushAttempt.objects.all().delete()
    Push.objects.exclude(pk__in=[row["pk"] for row in rows]).delete()
    for row in rows:
        Push.objects.filter(pk=row["pk"]).update(**{name: row[name] for name in FIELDS})


def sent_after_the_backup(world: World, *keys: str, source: Any = None) -> list[dict[str, Any]]:
    """A run of which one push was sent before the backup, and the others after it."""
    world.dispatch(*keys, source=source or world.bulk)
    first = Push.objects.earliest("pk")
    Push.objects.exclude(pk=first.pk).update(
        next_attempt_at=None, status=S.CANCELLED, closed_at=Now()
    )
    finish(world)
    waiting = Push.objects.exclude(pk=first.pk)
    waiting.update(status=S.QUEUED, next_attempt_at=Now(), closed_at=None)
    rows = backup()
    finish(world)
    return rows


def test_a_restored_run_searches_again_and_sends_nobody_twice(world: World) -> None:
    rows = sent_after_the_backup(world, *world.keys(4))
    assert len(world.sandbox.received()) == 4
    restore(rows)
    found = begin_epoch()
    assert found.waiting == 3
    finish(world)
    assert len(world.sandbox.received()) == 4, "all of them were found there"
    states = list(Push.objects.order_by("pk").values_list("status", flat=True))
    assert states == [S.SUCCEEDED, *[S.ALREADY_THERE] * 3]


def test_a_worker_that_starts_again_searches_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody said that the database was restored: a restore needs a start."""
    rows = sent_after_the_backup(world, *world.keys(3))
    restore(rows)
    monkeypatch.setenv(WORKER_ID, "another-start")
    finish(world)
    assert len(world.sandbox.received()) == 3


def test_nothing_is_sent_before_flatchrs_search_shows_what_was_sent_last(
    world: World, settings: Any
) -> None:
    world.dispatch(*world.keys(2), source=world.bulk)
    [claimed] = Push.objects.claim(1)
    begin_epoch()
    assert Push.objects.due().count() == 0
    later = Push.objects.waiting().filter(next_attempt_at__gt=Now())
    assert later.count() == 2
    claimed.refresh_from_db()
    assert (claimed.status, claimed.claim_token) == (S.RETRYING, None)


def test_somebody_who_cannot_be_told_apart_is_left_to_a_person(world: World) -> None:
    """Without e-mail and phone a namesake may be the one that was sent."""
    first = add_person(world, "Ana", "Petit", email="ana@example.org")
    key = add_person(world, "Lou", "Marin", email=None, phone=None)
    rows = sent_after_the_backup(world, first, key, source=world.source)
    sent = len(world.sandbox.received())
    restore(rows)
    begin_epoch()
    finish(world)
    push = Push.objects.get(profile_key=key)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.MAYBE_SENT_BEFORE_RESTORE)
    assert len(world.sandbox.received()) == sent
    push.retry(None)
    finish(world)
    assert len(world.sandbox.received()) == sent + 1, "a person has looked"


def test_a_repeat_that_was_sent_after_the_backup_is_not_sent_again(world: World) -> None:
    first = world.push(world.keys(1)[0], source=world.bulk)
    finish(world)
    look()
    repeat(Push.objects.get(pk=first.pk), requested_by=None)
    rows = backup()
    finish(world)
    assert len(world.sandbox.received()) == 2
    restore(rows)
    begin_epoch()
    finish(world)
    assert len(world.sandbox.received()) == 2


def test_each_epoch_has_a_token_of_its_own() -> None:
    before = Epoch.objects.current()
    assert before.restored_at is None and Epoch.objects.current().token == before.token
    begin_epoch()
    assert Epoch.objects.current().token != before.token
    assert Epoch.objects.current().restored_at is not None


def test_an_operator_says_it_on_a_page(world: World, admin_client: Client) -> None:
    world.dispatch(*world.keys(2), source=world.bulk)
    page = admin_client.get(reverse("admin:sync_restored"))
    assert Push.objects.due().count() == 2 and b"<form" in page.content
    answer = admin_client.post(reverse("admin:sync_restored"), follow=True)
    assert b"2 pushes wait" in answer.content
    assert Push.objects.due().count() == 0
    assert AuditEntry.objects.filter(action="restore", user__username="admin").exists()


def test_the_command_says_what_waits(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.dispatch(*world.keys(2), source=world.bulk)
    call_command("restored")
    assert capsys.readouterr().out.startswith("2 pushes wait 1")
    assert AuditEntry.objects.filter(action="restore", details={"pushes": 2}).exists()
    make_due()
    assert Push.objects.due().count() == 2
