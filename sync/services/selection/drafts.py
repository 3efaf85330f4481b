"""A selection being previewed: which of the ticked profiles would go to which vacancy.

It is stored as a draft run, not in a form, so it may hold thousands of profiles. What stands in the
way of each is read from the index of profiles, by one statement; nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import BooleanField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from sync.mapping.contact import is_email_dropped
from sync.models import (
    FlatchrVacancy,
    HrFlowSource,
    Profile,
    Push,
    Run,
    RunKind,
    RunProfile,
    RunStatus,
)
from sync.models.scope import AnyUser, sees_all
from sync.numbers import whole_number
from sync.services.pushing.blocking import IN_DRAFTS, Blocker, draft_blocker
from sync.services.pushing.dispatch import Dispatched, batches, dispatch

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Beyond this a recruiter's selection is a workflow; queueing it would outlast a web request.
MOST_PROFILES = 10_000
FORGOTTEN_AFTER = timedelta(days=1)


class TooManyError(Exception):
    """More profiles than one selection may hold; its argument says how many were asked for."""


class AlreadyConfirmedError(Exception):
    """The draft is gone: another click has confirmed or discarded it."""


# No tick can overrule these: the database holds one open or successful push, and no second.
FINAL = frozenset({Blocker.PUSHED})
_ORDINARY_EMAIL = r"^[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9][a-z0-9-]*[a-z0-9]\.)+[a-z]{2,}$"
# Of `rows`: those that a confirmation pushes.
IS_SENT = Q(excluded=False) & ~Q(blocker__in=FINAL)


@dataclass(frozen=True)
class Counts:
    """`sent`: what a confirmation pushes now. `blocked`: per blocker, whether a tick overrules it
    or not."""

    total: int
    sent: int
    blocked: Mapping[Blocker, int]
    without_email: int
    # With an address that cannot be sent (`mapping.contact.is_email_dropped`).
    dropped_email: int

    @property
    def left_out(self) -> int:
        return self.total - self.sent


# --- the selection ------------------------------------------------------------------------------


@transaction.atomic
def begin(profiles: QuerySet[Profile], *, user: User, vacancy: FlatchrVacancy | None = None) -> Run:
    """A draft run that holds these profiles; drafts that this person forgot are deleted.

    Raises TooManyError.
    """
    count = profiles.count()
    if count > MOST_PROFILES:
        raise TooManyError(count)
    old = timezone.now() - FORGOTTEN_AFTER
    Run.objects.filter(status=RunStatus.DRAFT, requested_by=user, created_at__lt=old).delete()
    run = Run.objects.create(kind=RunKind.BATCH, status=RunStatus.DRAFT, requested_by=user)
    _select(run, profiles)
    _set_excluded(rows(run).exclude(blocker=""), excluded=True)
    if vacancy is not None:
        choose_vacancy(run, vacancy)
    return run


@transaction.atomic
def add(run: Run, profiles: QuerySet[Profile]) -> int:
    """Add profiles to a draft; returns how many are new to it.

    Raises TooManyError, AlreadyConfirmedError.
    """
    check_is_there(run)
    chosen = RunProfile.objects.filter(run=run)
    more = profiles.exclude(pk__in=chosen.values("profile"))
    count, before = more.count(), chosen.count()
    if before + count > MOST_PROFILES:
        raise TooManyError(before + count)
    last = chosen.order_by("-pk").values_list("pk", flat=True).first() or 0
    _select(run, more)
    _set_excluded(rows(run).exclude(blocker="").filter(pk__gt=last), excluded=True)
    return count


def newest(user: AnyUser) -> Run | None:
    """The selection that a person left without confirming or discarding it; None without one.

    With its vacancy, and `chosen`: how many profiles are in it.
    """
    since = timezone.now() - FORGOTTEN_AFTER
    mine = Run.objects.filter(status=RunStatus.DRAFT, requested_by=user.pk, created_at__gte=since)
    return (
        mine.annotate(chosen=Count("selection")).select_related("vacancy").order_by("-pk").first()
    )


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
    every source of the selection is opened to. Who sees everything is not held to the latter."""
    vacancies = FlatchrVacancy.objects.for_user(user).open().select_related("company")
    if sees_all(user):
        return vacancies
    selected = RunProfile.objects.filter(run=run).order_by("profile__source_id")
    opened = HrFlowSource.companies.through.objects
    for source in selected.values_list("profile__source_id", flat=True).distinct():
        companies = opened.filter(hrflowsource_id=source).values("flatchrcompany_id")
        vacancies = vacancies.filter(company__in=companies)
    return vacancies


