"""What stands in the way of a push: one list of reasons, and who minds which.

A draft asks about rows of its selection, in SQL; dispatch and events ask about profile keys; a
transfer and a dry run ask whether the target takes any push at all.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sync.mapping.profile import archived_at, content_mark, moment
from sync.models import FlatchrVacancy, HrFlowSource, Profile, Push, ResumePolicy, Run, RunKind
from sync.models.states import BLOCKING, PushStatus
from sync.services.privacy import suppression
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)


class Blocker(TextChoices):
    """Why a profile is not pushed to a vacancy; where several apply, the first counts."""

    ERASED = "erased", _("erased on request")
    # An earlier push of this profile to this vacancy, by its state (EARLIER).
    PUSHED = "pushed", _("already pushed")
    THERE = "there", _("already there")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")
    # It succeeded so long ago that its row was purged.
    PURGED = "purged", _("already pushed")
    # What the index of profiles says.
    GONE = "gone", _("no longer in HrFlow")
    CONSENT = "consent", _("may no longer be contacted")
    NAME = "name", _("no name")
    RESUME = "resume", _("no CV")


# Longer ago than any date that is read (`sync.mapping.profile`).
MOST_DAYS = 200 * 365
EARLIER: Mapping[Blocker, Collection[PushStatus]] = {
    Blocker.PUSHED: BLOCKING,
    Blocker.THERE: (PushStatus.ALREADY_THERE,),
    Blocker.CANCELLED: (PushStatus.CANCELLED,),
    Blocker.FAILED: (PushStatus.FAILED, PushStatus.DISCARDED),
}
# What the database would refuse, and whom nobody may push: whoever asks for it.
ALWAYS = (Blocker.ERASED, Blocker.PUSHED, Blocker.PURGED)
# What a draft shows before anything is queued.
IN_DRAFTS = (
    Blocker.PUSHED,
    Blocker.THERE,
    Blocker.GONE,
    Blocker.CONSENT,
    Blocker.NAME,
    Blocker.RESUME,
)
# Before a workflow queues the profile of an event: of a changed one, what failed is tried again;
# see `blocked_at_events`.
AT_UPDATES = (Blocker.ERASED, Blocker.PUSHED, Blocker.THERE, Blocker.CANCELLED, Blocker.GONE)
AT_ARRIVALS = (*AT_UPDATES, Blocker.FAILED)
# Before pushes are queued. A draft has shown the rest to a person, who decided; events have asked.
# A workflow decides alone: it never repeats what has ended, unless the profile has changed since.
BY_KIND: Mapping[str, Collection[Blocker]] = {
    RunKind.BATCH: ALWAYS,
    RunKind.EVENT: ALWAYS,
    RunKind.COMMAND: (*ALWAYS, Blocker.GONE),
    RunKind.WORKFLOW: (*ALWAYS, Blocker.THERE, Blocker.CANCELLED, Blocker.FAILED, Blocker.GONE),
}
UNLESS_CHANGED = (Blocker.THERE, Blocker.CANCELLED, Blocker.FAILED)
# A profile that was updated so shortly before its push may change again in the same second, which
# only its content tells.
JUST_UPDATED = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Seen:
    """A profile as HrFlow has just shown it. `is_archived`: None where that was not shown."""

    updated_at: datetime | None
    mark: str
    is_archived: bool | None

    @classmethod
    def of(cls, profile: Mapping[str, Any]) -> Seen:
        updated_at = moment(profile.get("updated_at"))
        is_recent = updated_at is not None and timezone.now() - updated_at < JUST_UPDATED
        mark = content_mark(profile) if is_recent else ""
        is_archived = archived_at(profile) is not None if "archived_at" in profile else None
        return cls(updated_at, mark, is_archived)

    def has_changed_since(self, push: Push) -> bool:
        """Whether it is another profile than the one that this closed push was about. One that a
        person has cancelled stays so until a change after that."""
        if self.updated_at is None:
            return False
        known, closed = push.profile_updated_at, push.closed_at or push.created_at
        if known is None:
            return self.updated_at > closed
        if push.status == PushStatus.CANCELLED and self.updated_at < closed.replace(microsecond=0):
            return False
        is_other = bool(push.profile_mark) and self.mark != push.profile_mark
        return self.updated_at > known or (self.updated_at == known and is_other)


def note_seen(push: Push, profile: Mapping[str, Any]) -> None:
    """Keep which state of its profile a push that ended without a candidate was about."""
    if profile:
        seen, row = Seen.of(profile), Push.objects.filter(pk=push.pk)
        row.update(profile_updated_at=seen.updated_at, profile_mark=seen.mark)


def blocked_keys(
    source: HrFlowSource,
    vacancy: FlatchrVacancy,
    emails: Mapping[str, str],
    *,
    by: Collection[Blocker] = ALWAYS,
    seen: Mapping[str, Seen] | None = None,
) -> dict[str, Blocker]:
    """The blocker of each profile key that has one.

    `emails`: by profile key, the addresses that the index knows (empty: none). `by`: the blockers
    that count, none of those that only a draft knows. `seen`: what HrFlow has just shown of some
    of the profiles; it counts more than the index, and a change may overrule an earlier push.
    """
    known = seen or {}
    pushes = Push.objects.filter(source=source, vacancy=vacancy)
    earlier = _earlier_pushes(pushes, emails, by, known)
    # The weakest reason first, so that a stronger one of the same key replaces it.
    found: dict[str, Blocker] = {}
    if Blocker.GONE in by:
        found |= dict.fromkeys(_gone(source, emails, known), Blocker.GONE)
    if Blocker.PURGED in by:
        purged = suppression.purged_keys(source, vacancy, list(emails))
        found |= dict.fromkeys(purged, Blocker.PURGED)
    weight = list(EARLIER).index
    found |= {key: reason for reason, key in sorted(earlier, key=lambda e: -weight(e[0]))}
    if Blocker.ERASED in by:
        found |= dict.fromkeys(suppression.erased_keys(emails), Blocker.ERASED)
    return found


def blocked_at_events(
    source: HrFlowSource,
    vacancy: FlatchrVacancy,
    updated: Mapping[str, bool],
    seen: Mapping[str, Seen],
) -> set[str]:
    """The keys that events do not push. `updated`: by profile key, whether an event says that the
    profile changed; `seen`: the profiles as the events show them.

    What failed or was left out is tried again where the profile changed. A push that failed for an
    earlier event blocks no later one: HrFlow speaks of a profile before it can be read.
    """
    found = blocked_keys(source, vacancy, dict.fromkeys(updated, ""), by=AT_ARRIVALS, seen=seen)
    failed = {key for key, blocker in found.items() if blocker is Blocker.FAILED}
    earlier = Push.objects.filter(
        source=source,
        vacancy=vacancy,
        profile_key__in=[key for key in failed if not updated[key]],
        status__in=EARLIER[Blocker.FAILED],
    )
    others = earlier.exclude(status=PushStatus.FAILED, run__kind=RunKind.EVENT)
    return (found.keys() - failed) | set(others.values_list("profile_key", flat=True))


def _earlier_pushes(
    pushes: QuerySet[Push], keys: Collection[str], by: Collection[Blocker], seen: Mapping[str, Seen]
) -> list[tuple[Blocker, str]]:
    """The reason and the key of each push that stands in the way."""
    reason_of = {status: reason for reason in by for status in EARLIER.get(reason, ())}
    earlier = pushes.filter(profile_key__in=keys, status__in=reason_of).only(
        "profile_key", "status", "profile_updated_at", "profile_mark", "created_at", "closed_at"
    )
    found = []
    for push in earlier:
        reason, now = reason_of[PushStatus(push.status)], seen.get(push.profile_key)
        if not (reason in UNLESS_CHANGED and now and now.has_changed_since(push)):
            found.append((reason, push.profile_key))
    return found


def _gone(source: HrFlowSource, keys: Iterable[str], seen: Mapping[str, Seen]) -> set[str]:
    """Those that HrFlow has archived or does not have any more."""
    shown = {key for key, one in seen.items() if one.is_archived is not None}
    unsure = set(keys) - shown
    gone = Profile.objects.filter(source=source, key__in=unsure, archived_at__isnull=False)
    return {key for key in shown if seen[key].is_archived} | set(gone.values_list("key", flat=True))


def draft_blocker(run: Run) -> Case:
    """An SQL expression over `RunProfile`: the value of each row's blocker, or an empty text."""
    company = run.vacancy.company if run.vacancy else None
    earlier = Push.objects.filter(
        source=OuterRef("profile__source"),
        profile_key=OuterRef("profile__key"),
        vacancy=run.vacancy_id or 0,
    )
    conditions: dict[Blocker, Any] = {
        reason: Exists(earlier.filter(status__in=EARLIER[reason]))
        for reason in (Blocker.PUSHED, Blocker.THERE)
    }
    conditions[Blocker.GONE] = Q(profile__archived_at__isnull=False)
    if company is not None and company.contact_within_days is not None:
        conditions[Blocker.CONSENT] = _not_to_be_contacted(company.contact_within_days)
    conditions[Blocker.NAME] = Q(profile__full_name="")
    policy = run.resume_policy or (company.resume_policy if company else "")
    if policy != ResumePolicy.GENERATE:
        conditions[Blocker.RESUME] = Q(profile__has_resume=False)
    whens = [When(conditions[one], then=Value(one.value)) for one in IN_DRAFTS if one in conditions]
    return Case(*whens, default=Value(""), output_field=CharField())


