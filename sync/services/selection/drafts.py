"""A selection being previewed: which of the ticked profiles would go to which vacancy.

It lives on a draft run, not in a form, so that five thousand are no more trouble than one. What
stops or warns is read from the index at once; the exact candidate of one row is made live on
demand, and nothing is ever sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
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

from sync.models import (
    FlatchrVacancy,
    HrFlowSource,
    Profile,
    Push,
    ResumePolicy,
    Run,
    RunKind,
    RunProfile,
    RunStatus,
)
from sync.models.scope import AnyUser, sees_all
from sync.models.states import PushStatus
from sync.numbers import whole_number
from sync.services.pushing.dispatch import Dispatched, dispatch

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Beyond this a recruiter's selection is a workflow; queueing it would outlast a web request.
MOST_PROFILES = 10_000
FORGOTTEN_AFTER = timedelta(days=1)


class TooManyError(Exception):
    """More profiles than one selection may hold; its argument says how many were asked for."""


class AlreadyConfirmedError(Exception):
    """The draft is gone: another click has confirmed or discarded it."""


class Blocker(TextChoices):
    """Why a profile is left out, as far as the index knows."""

    PUSHED = "pushed", _("already pushed")
    THERE = "there", _("already there")
    GONE = "gone", _("no longer in HrFlow")
    CONSENT = "consent", _("may no longer be contacted")
    NAME = "name", _("no name")
    RESUME = "resume", _("no CV")


# No tick can lift this one: the database holds one open or successful push, and no second.
FINAL = frozenset({Blocker.PUSHED})
NOBODY = Q(pk__in=[])


@dataclass(frozen=True)
class Counts:
    """`sent`: what a confirmation pushes now. `blocked`: per blocker, ticked again or not."""

    total: int
    sent: int
    blocked: Mapping[Blocker, int]
    without_email: int

    @property
    def left_out(self) -> int:
        return self.total - self.sent


# --- the selection ------------------------------------------------------------------------------


@transaction.atomic
def begin(profiles: QuerySet[Profile], *, user: User, vacancy: FlatchrVacancy | None = None) -> Run:
    """A draft run that holds these profiles. Raises TooManyError."""
    count = profiles.count()
    if count > MOST_PROFILES:
        raise TooManyError(count)
    _forget_old(user)
    run = Run.objects.create(kind=RunKind.BATCH, status=RunStatus.DRAFT, requested_by=user)
    _select(run, profiles)
    _leave_out_blocked(run)
    if vacancy is not None:
        choose_vacancy(run, vacancy)
    return run


@transaction.atomic
def add(run: Run, profiles: QuerySet[Profile]) -> int:
    """More profiles for a draft; returns how many are new to it. Raises TooManyError."""
    chosen = RunProfile.objects.filter(run=run)
    more = profiles.exclude(pk__in=chosen.values("profile"))
    count, before = more.count(), chosen.count()
    if before + count > MOST_PROFILES:
        raise TooManyError(before + count)
    last = chosen.order_by("-pk").values_list("pk", flat=True).first() or 0
    _select(run, more)
    _set(rows(run).exclude(blocker="").filter(pk__gt=last), excluded=True)
    return count


def newest(user: AnyUser) -> Run | None:
    """The selection a person left without confirming or discarding it."""
    since = timezone.now() - FORGOTTEN_AFTER
    mine = Run.objects.filter(status=RunStatus.DRAFT, requested_by=user.pk, created_at__gte=since)
    return (
        mine.annotate(chosen=Count("selection")).select_related("vacancy").order_by("-pk").first()
    )


def _leave_out_blocked(run: Run) -> None:
    _set(rows(run).exclude(blocker=""), excluded=True)


def _forget_old(user: User) -> None:
    old = timezone.now() - FORGOTTEN_AFTER
    Run.objects.filter(status=RunStatus.DRAFT, requested_by=user, created_at__lt=old).delete()


def _select(run: Run, profiles: QuerySet[Profile]) -> None:
    """One INSERT … SELECT: the rows never leave the database."""
    chosen = profiles.order_by().values_list(
        Value(run.pk), "pk", Value(False, output_field=BooleanField())
    )
    sql, params = chosen.query.sql_with_params()
    table = connection.ops.quote_name(RunProfile._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (run_id, profile_id, excluded) {sql}", params)


def offered_vacancies(run: Run, user: AnyUser) -> QuerySet[FlatchrVacancy]:
    """Open vacancies a person may push this selection to: of their companies, and of those that
    the profiles' sources are opened to. Who sees everything is not held to the latter."""
    vacancies = FlatchrVacancy.objects.for_user(user).open().select_related("company")
    if sees_all(user):
        return vacancies
    for source in sources_of(run):
        vacancies = vacancies.filter(
            company__in=HrFlowSource.companies.through.objects.filter(
                hrflowsource_id=source
            ).values("flatchrcompany_id")
        )
    return vacancies


