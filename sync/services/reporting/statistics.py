"""The numbers people look at: pushes by day and state, a run's progress, the failure inbox.

Only reading, and always over a window that an index serves, so that a million pushes stay quick.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.utils import timezone

from sync.models import FlatchrCompany, FlatchrVacancy, Push, Run, RunStatus
from sync.models.states import ACTIVE, OPEN, PushStatus

S = PushStatus
IN_FLATCHR = (S.SUCCEEDED, S.ALREADY_THERE)
CHART_DAYS = 14
# A failure that nobody touched for this long is history, not a task.
INBOX_DAYS = 30
MOST_GROUPS = 100
# Fewer closed pushes say nothing about the rate.
FEWEST_FOR_A_RATE = 3


@dataclass(frozen=True)
class Tally:
    """Counts by state, and what they add up to."""

    counts: Mapping[str, int] = field(default_factory=dict)

    def of(self, *states: str) -> int:
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def in_flatchr(self) -> int:
        return self.of(*IN_FLATCHR)

    @property
    def failed(self) -> int:
        return self.of(S.FAILED)

    @property
    def active(self) -> int:
        return self.of(*ACTIVE)

    @property
    def unconfirmed(self) -> int:
        return self.of(S.UNCONFIRMED)

    @property
    def success_rate(self) -> float | None:
        """Percent of those that ended well or badly; cancelled and left out are neither."""
        ended = self.in_flatchr + self.failed
        return 100 * self.in_flatchr / ended if ended else None


def add(tallies: Iterable[Tally]) -> Tally:
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update(tally.counts)
    return Tally(total)


# --- days ---------------------------------------------------------------------------------------


def midnight(day: date) -> datetime:
    """When a day begins in the time zone people live in; days of 23 and 25 hours included."""
    return timezone.make_aware(datetime.combine(day, time.min))


def after(day: date) -> datetime:
    """When the next day begins."""
    return midnight(day + timedelta(days=1))


def first_day(days: int) -> date:
    """The first of the last `days` days, today included."""
    return timezone.localdate() - timedelta(days=days - 1)


@dataclass(frozen=True)
class Day:
    day: date
    tally: Tally


def by_day(pushes: QuerySet[Push], days: int = CHART_DAYS) -> list[Day]:
    """Pushes asked for on each of the last `days` days, by state, in one statement.

    A range a day, each with both ends: a truncated date costs SQLite a Python call a row, and with
    one end alone its planner walks the index of states instead.
    """
    wanted = [first_day(days) + timedelta(days=number) for number in range(days)]
    parts = [_states_on(pushes, day, number) for number, day in enumerate(wanted)]
    rows = parts[0].union(*parts[1:], all=True) if days > 1 else parts[0]
    counts: list[dict[str, int]] = [{} for _ in wanted]
    for number, status, count in rows:
        counts[number][status] = count
    return [Day(day, Tally(counts[number])) for number, day in enumerate(wanted)]


def between(pushes: QuerySet[Push], first: date, last: date) -> QuerySet[Push]:
    """Asked for from `first` to `last`, both included."""
    return pushes.filter(created_at__gte=midnight(first), created_at__lt=after(last))


def _states_on(pushes: QuerySet[Push], day: date, number: int) -> Any:
    rows = between(pushes, day, day).order_by().annotate(day_number=Value(number))
    return rows.values_list("day_number", "status").annotate(Count("pk"))


def open_now(pushes: QuerySet[Push]) -> Tally:
    """What waits, runs, or needs a word of a person, however old."""
    return _tally(pushes.filter(status__in=OPEN))


def _tally(pushes: QuerySet[Push]) -> Tally:
    return Tally(dict(pushes.order_by().values_list("status").annotate(Count("pk"))))


def oldest_due(pushes: QuerySet[Push]) -> datetime | None:
    """Since when a push that could be carried has been waiting; None where nothing is late."""
    due: QuerySet[Push] = pushes.due()  # type: ignore[attr-defined]
    return due.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()


@dataclass(frozen=True)
class Top:
    """A vacancy and what was pushed to it."""

    vacancy: FlatchrVacancy
    tally: Tally


def top_vacancies(pushes: QuerySet[Push], days: int = CHART_DAYS, limit: int = 5) -> list[Top]:
    """The vacancies most pushed to in the last `days` days."""
    recent = between(pushes, first_day(days), timezone.localdate()).order_by()
    rows = recent.values_list("vacancy", "status").annotate(Count("pk"))
    counts: dict[int, Counter[str]] = {}
    for vacancy, status, count in rows:
        counts.setdefault(vacancy, Counter())[status] = count
    best = sorted(counts, key=lambda pk: (-counts[pk].total(), pk))[:limit]
    vacancies = FlatchrVacancy.objects.select_related("company").in_bulk(best)
    return [Top(vacancies[pk], Tally(counts[pk])) for pk in best]


# --- a run --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    run: Run
    tally: Tally

    @property
    def done(self) -> int:
        return self.tally.total - self.tally.active

    @property
    def total(self) -> int:
        return self.tally.total

    @property
    def is_over(self) -> bool:
        """Nothing left that a worker could move; the sweep may not have written it down yet."""
        return self.run.status == RunStatus.FINISHED or (
            self.run.is_complete and not self.tally.active
        )

    @property
    def seconds_left(self) -> int | None:
        """By the rate so far; None while there is none to speak of."""
        begun = self.run.started_at
        if self.is_over or begun is None or self.done < FEWEST_FOR_A_RATE:
            return None
        elapsed = (timezone.now() - begun).total_seconds()
        return max(1, round(elapsed / self.done * self.tally.active))


def progress(run: Run, pushes: QuerySet[Push]) -> Progress:
    """`pushes`: those the reader may see."""
    return Progress(run, _tally(pushes.filter(run=run)))


def progress_of(runs: Sequence[Run], pushes: QuerySet[Push]) -> dict[int, Progress]:
    """Of all runs of a list page, in one statement."""
    rows = pushes.filter(run__in=[run.pk for run in runs]).order_by()
    counts: dict[int, dict[str, int]] = {run.pk: {} for run in runs}
    for run_id, status, count in rows.values_list("run", "status").annotate(Count("pk")):
        counts[run_id][status] = count
    return {run.pk: Progress(run, Tally(counts[run.pk])) for run in runs}


# --- the failure inbox --------------------------------------------------------------------------


@dataclass(frozen=True)
class Cause:
    """What pushes of one group have in common."""

    status: str
    code: str
    # What the last try met, where the code is only "too many attempts" or "too late".
    last: str
    # None: of every company.
    company: int | None = None

    def narrow(self, pushes: QuerySet[Push]) -> QuerySet[Push]:
        last = Q(error_params__last=self.last) if self.last else Q(error_params__last__isnull=True)
        rows = pushes.filter(last, status=self.status, error_code=self.code)
        return rows if self.company is None else rows.filter(vacancy__company=self.company)


@dataclass(frozen=True)
class Group:
    """Pushes that wait for a person, of one cause."""

    cause: Cause
    count: int
    newest: Push

    @property
    def company(self) -> FlatchrCompany:
        return self.newest.vacancy.company


def to_deal_with(pushes: QuerySet[Push]) -> QuerySet[Push]:
    """Unconfirmed, or failed of late; not those whose profile was pushed there again since."""
    since = midnight(first_day(INBOX_DAYS))
    needs = Q(status=S.UNCONFIRMED) | Q(status=S.FAILED, created_at__gte=since)
    # The plain list of states lets the index on them be used; the rest is checked by row.
    return pushes.filter(needs, status__in=(S.UNCONFIRMED, S.FAILED)).latest_of_each()  # type: ignore[attr-defined, no-any-return]


def groups_of(pushes: QuerySet[Push]) -> list[Group]:
    """Of pushes to deal with, by cause: what needs a decision first, then the largest."""
    rows = list(
        pushes.order_by()
        .values_list("status", "error_code", KT("error_params__last"), "vacancy__company")
        .annotate(count=Count("pk"), newest=Max("pk"))
        .order_by("-status", "-count")[:MOST_GROUPS]
    )
    newest = Push.objects.select_related("vacancy__company").in_bulk([row[-1] for row in rows])
    return [
        Group(Cause(status, code, last or "", company), count, newest[pk])
        for status, code, last, company, count, pk in rows
        if pk in newest
    ]
