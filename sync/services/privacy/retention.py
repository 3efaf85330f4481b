"""Retention: what has expired is deleted once a day, from people's data to finished tasks.

Each kind has a cut-off date (`Cutoffs`), made from RETENTION_DAYS, PAYLOAD_DAYS and AUDIT_DAYS.
"""

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
from sync.services.privacy.database_files import truncate_wal, update_statistics
from sync.services.privacy.erasure import delete_pushes
from sync.services.privacy.maintenance import PURGE, report, scrub
from sync.services.queue import shutdown
from sync.services.security import audit

# Rows deleted in one transaction.
BATCH = 500
# Days that finished tasks are kept, to look into a fault.
QUEUE_DAYS = 7
# Days that a selection which was never sent is kept.
DRAFT_DAYS = 1
# Longer than the time between two purges.
SCRUBBED_AGAIN = timedelta(days=2)
SIGN_INS: tuple[Any, ...] = (AccessAttempt, AccessFailureLog, AccessLog)
# The columns of a push that may quote a peer's answer.
QUOTING = ("error_message", "error_params", "enrichment_error")
# The counts of rows that held data of candidates: a purge of any is in the audit log.
PERSONAL = ("pushes", "profiles", "payloads", "reasons", "returned")


@dataclass(frozen=True)
class Cutoffs:
    """For each kind of row: what is older than this has expired."""

    people: datetime
    payloads: datetime
    log: datetime
    queue: datetime
    drafts: datetime


def cutoffs() -> Cutoffs:
    now = timezone.now()
    return Cutoffs(
        people=now - timedelta(days=settings.RETENTION_DAYS),
        payloads=now - timedelta(days=settings.PAYLOAD_DAYS),
        log=now - timedelta(days=settings.AUDIT_DAYS),
        queue=now - timedelta(days=QUEUE_DAYS),
        drafts=now - timedelta(days=DRAFT_DAYS),
    )


def purge(*, dry_run: bool = False) -> dict[str, int]:
    """Delete what has expired; returns the number of rows by kind. `dry_run` only counts them.

    In batches, so that no statement takes long; after a batch in which a stop is requested it does
    nothing more.
    """
    until = cutoffs()
    if dry_run:
        return _count(until)
    counts: Counter[str] = Counter()
    _purge_people(until, counts)
    _forget_payloads(until, counts)
    _forget_answers(until, counts)
    _delete_returned(counts)
    if not shutdown.is_requested():
        counts.update(_purge_rest(until))
    found = {name: count for name, count in sorted(counts.items()) if count}
    is_personal = any(found.get(name) for name in PERSONAL)
    if is_personal:
        audit.record(None, Action.PURGE, details=found)
    # An erasure since the last purge may have found the database busy, and not scrubbed.
    erased = ErasedPerson.objects.filter(erased_at__gte=timezone.now() - SCRUBBED_AGAIN)
    if shutdown.is_requested():
        return found
    if is_personal or erased.exists():
        scrub()
    update_statistics()
    truncate_wal()
    return found


def _count(until: Cutoffs) -> dict[str, int]:
    counts = {
        "pushes": expired_pushes(until.people).count(),
        "undecided": expired_pushes(until.people).undecided().count(),
        "profiles": expired_profiles(until.people).count(),
        "payloads": _expired_payloads(until).count(),
        "reasons": _expired_reasons(until).count(),
        "tasks": Task.objects.filter(stopped__lt=until.queue).count(),
        "drafts": _expired_drafts(until).count(),
        "audit_entries": AuditEntry.objects.filter(at__lt=until.log).count(),
    }
    return {name: count for name, count in counts.items() if count}


# --- people -------------------------------------------------------------------------------------


def expired_pushes(until: datetime) -> PushQuerySet[Push]:
    """Closed and undecided pushes of people without contact since `until`.

    A later push of the same profile is a contact, and so is what its index row tells (`_is_kept`).
    """
    others = Push.objects.filter(source=OuterRef("source"), profile_key=OuterRef("profile_key"))
    recent = others.filter(_is_recent(until))
    profiles = Profile.objects.filter(source=OuterRef("source"), key=OuterRef("profile_key"))
    kept = profiles.filter(_is_kept(until))
    ended = Push.objects.filter(Q(closed_at__lt=until) | Q(status=PushStatus.UNCONFIRMED))
    return ended.filter(~Exists(recent), ~Exists(kept)).order_by("pk")


def expired_profiles(until: datetime) -> QuerySet[Profile]:
    """Profiles without contact since `until`, and without a push since."""
    pushes = Push.objects.filter(source=OuterRef("source"), profile_key=OuterRef("key"))
    recent = pushes.filter(_is_recent(until))
    return Profile.objects.exclude(_is_kept(until)).filter(~Exists(recent)).order_by("pk")


def _is_recent(until: datetime) -> Q:
    """Pushes that are open, or were closed since `until`.

    One that waits for a person's decision counts only while it was changed since: otherwise a
    decision that nobody takes would keep the data for ever.
    """
    undecided = Q(status=PushStatus.UNCONFIRMED, updated_at__gte=until)
    return Q(status__in=ACTIVE) | undecided | Q(closed_at__gte=until)


def _is_kept(until: datetime) -> Q:
    """Profiles with a contact since `until`, or a consent that lasts.

    Rows from before contacts were recorded (`last_contact_at` is NULL) count by the time HrFlow
    last listed them.
    """
    known = Q(last_contact_at__gte=until) | Q(consent_until__gte=timezone.localdate())
    unknown = Q(last_contact_at=None) & (Q(seen_at__gte=until) | Q(seen_at=None))
    return known | unknown


