"""The numbers people look at: pushes by day and state, a run's progress, the failure inbox.

Every query reads a range that an index serves, so it stays quick with a million pushes.
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
from sync.models.states import ACTIVE, PushStatus

S = PushStatus
IN_FLATCHR = (S.SUCCEEDED, S.ALREADY_THERE)
CHART_DAYS = 14
# An older failure is history, not a task.
INBOX_DAYS = 30
MOST_GROUPS = 100
# With fewer pushes done there is no rate to speak of.
FEWEST_FOR_A_RATE = 3


@dataclass
class Tally:
    """How many pushes are in each state, and what those counts add up to."""

    counts: Mapping[str, int] = field(default_factory=dict)
    total: int = field(init=False)
    in_flatchr: int = field(init=False)
    failed: int = field(init=False)
    # Waiting or running.
    active: int = field(init=False)
    unconfirmed: int = field(init=False)
    # Percent of those that ended well or badly; cancelled and left out are neither. None: none did.
    success_rate: float | None = field(init=False)

    def __post_init__(self) -> None:
        self.total = sum(self.counts.values())
        self.in_flatchr = self.of(*IN_FLATCHR)
        self.failed = self.of(S.FAILED)
        self.active = self.of(*ACTIVE)
        self.unconfirmed = self.of(S.UNCONFIRMED)
        ended = self.in_flatchr + self.failed
        self.success_rate = 100 * self.in_flatchr / ended if ended else None

    def of(self, *states: str) -> int:
        return sum(self.counts.get(state, 0) for state in states)


def add(tallies: Iterable[Tally]) -> Tally:
    return Tally(sum((Counter(tally.counts) for tally in tallies), Counter()))


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

    One range for each day, with both ends: a truncated date costs SQLite a Python call a row, and
    with one end alone its planner walks the index of states instead.
    """
    wanted = [first_day(days) + timedelta(days=number) for number in range(days)]
    parts = [
        between(pushes, day, day)
        .order_by()
        .annotate(day_number=Value(number))
        .values_list("day_number", "status")
        .annotate(Count("pk"))
        for number, day in enumerate(wanted)
    ]
    rows: Any = parts[0].union(*parts[1:], all=True) if days > 1 else parts[0]
    counts: list[dict[str, int]] = [{} for _ in wanted]
    for number, status, count in rows:
        counts[number][status] = count
    return [Day(day, Tally(counts[number])) for number, day in enumerate(wanted)]


def between(pushes: QuerySet[Push], first: date, last: date) -> QuerySet[Push]:
    """Asked for from `first` to `last`, both included."""
    return pushes.filter(created_at__gte=midnight(first), created_at__lt=after(last))


def tally(pushes: QuerySet[Push]) -> Tally:
    """Count pushes by state, in one statement."""
    return Tally(dict(pushes.order_by().values_list("status").annotate(Count("pk"))))


@dataclass(frozen=True)
class Top:
    """A vacancy, and the states of what was pushed to it."""

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
    """How far a run has come. `done` and `total`: of its pushes, those that a worker has ended or a
    person must decide, and all; `is_over`: a worker has nothing left to move, though the sweep may
    not have finished the run yet; `seconds_left`: at the rate so far, None while there is none."""

    run: Run
    tally: Tally
    total: int
    done: int
    is_over: bool
    seconds_left: int | None

    @classmethod
    def of(cls, run: Run, tally: Tally) -> Progress:
        done = tally.total - tally.active
        is_over = run.status == RunStatus.FINISHED or (run.is_complete and not tally.active)
        seconds_left = None
        if not is_over and run.started_at is not None and done >= FEWEST_FOR_A_RATE:
            elapsed = (timezone.now() - run.started_at).total_seconds()
            seconds_left = max(1, round(elapsed / done * tally.active))
        return cls(run, tally, tally.total, done, is_over, seconds_left)


def progress(run: Run, pushes: QuerySet[Push]) -> Progress:
    """`pushes`: those the reader may see."""
    return Progress.of(run, tally(pushes.filter(run=run)))


def progress_of(runs: Sequence[Run], pushes: QuerySet[Push]) -> dict[int, Progress]:
    """The progress of all runs of a list page, by primary key, in one statement."""
    rows = pushes.filter(run__in=[run.pk for run in runs]).order_by()
    counts: dict[int, dict[str, int]] = {run.pk: {} for run in runs}
    for run_id, status, count in rows.values_list("run", "status").annotate(Count("pk")):
        counts[run_id][status] = count
    return {run.pk: Progress.of(run, Tally(counts[run.pk])) for run in runs}


# --- the failure inbox --------------------------------------------------------------------------


@dataclass(frozen=True)
class Cause:
    """What the pushes of one group have in common."""

    status: str
    code: str
    # The error of the last try, where the code is only "too many attempts" or "too late".
    last: str
    # None: of every company.
    company: int | None = None

    def narrow(self, pushes: QuerySet[Push]) -> QuerySet[Push]:
        """Those of the pushes that have this cause."""
        last = Q(error_params__last=self.last) if self.last else Q(error_params__last__isnull=True)
        rows = pushes.filter(last, status=self.status, error_code=self.code)
        return rows if self.company is None else rows.filter(vacancy__company=self.company)


@dataclass(frozen=True)
class Group:
    """Pushes of one cause and company that need a person."""

    cause: Cause
    count: int
    newest: Push
    company: FlatchrCompany


def to_deal_with(pushes: QuerySet[Push]) -> QuerySet[Push]:
    """Pushes that are unconfirmed, or failed in the last INBOX_DAYS days; not those whose profile
    was pushed there again since."""
    since = midnight(first_day(INBOX_DAYS))
    needs = Q(status=S.UNCONFIRMED) | Q(status=S.FAILED, created_at__gte=since)
    # The plain list of states lets the index on them be used; the rest is checked row by row.
    return pushes.filter(needs, status__in=(S.UNCONFIRMED, S.FAILED)).latest_of_each()  # type: ignore[attr-defined, no-any-return]


def groups_of(pushes: QuerySet[Push]) -> list[Group]:
    """Group pushes to deal with by cause and company: unconfirmed ones first, then the largest
    group; at most MOST_GROUPS."""
    rows = list(
        pushes.order_by()
        .values_list("status", "error_code", KT("error_params__last"), "vacancy__company")
        .annotate(count=Count("pk"), newest=Max("pk"))
        .order_by("-status", "-count")[:MOST_GROUPS]
    )
    newest = Push.objects.select_related("vacancy__company").in_bulk([row[-1] for row in rows])
    return [
        Group(
            Cause(status, code, last or "", company), count, newest[pk], newest[pk].vacancy.company
        )
        for status, code, last, company, count, pk in rows
        if pk in newest
    ]
