"""Erasing a person, and handing out what is held of one (GDPR, articles 17 and 15)."""

from __future__ import annotations

import json
import logging
import secrets
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from redis import RedisError

from sync.models import Action, DailyCount, Epoch, Push, PushAttempt, Run, WorkerGroup
from sync.models.runs import APPLICANTS_KEPT_SECONDS
from sync.services.privacy import maintenance, personal_data, suppression
from sync.services.privacy.personal_data import PersonalData
from sync.services.queue import notify
from sync.services.security import audit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# Columns that are about the work of a push and not about the person; an export leaves them out.
INTERNAL = frozenset({"claim_token", "lease_expires_at", "worker"})


@dataclass(frozen=True)
class SentTo:
    """A vacancy in Flatchr that the person was sent to, where they must be erased as well."""

    company: str
    vacancy: str
    applicant_id: str


@dataclass(frozen=True)
class Receipt:
    """What an erasure did. The audit log keeps `number`, the date and `counts`, nothing else.

    `counts`: deleted or changed rows by kind. `scrubbed`: whether the deleted rows are off the disk
    already; a task or the next purge does it otherwise.
    """

    number: str
    counts: dict[str, int]
    sent_to: list[SentTo] = field(default_factory=list)
    scrubbed: bool = True


# --- access -------------------------------------------------------------------------------------


def export_candidate(
    *, email: str = "", profile_key: str = "", user: User | None = None, force: bool = False
) -> dict[str, Any]:
    """All that is held of a person, by kind, as plain data for JSON. Raises SharedMarkError."""
    held = personal_data.find(email=email, profile_key=profile_key, force=force)
    audit.record(user, Action.EXPORT_PERSON, details={"profiles": held.profiles.count()})
    return {
        "exported_at": timezone.now().isoformat(),
        "profiles": _rows(held.profiles),
        "pushes": _rows(held.pushes),
        "attempts": _rows(held.attempts),
        "runs": _rows(held.runs),
        "selections": _rows(held.selections),
        "sent_to": [asdict(one) for one in _sent_to(held)],
        **personal_data.find_mentions(held).as_texts(),
        "erased_before": suppression.is_erased(email, profile_key),
    }


def _rows(queryset: QuerySet[Any]) -> list[dict[str, Any]]:
    names = [field.attname for field in queryset.model._meta.fields if field.name not in INTERNAL]
    rows = list(queryset.select_related(None).values(*names))
    found: list[dict[str, Any]] = json.loads(json.dumps(rows, cls=DjangoJSONEncoder))
    return found


def _sent_to(held: PersonalData) -> list[SentTo]:
    return [
        SentTo(push.vacancy.company.name, push.vacancy.title, push.applicant_id)
        for push in held.sent_to
    ]


# --- erasure ------------------------------------------------------------------------------------


def erase_candidate(
    *,
    email: str = "",
    profile_key: str = "",
    user: User | None = None,
    force: bool = False,
    wait: bool = True,
) -> Receipt:
    """Delete a person everywhere, so that no import, event or push brings them back.

    The suppression list is committed first: an import or push that runs at the same time finds the
    person on it. Where the person was sent to is read after that, from locked rows: a push that was
    faster is among them, and one that was not loses its row, and with it the right to send.
    `wait`: for the rows to leave the disk, which takes minutes in a large database; else a task
    does it. Raises SharedMarkError.
    """
    number = secrets.token_hex(8)
    for _ in range(2):  # What came in before the first time was committed is found by the second.
        held = personal_data.find(email=email, profile_key=profile_key, force=force)
        suppression.remember(held.emails, held.keys, number)
    with transaction.atomic():
        list(held.pushes.select_related(None).select_for_update())
        sent_to = _sent_to(held)
        counts = Counter(personal_data.find_mentions(held).wipe())
        _forget_searches(held.pushes)
        _forget_known_applicants(held.pushes)
        counts["pushes"], counts["attempts"] = delete_pushes(held.pushes)
        counts["selections"] = held.selections.delete()[0]
        counts["profiles"] = held.profiles.delete()[0]
        done = {kind: count for kind, count in sorted(counts.items()) if count}
        audit.record(user, Action.ERASE, label=number, details=done)
    if not wait:
        transaction.on_commit(lambda: notify.task(notify.SCRUB), robust=True)
    return Receipt(number, done, sent_to, scrubbed=wait and maintenance.scrub_alone())


def _forget_searches(pushes: QuerySet[Push]) -> None:
    """Delete the cached lists of who is on the vacancies of these pushes.

    They hold keyed digests, and expire by themselves after APPLICANTS_KEPT_SECONDS.
    """
    vacancies = {push.vacancy_id for push in pushes}
    since = timezone.now() - timedelta(seconds=APPLICANTS_KEPT_SECONDS)
    runs = Run.objects.filter(vacancy__in=vacancies, created_at__gte=since)
    epoch = Epoch.objects.current().token
    groups = ["", *WorkerGroup.objects.values_list("worker_id", flat=True)]
    keys = [
        Run.applicants_cache_key(run.pk, run.vacancy_id, epoch=epoch, worker_id=group)
        for run in runs.only("pk", "vacancy_id")
        for group in groups
    ]
    try:
        cache.delete_many(keys)
    except RedisError as error:
        logger.warning("erasure: the cache is away, its digests go by themselves: %s", error)


def _forget_known_applicants(pushes: QuerySet[Push]) -> None:
    """Take the person's applicants out of the `known_applicants` of other people's pushes."""
    gone = {push.applicant_id for push in pushes} - {""}
    vacancies = {push.vacancy_id for push in pushes}
    others = Push.objects.filter(vacancy__in=vacancies).exclude(known_applicants=[])
    for push in others.exclude(pk__in=pushes.values("pk")).only("known_applicants"):
        if gone & set(push.known_applicants):
            kept = [one for one in push.known_applicants if one not in gone]
            Push.objects.filter(pk=push.pk).update(known_applicants=kept)


def delete_pushes(pushes: QuerySet[Push]) -> tuple[int, int]:
    """Delete pushes and their attempts, keeping the number of pushes by day, vacancy and status.

    Returns how many pushes and attempts were deleted. To be called in a transaction.
    """
    keys = list(pushes.order_by().values_list("pk", flat=True))
    if not keys:
        return 0, 0
    rows = Push.objects.filter(pk__in=keys).order_by()
    days = rows.annotate(day=TruncDate("created_at")).values_list("day", "vacancy", "status")
    for day, vacancy, status, number in days.annotate(number=models.Count("pk")):
        DailyCount.objects.add(day, vacancy, status, number)
    runs = set(rows.values_list("run_id", flat=True))
    attempts = PushAttempt.objects.filter(push__in=keys)._raw_delete(rows.db)
    # One statement for all: pushes that repeat each other are checked at its end.
    deleted = rows._raw_delete(rows.db)
    # Answers to a vacancy's questions were given for the people of the run, who are gone.
    empty = Run.objects.filter(pk__in=runs, pushes=None).exclude(answers=[])
    Run.objects.filter(pk__in=list(empty.values_list("pk", flat=True))).update(answers=[])
    Run.objects.finish_done()
    return deleted, attempts