def drop_unseen(run: Run, user: AnyUser) -> None:
    """Take out the profiles and the vacancy that a person may no longer see: they may have left the
    company since, or a source was closed to it."""
    seen = Profile.objects.for_user(user).filter(pk=OuterRef("profile"))
    unseen = RunProfile.objects.filter(~Exists(seen), run=run)
    if not sees_all(user) and unseen.exists():
        unseen.delete()
    vacancies = FlatchrVacancy.objects.for_user(user)
    if run.vacancy_id and not vacancies.filter(pk=run.vacancy_id).exists():
        choose_vacancy(run, None)


@transaction.atomic
def choose_vacancy(run: Run, vacancy: FlatchrVacancy | None) -> None:
    """Leave out what is blocked at this vacancy, and bring back what was blocked only without a
    vacancy or at another one. What a person left out by hand stays out.

    Raises AlreadyConfirmedError.
    """
    check_is_there(run)
    _set_excluded(rows(run).exclude(blocker=""), excluded=False)
    run.vacancy = vacancy
    run.save(update_fields=["vacancy"])
    _set_excluded(rows(run).exclude(blocker=""), excluded=True)


def _set_excluded(selected: QuerySet[Any], *, excluded: bool) -> None:
    """Keys first, then batches: SQLite limits the parameters of a statement."""
    keys = list(selected.exclude(excluded=excluded).values_list("pk", flat=True))
    for batch in batches(keys, 500):
        RunProfile.objects.filter(pk__in=batch).update(excluded=excluded)


@transaction.atomic
def take(run: Run, *, shown: Iterable[str], taken: Iterable[str]) -> None:
    """Of the rows that were on the page, the ticked ones are pushed and the others are not.

    `shown`, `taken`: primary keys as the form has sent them; what is no number is ignored. Raises
    AlreadyConfirmedError.
    """
    check_is_there(run)
    ticked = set(taken)
    keys = [key for text in shown if (key := whole_number(text)) is not None]
    page = rows(run).filter(pk__in=keys)
    states = {row.pk: str(row.pk) not in ticked for row in page.exclude(blocker__in=FINAL)}
    for excluded in (True, False):
        keys = [pk for pk, wanted in states.items() if wanted is excluded]
        RunProfile.objects.filter(run=run, pk__in=keys).update(excluded=excluded)


# --- what stands in the way ---------------------------------------------------------------------


def rows(run: Run) -> QuerySet[Any]:
    """The selection by name, each row with its `blocker`: a `Blocker`'s value, or empty."""
    return (
        RunProfile.objects.filter(run=run)
        .annotate(blocker=draft_blocker(run))
        .select_related("profile__source")
        .order_by("profile__full_name", "pk")
    )


def counts(run: Run) -> Counts:
    """Count the whole selection, in one statement."""
    found = rows(run).aggregate(
        total=Count("pk"),
        sent=Count("pk", filter=IS_SENT),
        without_email=Count("pk", filter=IS_SENT & Q(profile__email="")),
        **{code.value: Count("pk", filter=Q(blocker=code.value)) for code in IN_DRAFTS},
    )
    blocked = {code: found[code.value] for code in IN_DRAFTS if found[code.value]}
    return Counts(found["total"], found["sent"], blocked, found["without_email"], _dropped(run))


def _dropped(run: Run) -> int:
    """How many go without the e-mail that their profile shows. Ordinary addresses are told apart by
    the database, as there may be ten thousand."""
    shown = sent(run).exclude(profile__email="").exclude(profile__email__regex=_ORDINARY_EMAIL)
    return sum(map(is_email_dropped, shown.values_list("profile__email", flat=True)))


def sent(run: Run) -> QuerySet[Any]:
    return rows(run).filter(IS_SENT)


def left_out(run: Run) -> QuerySet[Any]:
    return rows(run).exclude(IS_SENT)


def earlier_pushes(run: Run, page: Sequence[RunProfile], user: AnyUser) -> dict[int, list[Push]]:
    """By the primary key of each profile on the page: its pushes to the chosen vacancy that this
    person may see, newest first; in one statement."""
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
    """Queue what is ticked, one run a source, oldest profile first, and delete the draft.

    Raises AlreadyConfirmedError where another click was faster.
    """
    check_is_there(run)
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


@transaction.atomic
def check_is_there(run: Run) -> None:
    """Lock a draft that is about to change, until the transaction ends.

    Raises AlreadyConfirmedError where another tab, or another click, was faster.
    """
    drafts = Run.objects.select_for_update().filter(pk=run.pk, status=RunStatus.DRAFT)
    if drafts.first() is None:
        raise AlreadyConfirmedError


def discard(run: Run) -> None:
    """Delete a draft. Raises AlreadyConfirmedError where it is gone already."""
    deleted, _by_model = Run.objects.filter(pk=run.pk, status=RunStatus.DRAFT).delete()
    if not deleted:
        raise AlreadyConfirmedError
