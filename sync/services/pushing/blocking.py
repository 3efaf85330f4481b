"""What stands in the way of a push: one list of reasons, and who minds which.

A draft asks about rows of its selection, in SQL; dispatch and events ask about profile keys; a
transfer and a dry run ask whether the target takes any push at all.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, TextChoices, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sync.models import FlatchrVacancy, HrFlowSource, Push, ResumePolicy, Run, RunKind
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
AT_UPDATES = (Blocker.ERASED, Blocker.PUSHED, Blocker.THERE, Blocker.CANCELLED)
AT_ARRIVALS = (*AT_UPDATES, Blocker.FAILED)


def blocked_keys(
    source: HrFlowSource,
    vacancy: FlatchrVacancy,
    emails: Mapping[str, str],
    *,
    by: Collection[Blocker] = ALWAYS,
) -> dict[str, Blocker]:
    """The blocker of each profile key that has one.

    `emails`: by profile key, the addresses that the index knows (empty: none). `by`: the blockers
    that count, none of those that only the index knows.
    """
    reason_of = {status: reason for reason in by for status in EARLIER.get(reason, ())}
    pushes = Push.objects.filter(
        source=source, vacancy=vacancy, profile_key__in=emails, status__in=reason_of
    )
    earlier = [
        (reason_of[PushStatus(status)], key)
        for key, status in pushes.values_list("profile_key", "status")
    ]
    # The weakest reason first, so that a stronger one of the same key replaces it.
    found: dict[str, Blocker] = {}
    if Blocker.PURGED in by:
        purged = suppression.purged_keys(source, vacancy, list(emails))
        found |= dict.fromkeys(purged, Blocker.PURGED)
    weight = list(EARLIER).index
    found |= {key: reason for reason, key in sorted(earlier, key=lambda e: -weight(e[0]))}
    if Blocker.ERASED in by:
        found |= dict.fromkeys(suppression.erased_keys(emails), Blocker.ERASED)
    return found


def blocked_at_events(
    source: HrFlowSource, vacancy: FlatchrVacancy, updated: Mapping[str, bool]
) -> set[str]:
    """The keys that events do not push. `updated`: by profile key, whether an event says that the
    profile changed.

    What failed or was left out is tried again where the profile changed. A push that failed for an
    earlier event blocks no later one: HrFlow speaks of a profile before it can be read.
    """
    found = blocked_keys(source, vacancy, dict.fromkeys(updated, ""), by=AT_ARRIVALS)
    failed = {key for key, blocker in found.items() if blocker is Blocker.FAILED}
    earlier = Push.objects.filter(
        source=source,
        vacancy=vacancy,
        profile_key__in=[key for key in failed if not updated[key]],
        status__in=EARLIER[Blocker.FAILED],
    )
    others = earlier.exclude(status=PushStatus.FAILED, run__kind=RunKind.EVENT)
    return (found.keys() - failed) | set(others.values_list("profile_key", flat=True))


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
    is known, counts more than the last contact."""
    now = timezone.now()
    ended = Q(profile__consent_until__lt=now.date())
    old = Q(profile__last_contact_at__lt=now - timedelta(days=within_days))
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
