"""What is no longer needed goes by itself, once a day: payloads, people, the queue's remains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django_q.models import Task

from sync.models import (
    Action,
    AuditEntry,
    ErasedPerson,
    Profile,
    Push,
    PushAttempt,
    Run,
    RunStatus,
)
from sync.models.push.queryset import PushQuerySet
from sync.models.states import ACTIVE, PushStatus
from sync.services.privacy import suppression
from sync.services.privacy.database_files import cut_log, scrub
from sync.services.privacy.erasure import delete_pushes
from sync.services.privacy.planner import keep_statistics
from sync.services.queue import heartbeat
from sync.services.security import audit

BATCH = 500
# What the queue says of tasks that are done serves to look at a fault, no longer.
QUEUE_DAYS = 7
DRAFT_DAYS = 1
# Longer than from one purge to the next.
SCRUBBED_AGAIN = timedelta(days=2)
SIGN_INS: tuple[Any, ...] = (AccessAttempt, AccessFailureLog, AccessLog)
QUOTING = ("error_message", "error_params", "enrichment_error")
PERSONAL = ("people", "pushes", "profiles", "payloads", "reasons", "returned")


@dataclass(frozen=True)
class Limits:
    """Until when each kind of thing is kept: what is older goes."""

    people: datetime
    payloads: datetime
    log: datetime
    queue: datetime
    drafts: datetime


def limits(retention_days: int | None = None, now: datetime | None = None) -> Limits:
    now = now or timezone.now()
    days = settings.RETENTION_DAYS if retention_days is None else retention_days
    return Limits(
        people=now - timedelta(days=days),
        payloads=now - timedelta(days=settings.PAYLOAD_DAYS),
        log=now - timedelta(days=settings.AUDIT_DAYS),
        queue=now - timedelta(days=QUEUE_DAYS),
        drafts=now - timedelta(days=DRAFT_DAYS),
    )


def purge(retention_days: int | None = None, *, dry_run: bool = False) -> dict[str, int]:
    """Delete what is over; returns how many rows of each kind. `dry_run` only counts them."""
    until = limits(retention_days)
    if dry_run:
        return _count(until)
    counts = Counter(_purge_people(until))
    counts["payloads"] = _payloads(until).update(steps=[], message="")
    counts["reasons"] = _forget_answers(until)
    counts["returned"] = _forget_returned()
    counts.update(_purge_rest(until))
    found = {name: count for name, count in sorted(counts.items()) if count}
    if any(found.get(name) for name in PERSONAL):
        audit.record(None, Action.PURGE, details=found)
    # What was erased since the last purge may have met a busy database.
    erased = ErasedPerson.objects.filter(erased_at__gte=timezone.now() - SCRUBBED_AGAIN)
    if any(found.get(name) for name in PERSONAL) or erased.exists():
        scrub()
    keep_statistics()
    cut_log()
    return found


def _count(until: Limits) -> dict[str, int]:
    counts = {
        "pushes": over_pushes(until.people).count(),
        "undecided": over_pushes(until.people).undecided().count(),
        "profiles": over_profiles(until.people).count(),
        "payloads": _payloads(until).count(),
        "reasons": _reasons(until).count(),
        "tasks": Task.objects.filter(stopped__lt=until.queue).count(),
        "drafts": _drafts(until).count(),
        "audit_entries": AuditEntry.objects.filter(at__lt=until.log).count(),
    }
    return {name: count for name, count in counts.items() if count}


# --- people -------------------------------------------------------------------------------------


def over_pushes(until: datetime) -> PushQuerySet[Push]:
    """Pushes of people without any contact since: neither a push nor the profile tells of one, and
    no consent lasts."""
    others = Push.objects.filter(source=OuterRef("source"), profile_key=OuterRef("profile_key"))
    recent = others.filter(_is_recent(until))
    kept = Profile.objects.filter(_is_kept(until), source=OuterRef("source"))
    kept = kept.filter(key=OuterRef("profile_key"))
    ended = Push.objects.filter(Q(closed_at__lt=until) | Q(status=PushStatus.UNCONFIRMED))
    return ended.filter(~Exists(recent), ~Exists(kept)).order_by("pk")


def over_profiles(until: datetime) -> QuerySet[Profile]:
    pushes = Push.objects.filter(source=OuterRef("source"), profile_key=OuterRef("key"))
    recent = pushes.filter(_is_recent(until))
    return Profile.objects.exclude(_is_kept(until)).filter(~Exists(recent)).order_by("pk")


def _is_recent(until: datetime) -> Q:
    """One that waits for a decision keeps nobody for ever: it was put off too long to matter."""
    undecided = Q(status=PushStatus.UNCONFIRMED, updated_at__gte=until)
    return Q(status__in=ACTIVE) | undecided | Q(closed_at__gte=until)


def _is_kept(until: datetime) -> Q:
    """Of an index row from before dates of contact were kept, what HrFlow said of it counts."""
    known = Q(last_contact_at__gte=until) | Q(consent_until__gte=timezone.localdate())
    unknown = Q(last_contact_at=None) & (Q(seen_at__gte=until) | Q(seen_at=None))
    return known | unknown


def _purge_people(until: Limits) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for batch in _batches(over_pushes(until.people)):
        with transaction.atomic():
            # Asked again, and held: somebody may have taken one up meanwhile.
            held = over_pushes(until.people).filter(pk__in=batch).select_for_update()
            pushes = Push.objects.filter(pk__in=[push.pk for push in held.only("pk")])
            counts["undecided"] += pushes.undecided().count()
            _remember(pushes)
            deleted, attempts = delete_pushes(pushes)
        counts.update(pushes=deleted, attempts=attempts)
    for profiles in _batches(over_profiles(until.people)):
        with transaction.atomic():
            rows = Profile.objects.filter(pk__in=profiles)
            counts["profiles"] += rows.delete()[1].get("sync.Profile", 0)
    counts["runs"] = _old_runs(until).delete()[1].get("sync.Run", 0)
    return counts


def _remember(pushes: PushQuerySet[Push]) -> None:
    """Who is in Flatchr, or may be, must not be sent there again for want of a row that says so."""
    there = pushes.filter(status__in=(PushStatus.SUCCEEDED, PushStatus.UNCONFIRMED))
    suppression.remember_pushed(list(there.values_list("source_id", "profile_key", "vacancy_id")))


def _old_runs(until: Limits) -> QuerySet[Run]:
    return Run.objects.filter(finished_at__lt=until.people, pushes=None)


def _batches(rows: QuerySet[Push] | QuerySet[Profile]) -> Iterator[list[int]]:
    """Keys, a few hundred at a time; each batch is deleted before the next is asked for."""
    last = 0
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        heartbeat.beat()
        yield keys
        last = keys[-1]


def _forget_returned() -> int:
    """An import that had read a page just before its people were erased may have stored them."""
    if not ErasedPerson.objects.exists():
        return 0
    gone = 0
    rows = Profile.objects.order_by("pk")
    for keys in _batches(rows):
        page = {p.pk: p for p in Profile.objects.filter(pk__in=keys).only("key", "email")}
        erased = suppression.erased_keys({p.key: p.email for p in page.values()})
        back = [pk for pk, profile in page.items() if profile.key in erased]
        gone += Profile.objects.filter(pk__in=back).delete()[0] if back else 0
    return gone


# --- the rest -----------------------------------------------------------------------------------


def _payloads(until: Limits) -> QuerySet[PushAttempt]:
    """What was sent and answered, of pushes closed a while ago."""
    closed = PushAttempt.objects.filter(push__closed_at__lt=until.payloads)
    return closed.exclude(steps=[], message="").order_by()


def _reasons(until: Limits) -> QuerySet[Push]:
    """Pushes that quote what was answered, closed a while ago."""
    quoting = ~Q(error_message="") | ~Q(enrichment_error="") | Q(error_params__has_key="answer")
    return Push.objects.filter(quoting, closed_at__lt=until.payloads).order_by("pk")


def _forget_answers(until: Limits) -> int:
    """The code and its other parameters stay: the reason is told from them."""
    gone = 0
    for keys in _batches(_reasons(until)):
        with transaction.atomic():
            pushes = list(_reasons(until).filter(pk__in=keys).select_for_update())
            for push in pushes:
                push.error_message = push.enrichment_error = ""
                push.error_params.pop("answer", None)
            Push.objects.bulk_update(pushes, QUOTING, batch_size=100)
        gone += len(pushes)
    return gone


def _drafts(until: Limits) -> QuerySet[Run]:
    return Run.objects.filter(status=RunStatus.DRAFT, created_at__lt=until.drafts)


def _purge_rest(until: Limits) -> dict[str, int]:
    session_store = import_module(settings.SESSION_ENGINE).SessionStore
    session_store.clear_expired()
    return {
        "tasks": Task.objects.filter(stopped__lt=until.queue)._raw_delete("default"),
        "drafts": _drafts(until).delete()[1].get("sync.Run", 0),
        "audit_entries": AuditEntry.objects.order_by().forget_before(until.log),
        "log_entries": LogEntry.objects.filter(action_time__lt=until.log).delete()[0],
        "sign_ins": sum(
            model.objects.filter(attempt_time__lt=until.log).delete()[0] for model in SIGN_INS
        ),
        "cache": _purge_cache(),
    }


def _purge_cache() -> int:
    """Redis forgets by itself; the table only when it is full."""
    config = settings.CACHES["default"]
    if not config["BACKEND"].endswith("DatabaseCache"):
        return 0
    table = connection.ops.quote_name(config["LOCATION"])
    with connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
        # The name is the settings', and quoted.
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # nosec B608
        return int(cursor.rowcount)
