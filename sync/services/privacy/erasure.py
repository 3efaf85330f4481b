"""Erasing a person, and handing out what is held of one (GDPR, articles 15 and 17)."""

from __future__ import annotations

import json
import logging
import secrets
from collections import Counter
from collections.abc import Iterable
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

from sync.models import (
    Action,
    DailyCount,
    Profile,
    Push,
    PushAttempt,
    Run,
)
from sync.models.runs import APPLICANTS_KEPT_SECONDS
from sync.services.privacy import mentions, personal_data, suppression
from sync.services.privacy.database_files import scrub
from sync.services.privacy.personal_data import PersonalData
from sync.services.security import audit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# Ours alone, and of no use to a person who asks for their data.
INTERNAL = frozenset({"claim_token", "lease_expires_at", "worker"})


@dataclass(frozen=True)
class SentTo:
    """A vacancy the person was sent to, so that they can be erased there as well."""

    company: str
    vacancy: str
    applicant_id: str


@dataclass(frozen=True)
class Receipt:
    """What an erasure did. Only its number, its date and the counts are kept (audit log)."""

    number: str
    counts: dict[str, int]
    sent_to: list[SentTo] = field(default_factory=list)
    scrubbed: bool = True

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


# --- access -------------------------------------------------------------------------------------


def export_candidate(
    *, email: str = "", profile_key: str = "", user: User | None = None, force: bool = False
) -> dict[str, Any]:
    """All that is held of a person, ready for JSON. Raises SharedMarkError."""
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
        **mentions.find(held).told(),
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
    *, email: str = "", profile_key: str = "", user: User | None = None, force: bool = False
) -> Receipt:
    """Delete a person everywhere, and see to it that no import, event or push brings them back.

    The list is committed first: whoever is about to store the person meets it. A push on its way
    loses its row, so that nothing is sent any more. Raises SharedMarkError.
    """
    held = personal_data.find(email=email, profile_key=profile_key, force=force)
    number = secrets.token_hex(8)
    sent_to = _sent_to(held)
    suppression.remember(held.emails, held.keys, number)
    with transaction.atomic():
        counts = _delete(held)
        audit.record(user, Action.ERASE, label=number, details=counts)
    return Receipt(number, counts, sent_to, scrubbed=scrub())


def _delete(held: PersonalData) -> dict[str, int]:
    counts = Counter(mentions.find(held).wipe())
    _forget_searches(held)
    _forget_applicants(held)
    profiles = list(held.profiles.values_list("pk", flat=True))
    counts["pushes"], counts["attempts"] = delete_pushes(held.pushes)
    counts["selections"] = held.selections.delete()[0]
    counts["profiles"] = Profile.objects.filter(pk__in=profiles).delete()[0]
    return {name: count for name, count in sorted(counts.items()) if count}


def _forget_searches(held: PersonalData) -> None:
    """What searches showed is kept as keyed digests, and for an hour."""
    kept = timedelta(seconds=APPLICANTS_KEPT_SECONDS)
    keys = list(personal_data.search_cache_keys(held.pushes, kept))
    try:
        cache.delete_many(keys)
    except RedisError as error:
        logger.warning("erasure: the cache is away, its digests go by themselves: %s", error)


def _forget_applicants(held: PersonalData) -> None:
    """Other pushes to the same vacancies may list the person's applicant as a namesake."""
    gone = {push.applicant_id for push in held.pushes} - {""}
    vacancies = {push.vacancy_id for push in held.pushes}
    others = Push.objects.filter(vacancy__in=vacancies).exclude(known_applicants=[])
    for push in others.exclude(pk__in=held.pushes.values("pk")).only("known_applicants"):
        if gone & set(push.known_applicants):
            kept = [one for one in push.known_applicants if one not in gone]
            Push.objects.filter(pk=push.pk).update(known_applicants=kept)


def delete_pushes(pushes: QuerySet[Push]) -> tuple[int, int]:
    """Delete pushes and their attempts, keeping counts by day; returns how many of each.

    In one statement, whatever repeats whatever: the database checks references at the end.
    """
    keys = list(pushes.order_by().values_list("pk", flat=True))
    if not keys:
        return 0, 0
    rows = Push.objects.filter(pk__in=keys)
    _count_days(rows)
    runs = set(rows.order_by().values_list("run_id", flat=True))
    attempts = PushAttempt.objects.filter(push__in=keys)._raw_delete(rows.db)
    deleted = rows.order_by()._raw_delete(rows.db)
    _tidy_runs(runs)
    return deleted, attempts


def _count_days(pushes: QuerySet[Push]) -> None:
    days = pushes.order_by().annotate(day=TruncDate("created_at"))
    counted = days.values_list("day", "vacancy", "status").annotate(number=models.Count("pk"))
    for day, vacancy, status, number in counted:
        DailyCount.objects.add(day, vacancy, status, number)


def _tidy_runs(runs: Iterable[int]) -> None:
    """The answers of a run that is empty now were given for the people who are gone."""
    empty = Run.objects.filter(pk__in=runs, pushes=None).exclude(answers=[])
    Run.objects.filter(pk__in=list(empty.values_list("pk", flat=True))).update(answers=[])
    Run.objects.finish_done()