def sources_of(run: Run) -> list[int]:
    keys = RunProfile.objects.filter(run=run).order_by("profile__source_id")
    return list(keys.values_list("profile__source_id", flat=True).distinct())


def drop_unseen(run: Run, user: AnyUser) -> None:
    """Its maker may have left the company since, or a source was closed to it."""
    seen = Profile.objects.for_user(user).filter(pk=OuterRef("profile"))
    unseen = RunProfile.objects.filter(~Exists(seen), run=run)
    if not sees_all(user) and unseen.exists():
        unseen.delete()
    vacancies = FlatchrVacancy.objects.for_user(user)
    if run.vacancy_id and not vacancies.filter(pk=run.vacancy_id).exists():
        choose_vacancy(run, None)


@transaction.atomic
def choose_vacancy(run: Run, vacancy: FlatchrVacancy | None) -> None:
    """What blocks is left out, what blocked without it or for another one only comes back; what a
    person left out by hand stays out."""
    _set(rows(run).exclude(blocker=""), excluded=False)
    run.vacancy = vacancy
    run.save(update_fields=["vacancy"])
    _leave_out_blocked(run)


def _set(selected: QuerySet[Any], *, excluded: bool) -> None:
    keys = list(selected.exclude(excluded=excluded).values_list("pk", flat=True))
    for start in range(0, len(keys), 500):
        RunProfile.objects.filter(pk__in=keys[start : start + 500]).update(excluded=excluded)


def take(run: Run, *, shown: Iterable[str], taken: Iterable[str]) -> None:
    """Of the rows that were on the page, the ticked ones are pushed and the others are not."""
    ticked = set(taken)
    keys = [key for text in shown if (key := whole_number(text)) is not None]
    page = rows(run).filter(pk__in=keys)
    states = {row.pk: str(row.pk) not in ticked for row in page.exclude(blocker__in=FINAL)}
    for excluded in (True, False):
        keys = [pk for pk, wanted in states.items() if wanted is excluded]
        RunProfile.objects.filter(run=run, pk__in=keys).update(excluded=excluded)


# --- what stops, what warns ---------------------------------------------------------------------


def rows(run: Run) -> QuerySet[Any]:
    """The selection, each row with its `blocker` (empty: none)."""
    return (
        RunProfile.objects.filter(run=run)
        .annotate(blocker=_blocker(run))
        .select_related("profile__source")
        .order_by("profile__full_name", "pk")
    )


def _blocker(run: Run) -> Case:
    to_vacancy = Push.objects.filter(
        source=OuterRef("profile__source"),
        profile_key=OuterRef("profile__key"),
        vacancy=run.vacancy_id or 0,
    )
    conditions: dict[Blocker, Any] = {
        Blocker.PUSHED: Exists(to_vacancy.blocking()),
        Blocker.THERE: Exists(to_vacancy.filter(status=PushStatus.ALREADY_THERE)),
        Blocker.GONE: Q(profile__archived_at__isnull=False),
        Blocker.CONSENT: _not_to_be_contacted(run),
        Blocker.NAME: Q(profile__full_name=""),
        Blocker.RESUME: Q(profile__has_resume=False) if _wants_resume(run) else NOBODY,
    }
    whens = [When(condition, then=Value(code.value)) for code, condition in conditions.items()]
    return Case(*whens, default=Value(""), output_field=CharField())