def _purge_people(until: Cutoffs, counts: Counter[str]) -> Counter[str]:
    """Delete expired pushes, then expired profiles, then runs that are empty by now; returns
    `counts`."""
    for keys in _batches(expired_pushes(until.people), counts):
        with transaction.atomic():
            # Asked again, and locked: a person may have retried or decided one meanwhile.
            locked = expired_pushes(until.people).filter(pk__in=keys).select_for_update()
            pushes = Push.objects.filter(pk__in=[push.pk for push in locked.only("pk")])
            counts["undecided"] += pushes.undecided().count()
            # Who is in Flatchr, or may be, must not be sent there again once the row is gone.
            there = pushes.filter(status__in=(PushStatus.SUCCEEDED, PushStatus.UNCONFIRMED))
            marks = there.values_list("source_id", "profile_key", "vacancy_id")
            suppression.remember_pushed(list(marks))
            deleted, attempts = delete_pushes(pushes)
        counts.update(pushes=deleted, attempts=attempts)
    for keys in _batches(expired_profiles(until.people), counts):
        with transaction.atomic():
            deleted_rows = Profile.objects.filter(pk__in=keys).delete()[1]
            counts["profiles"] += deleted_rows.get("sync.Profile", 0)
    empty = Run.objects.filter(finished_at__lt=until.people, pushes=None).order_by("pk")
    for keys in _batches(empty, counts):
        gone = Run.objects.filter(pk__in=keys, pushes=None).delete()[1]
        counts["runs"] += gone.get("sync.Run", 0)
    return counts


def _batches(rows: QuerySet[Any], counts: Counter[str]) -> Iterator[list[int]]:
    """Primary keys of the rows, BATCH at a time; progress and a heartbeat before each batch.

    A batch is read when it is asked for, so that the former one may be deleted first. None comes
    once a stop is requested: the rest waits for the next purge.
    """
    last = 0
    while not shutdown.is_requested():
        keys = list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        report(PURGE, counts)
        yield keys
        last = keys[-1]


def _delete_returned(counts: Counter[str]) -> None:
    """Delete profiles of erased persons: an import that had read a page of HrFlow just before the
    erasure may have stored them again."""
    if not suppression.is_anybody_erased():
        return
    for keys in _batches(Profile.objects.order_by("pk"), counts):
        page = list(Profile.objects.filter(pk__in=keys).only("key", "email"))
        erased = suppression.erased_keys({profile.key: profile.email for profile in page})
        back = [profile.pk for profile in page if profile.key in erased]
        counts["returned"] += Profile.objects.filter(pk__in=back).delete()[0]


# --- the rest -----------------------------------------------------------------------------------


def _expired_payloads(until: Cutoffs) -> QuerySet[PushAttempt]:
    """Attempts that still hold what was sent and answered."""
    closed = PushAttempt.objects.filter(push__closed_at__lt=until.payloads)
    return closed.exclude(steps=[], message="").order_by()


def _expired_reasons(until: Cutoffs) -> QuerySet[Push]:
    """Pushes that still quote a peer's answer."""
    quoting = ~Q(error_message="") | ~Q(enrichment_error="") | Q(error_params__has_key="answer")
    return Push.objects.filter(quoting, closed_at__lt=until.payloads).order_by("pk")


def _forget_payloads(until: Cutoffs, counts: Counter[str]) -> None:
    """Remove what was sent and answered from the attempts that still hold it."""
    for keys in _batches(_expired_payloads(until).order_by("pk"), counts):
        held = PushAttempt.objects.filter(pk__in=keys)
        counts["payloads"] += held.update(steps=[], message="")


def _forget_answers(until: Cutoffs, counts: Counter[str]) -> None:
    """Remove the quoted answers from pushes.

    The error's code and other parameters stay, from which pages make the reason.
    """
    for keys in _batches(_expired_reasons(until), counts):
        with transaction.atomic():
            pushes = list(_expired_reasons(until).filter(pk__in=keys).select_for_update())
            for push in pushes:
                push.error_message = push.enrichment_error = ""
                push.error_params.pop("answer", None)
            Push.objects.bulk_update(pushes, QUOTING, batch_size=100)
        counts["reasons"] += len(pushes)


def _expired_drafts(until: Cutoffs) -> QuerySet[Run]:
    return Run.objects.filter(status=RunStatus.DRAFT, created_at__lt=until.drafts)


def _purge_rest(until: Cutoffs) -> dict[str, int]:
    """Delete expired sessions, tasks, drafts, log entries and cache entries."""
    session_store = import_module(settings.SESSION_ENGINE).SessionStore
    session_store.clear_expired()
    return {
        "tasks": Task.objects.filter(stopped__lt=until.queue)._raw_delete("default"),
        "drafts": _expired_drafts(until).delete()[1].get("sync.Run", 0),
        "audit_entries": AuditEntry.objects.order_by().forget_before(until.log),
        "log_entries": LogEntry.objects.filter(action_time__lt=until.log).delete()[0],
        "sign_ins": sum(
            model.objects.filter(attempt_time__lt=until.log).delete()[0] for model in SIGN_INS
        ),
        "cache": _purge_cache(),
    }


def _purge_cache() -> int:
    """Delete expired entries of the cache's table, which Django does only once it is full.

    Redis does it by itself.
    """
    config = settings.CACHES["default"]
    if not config["BACKEND"].endswith("DatabaseCache"):
        return 0
    table = connection.ops.quote_name(config["LOCATION"])
    with connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
        # The table's name is a setting, and quoted.
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # nosec B608
        return int(cursor.rowcount)
