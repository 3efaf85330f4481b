"""What may no longer be kept goes by itself; what prevents a second push stays."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from django_q.models import Schedule, Task

from sync.models import (
    Action,
    AuditEntry,
    DailyCount,
    Profile,
    PurgedPush,
    Push,
    PushAttempt,
    Run,
    RunKind,
)
from sync.models.states import PushStatus
from sync.services.privacy import suppression
from sync.services.privacy.retention import purge
from sync.services.pushing.dispatch import dispatch
from sync.services.security import audit
from sync.vocabulary import ErrorCode
from tests.desk import Desk, S
from tests.dumps import dump, found_in
from tests.rows import make_push

pytestmark = pytest.mark.django_db

OLD = timedelta(days=800)
RECENT = timedelta(days=100)


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def ago(span: timedelta) -> Any:
    return timezone.now() - span


def profile_of(desk: Desk, push: Push, contact: timedelta, **more: Any) -> Profile:
    return Profile.objects.create(
        source=desk.source,
        key=push.profile_key,
        full_name=push.candidate_name,
        last_contact_at=ago(contact),
        **more,
    )


def test_it_deletes_people_after_the_last_contact_and_keeps_counts(desk: Desk) -> None:
    old, _failed = desk.push(at=ago(OLD)), desk.push(S.FAILED, at=ago(OLD))
    recent = desk.push(at=ago(RECENT))
    profile_of(desk, old, OLD)
    assert purge() == {"profiles": 1, "pushes": 2}
    assert list(Push.objects.all()) == [recent]
    assert not Profile.objects.exists()
    counts = DailyCount.objects.values_list("vacancy", "status", "count")
    assert set(counts) == {(desk.vacancy.pk, status, 1) for status in ("succeeded", "failed")}


def test_it_keeps_whoever_was_in_touch_since(desk: Desk) -> None:
    by_profile, by_push = desk.push(at=ago(OLD)), desk.push(at=ago(OLD))
    by_consent, still_open = desk.push(at=ago(OLD)), desk.push(S.RETRYING, at=ago(OLD))
    profile_of(desk, by_profile, RECENT)
    other = desk.push(at=ago(RECENT), profile_key=by_push.profile_key, vacancy=_vacancy(desk))
    profile_of(desk, by_push, OLD)
    profile_of(desk, by_consent, OLD, consent_until=timezone.localdate())
    profile_of(desk, still_open, OLD)
    purge()
    assert set(Push.objects.all()) == {by_profile, by_push, by_consent, still_open, other}
    assert Profile.objects.count() == 4


def _vacancy(desk: Desk) -> Any:
    from tests.desk import make_vacancy

    return make_vacancy(desk.company, "Other")


def test_a_purged_push_still_prevents_a_second_one(desk: Desk) -> None:
    there, failed = desk.push(at=ago(OLD)), desk.push(S.FAILED, at=ago(OLD))
    keys = [there.profile_key, failed.profile_key, "new"]
    purge()
    assert PurgedPush.objects.count() == 1
    done = dispatch(source=desk.source, vacancy=desk.vacancy, keys=keys, kind=RunKind.COMMAND)
    assert (done.created, done.blocked) == (2, [there.profile_key])
    elsewhere = dispatch(
        source=desk.source, vacancy=_vacancy(desk), keys=keys, kind=RunKind.COMMAND
    )
    assert elsewhere.created == 3


def test_nobody_is_kept_for_want_of_a_decision_nor_sent_a_second_time(desk: Desk) -> None:
    left = desk.push(S.UNCONFIRMED, at=ago(OLD))
    profile_of(desk, left, OLD)
    recent = desk.push(S.UNCONFIRMED, at=ago(RECENT))
    known = desk.push(S.UNCONFIRMED, at=ago(OLD))
    profile_of(desk, known, RECENT)
    assert purge(dry_run=True) == {"profiles": 1, "pushes": 1, "undecided": 1}
    assert purge() == {"profiles": 1, "pushes": 1, "undecided": 1}
    assert set(Push.objects.all()) == {recent, known}
    assert DailyCount.objects.get().status == PushStatus.UNCONFIRMED
    entry = AuditEntry.objects.get(action=Action.PURGE)
    assert entry.details == {"profiles": 1, "pushes": 1, "undecided": 1}
    keys = [left.profile_key]
    again = dispatch(source=desk.source, vacancy=desk.vacancy, keys=keys, kind=RunKind.COMMAND)
    assert (again.created, again.blocked) == (0, keys)


def test_what_a_person_takes_up_again_while_it_is_purged_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, failed = desk.push(S.UNCONFIRMED, at=ago(OLD)), desk.push(S.FAILED, at=ago(OLD))

    def decide() -> None:
        left.push_again(desk.user)
        failed.retry(desk.user)

    monkeypatch.setattr("sync.services.queue.heartbeat.beat", decide)
    assert purge() == {}
    assert set(Push.objects.all()) == {left, failed}
    assert not PurgedPush.objects.exists()


def test_a_push_and_what_repeats_it_go_together(desk: Desk) -> None:
    first = desk.push(at=ago(OLD))
    second = desk.push(at=ago(OLD), profile_key=first.profile_key, repeat_of=first)
    desk.push(at=ago(OLD), profile_key=first.profile_key, repeat_of=second)
    assert purge()["pushes"] == 3
    assert Push.objects.count() == 0


def test_payloads_go_a_short_time_after_the_push_is_closed(desk: Desk, settings: Any) -> None:
    settings.PAYLOAD_DAYS = 5
    kept, gone, still_open = (
        desk.push(at=ago(timedelta(days=3))),
        desk.push(at=ago(timedelta(days=6))),
        desk.push(S.UNCONFIRMED, at=ago(timedelta(days=6))),
    )
    for push in (kept, gone, still_open):
        PushAttempt.objects.create(
            push=push, number=1, stage="create", outcome="done", steps=[{"a": 1}], message="m"
        )
    assert purge()["payloads"] == 1
    with_steps = PushAttempt.objects.exclude(steps=[]).values_list("push", flat=True)
    assert set(with_steps) == {kept.pk, still_open.pk}
    assert "payloads" not in purge()


def test_what_a_peer_answered_goes_with_the_payloads_and_the_reason_stays(
    desk: Desk, settings: Any
) -> None:
    settings.PAYLOAD_DAYS = 5
    said = {
        "error_code": ErrorCode.FLATCHR_REJECTED,
        "error_message": "Flatchr refused the candidate (HTTP 422): canary",
        "error_params": {"status": "422", "answer": "canary"},
        "enrichment_error": "canary",
    }
    recent = desk.push(S.FAILED, at=ago(timedelta(days=3)), **said)
    old = desk.push(S.FAILED, at=ago(timedelta(days=6)), **said)
    assert purge() == {"reasons": 1}
    old.refresh_from_db()
    assert (old.error_message, old.enrichment_error) == ("", "")
    assert old.explanation == "Flatchr refused the candidate (HTTP 422): —"
    recent.refresh_from_db()
    assert "canary" in recent.explanation
    assert purge() == {}


def test_it_cleans_what_the_queue_and_sign_ins_left(desk: Desk, settings: Any) -> None:
    for number, age in enumerate((1, 30)):
        moment = ago(timedelta(days=age))
        Task.objects.create(
            id=f"{number:032d}", name="t", func="f", started=moment, stopped=moment, result=1
        )
    ended = Session.objects.create(session_key="s", session_data="", expire_date=ago(RECENT))
    draft = Run.objects.create(kind="batch", status="draft", created_at=ago(timedelta(days=2)))
    Client().post("/admin/login/", {"username": "nobody", "password": "x"})
    assert AccessAttempt.objects.update(attempt_time=ago(timedelta(days=366))) == 1
    audit.record(desk.user, Action.LOOK)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_auditentry SET at = %s WHERE action = 'look'", [ago(timedelta(days=366))]
        )
    found = purge()
    assert (found["tasks"], found["drafts"], found["audit_entries"]) == (1, 1, 1)
    assert Task.objects.count() == 1
    assert not AccessAttempt.objects.exists()
    assert not Session.objects.filter(pk=ended.pk).exists()
    assert not Run.objects.filter(pk=draft.pk).exists()


def test_an_empty_run_goes_with_its_people(desk: Desk) -> None:
    push = desk.push(at=ago(OLD))
    Run.objects.filter(pk=push.run_id).update(status="finished", finished_at=ago(OLD), answers=[1])
    assert purge()["runs"] == 1
    assert not Run.objects.filter(pk=push.run_id).exists()


def test_a_person_whom_a_slow_import_brought_back_goes_again(desk: Desk) -> None:
    suppression.remember(["zoe@exemple.fr"], ["k1"], "receipt")
    for key, email in (("k1", ""), ("k2", "ZOE@exemple.fr"), ("k3", "other@exemple.fr")):
        Profile.objects.create(source=desk.source, key=key, email=email, seen_at=timezone.now())
    assert purge()["returned"] == 2
    assert Profile.objects.get().key == "k3"


def test_a_dry_run_counts_and_deletes_nothing(desk: Desk) -> None:
    push = desk.push(at=ago(OLD))
    profile_of(desk, push, OLD)
    out = StringIO()
    call_command("purge", "--dry-run", stdout=out)
    assert out.getvalue().strip() == "1 pushes, 1 profiles would go"
    assert Push.objects.exists() and Profile.objects.exists()
    out = StringIO()
    call_command("purge", stdout=out)
    assert "1 pushes" in out.getvalue() and "gone" in out.getvalue()
    assert AuditEntry.objects.filter(action=Action.PURGE).count() == 1


def test_it_runs_once_a_day_by_itself(db: None) -> None:
    schedule = Schedule.objects.get(name="purge")
    assert (schedule.func, schedule.minutes) == ("sync.tasks.purge", 1440)


@pytest.mark.django_db(transaction=True)
def test_purged_people_are_gone_from_the_disk() -> None:
    desk = Desk()
    push = desk.push(at=ago(OLD), candidate_name="Gwenvael Kerdoncuff")
    profile_of(desk, push, OLD)
    assert found_in(dump(), "Kerdoncuff", push.profile_key)
    purge()
    assert found_in(dump(), "Kerdoncuff", push.profile_key) == []


def test_counts_of_one_day_add_up(desk: Desk) -> None:
    day = timezone.localdate()
    for count in (2, 3):
        DailyCount.objects.add(day, desk.vacancy.pk, PushStatus.FAILED, count)
    assert DailyCount.objects.get().count == 5
    with pytest.raises(IntegrityError), transaction.atomic():
        DailyCount.objects.create(day=day, vacancy=desk.vacancy, status=PushStatus.FAILED)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL sees to it by itself")
@pytest.mark.django_db(transaction=True)
def test_the_planner_learns_how_many_there_are_and_nobodys_name() -> None:
    for number in range(300):
        make_push(candidate_email=f"somebody-{number}@example.org")
    purge()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'sqlite_stat%'")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {table}")
            rows += cursor.fetchall()
    assert any(row[0] == "sync_push" for row in rows)
    assert "somebody" not in str(rows)


def test_whether_a_push_was_overtaken_is_answered_by_one_index() -> None:
    """Else the dashboard reads a vacancy's pushes again for each one that failed."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by what it counts")
    plan = Push.objects.failed().latest_of_each().explain()
    assert "push_profile" in plan, plan