def _not_to_be_contacted(run: Run) -> Q:
    """The company's rule (`sync.mapping.consent`), as far as the index knows."""
    days = run.vacancy.company.contact_within_days if run.vacancy else None
    if days is None:
        return NOBODY
    today = timezone.now()
    ended = Q(profile__consent_until__lt=today.date())
    old = Q(profile__last_contact_at__lt=today - timedelta(days=days))
    unknown = Q(profile__last_contact_at=None)
    return ended | (Q(profile__consent_until=None) & (old | unknown))


def _wants_resume(run: Run) -> bool:
    policy = run.resume_policy or (run.vacancy.company.resume_policy if run.vacancy else "")
    return policy != ResumePolicy.GENERATE


def counts(run: Run) -> Counts:
    """Of the whole selection, in one statement."""
    found = rows(run).aggregate(
        total=Count("pk"),
        sent=Count("pk", filter=_is_sent()),
        without_email=Count("pk", filter=_is_sent() & Q(profile__email="")),
        **{code.value: Count("pk", filter=Q(blocker=code.value)) for code in Blocker},
    )
    blocked = {code: found[code.value] for code in Blocker if found[code.value]}
    return Counts(found["total"], found["sent"], blocked, found["without_email"])


def _is_sent() -> Q:
    return Q(excluded=False) & ~Q(blocker__in=FINAL)


def sent(run: Run) -> QuerySet[Any]:
    return rows(run).filter(_is_sent())


def left_out(run: Run) -> QuerySet[Any]:
    return rows(run).exclude(_is_sent())


def earlier_pushes(run: Run, page: Sequence[RunProfile], user: AnyUser) -> dict[int, list[Push]]:
    """By profile: what was pushed to the chosen vacancy before, newest first; one statement."""
    by_key = {(row.profile.source_id, row.profile.key): row.profile_id for row in page}
    pushes = Push.objects.for_user(user).filter(
        vacancy=run.vacancy_id, profile_key__in=[key for _source, key in by_key]
    )
    found: dict[int, list[Push]] = {}
    for push in pushes.select_related("requested_by").order_by("-pk"):
        profile = by_key.get((push.source_id, push.profile_key))
        if profile is not None:
            found.setdefault(profile, []).append(push)
    return found


# --- the end of a draft -------------------------------------------------------------------------


@transaction.atomic
def confirm(run: Run, *, user: User, answers: Sequence[dict[str, Any]] = ()) -> list[Dispatched]:
    """Queue what is ticked, one run a source, and forget the draft.

    Raises AlreadyConfirmedError where another click was faster.
    """
    vacancy = run.vacancy
    assert vacancy is not None
    by_source: dict[int, list[str]] = {}
    chosen = sent(run).order_by("profile__remote_created_at", "pk")
    for source, key in chosen.values_list("profile__source_id", "profile__key"):
        by_source.setdefault(source, []).append(key)
    discard(run)
    sources = HrFlowSource.objects.in_bulk(by_source)
    return [
        dispatch(
            source=sources[source],
            vacancy=vacancy,
            keys=keys,
            kind=RunKind.BATCH,
            requested_by=user,
            answers=answers,
        )
        for source, keys in by_source.items()
    ]


def discard(run: Run) -> None:
    """Raises AlreadyConfirmedError where it is gone already."""
    deleted, _by_model = Run.objects.filter(pk=run.pk, status=RunStatus.DRAFT).delete()
    if not deleted:
        raise AlreadyConfirmedError