def _not_to_be_contacted(within_days: int) -> Q:
    """The company's rule (`sync.mapping.consent`), as far as the index knows: a consent, while it
    is known, counts more than the last contact. Days are those of the installation's zone."""
    today = timezone.localdate()
    days = timedelta(days=min(within_days, MOST_DAYS))
    ended = Q(profile__consent_until__lt=today)
    first_moment = timezone.make_aware(datetime.combine(today - days, time.min))
    old = Q(profile__last_contact_at__lt=first_moment)
    unknown = Q(profile__last_contact_at=None)
    return ended | (Q(profile__consent_until=None) & (old | unknown))


def target_problem(
    vacancy: FlatchrVacancy, source: HrFlowSource | None = None, profile_key: str = ""
) -> ErrorCode | None:
    """Why nothing may be pushed there, as far as rows that are loaded know; None: nothing does.

    Pure: it asks neither the database nor a peer. What is not given is not checked.
    """
    problems = {
        ErrorCode.COMPANY_INACTIVE: not vacancy.company.is_active,
        ErrorCode.SOURCE_INACTIVE: source is not None and not source.is_active,
        ErrorCode.PERSON_ERASED: suppression.is_placeholder(profile_key),
        ErrorCode.VACANCY_CLOSED: not vacancy.is_open,
    }
    return next((code for code, applies in problems.items() if applies), None)


def blocked_target(push: Push) -> ErrorCode | None:
    """`target_problem` of a push. One with an intent to create must be looked up whatever this
    says: its candidate may be in Flatchr already. What can change again (`HELD_BY`) lets the push
    wait; the rest ends it."""
    return target_problem(push.vacancy, push.source, push.profile_key)


def close_vacancy(push: Push) -> None:
    """Flatchr has refused this push because its vacancy is closed. So it is here, until the
    vacancies are fetched; what else waits for it is told why, and not sent in vain."""
    if push.vacancy.note_closed():
        logger.warning("vacancy %s: Flatchr says that it is closed", push.vacancy.slug)
        Push.objects.filter(vacancy=push.vacancy_id).note_held()
