"""The first page: what happened, what waits, what is unwell; every number leads to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sync.admin.history import failures
from sync.admin.history.failures import list_url
from sync.explanations import told
from sync.models import FlatchrCompany, HrFlowSource, Push, WorkerGroup
from sync.models.accounts import EXPIRY_WARNING
from sync.models.states import PushStatus
from sync.services.reporting import statistics
from sync.services.reporting.statistics import Day, Tally

# What the chart stacks, from the ground up; the rest comes together on top.
STACKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("succeeded", (PushStatus.SUCCEEDED,)),
    ("already_there", (PushStatus.ALREADY_THERE,)),
    ("failed", (PushStatus.FAILED,)),
    ("unconfirmed", (PushStatus.UNCONFIRMED,)),
    ("queued", (PushStatus.QUEUED, PushStatus.RUNNING, PushStatus.RETRYING)),
    ("discarded", (PushStatus.DISCARDED, PushStatus.CANCELLED)),
)
HEIGHT, WIDTH, BAR, FOOT, LEFT = 200, 700, 26, 22, 44
# Twentieths of a power of ten that read well beside a chart, and so do their halves.
ROUND = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20)
MOST_ACCOUNTS = 12
LATE = timedelta(minutes=2)
MOST_CAUSES = 4


def context(request: HttpRequest) -> dict[str, Any]:
    """About eight statements, whatever the number of pushes; empty for who may not see them."""
    if not request.user.has_perm("sync.view_push"):
        return {}
    sources, companies = _sources(request), _companies(request)
    if not sources and not companies:
        return {"board": {"is_empty": True}}
    pushes = Push.objects.for_user(request.user)
    days = statistics.by_day(pushes)
    week = statistics.add(day.tally for day in days[-7:])
    causes = failures.rows(request)
    to_deal_with, undecided = sum(row.count for row in causes), _undecided(causes)
    return {
        "board": {
            "today": days[-1].tally,
            "today_note": _today_note(days[-1].tally),
            "today_url": list_url(created="today"),
            "week": week,
            "week_note": _in_flatchr(week),
            "week_url": list_url(created="7d"),
            "rate_note": _failed(week),
            "rate_url": list_url(created="7d", state=PushStatus.FAILED.value),
            **_waiting(pushes),
            "causes": causes[:MOST_CAUSES],
            "to_deal_with": to_deal_with,
            "undecided": undecided,
            "to_deal_with_note": _to_deal_with_note(to_deal_with, undecided),
            "chart": chart(days),
            "top": [_top(top) for top in statistics.top_vacancies(pushes)],
            "sources": sources,
            "companies": companies,
            "worker": _worker(),
        }
    }


def _today_note(today: Tally) -> str:
    notes = [_in_flatchr(today), *([_failed(today)] if today.failed else [])]
    return " · ".join(notes)


def _in_flatchr(tally: Tally) -> str:
    return _("%(n)s in Flatchr") % {"n": _count(tally.in_flatchr)}


def _failed(tally: Tally) -> str:
    return _("%(n)s failed") % {"n": _count(tally.failed)}


def _to_deal_with_note(count: int, undecided: int) -> str:
    if undecided:
        return _("%(n)s to be decided") % {"n": _count(undecided)}
    return _("failed, to look at") if count else _("all is well")


def _count(number: int) -> str:
    return number_format(number, force_grouping=True)


def _waiting(pushes: QuerySet[Push]) -> dict[str, Any]:
    waiting, late = statistics.open_now(pushes).active, _late(statistics.oldest_due(pushes))
    note = _("none is late") if waiting else _("nothing waits")
    if late:
        note = _("the oldest is late by %(since)s") % {"since": late}
    return {
        "waiting": waiting,
        "waiting_url": list_url(state="active"),
        "waiting_note": note,
        "late": late,
    }


def _late(since: datetime | None) -> str:
    """How long the oldest has been due, once that is worth a word."""
    if since is None or timezone.now() - since < LATE:
        return ""
    return timesince(since, depth=1)


def _undecided(causes: list[failures.Row]) -> int:
    return sum(row.count for row in causes if row.cause.status == PushStatus.UNCONFIRMED)


def _top(top: statistics.Top) -> dict[str, Any]:
    first = statistics.first_day(statistics.CHART_DAYS)
    url = list_url(vacancy=top.vacancy.pk, created_from=first.isoformat())
    return {"vacancy": top.vacancy, "tally": top.tally, "url": url}


# --- the chart ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Segment:
    shape: str
    x: int
    y: float
    height: float
    width: int = BAR


@dataclass(frozen=True)
class Bar:
    day: date
    tally: Tally
    url: str
    x: int
    segments: list[Segment]
    cells: list[tuple[str, int, str]]

    @property
    def middle(self) -> int:
        return self.x + BAR // 2

    @property
    def words(self) -> str:
        return ngettext(
            "%(day)s: %(count)d push", "%(day)s: %(count)d pushes", self.tally.total
        ) % {"day": date_format(self.day, "l j F"), "count": self.tally.total}


@dataclass(frozen=True)
class Line:
    y: float
    value: int


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    lines: list[Line]
    legend: list[tuple[str, str]]
    total: int
    width: int = WIDTH
    height: int = HEIGHT + FOOT
    left: int = LEFT
    floor: int = HEIGHT
    label_y: int = HEIGHT + FOOT - 5


def chart(days: list[Day]) -> Chart:
    """Coordinates only: the picture is SVG made on the server, so that it needs no script."""
    top = ceiling(max((day.tally.total for day in days), default=0))
    step = (WIDTH - LEFT) // max(len(days), 1)
    bars = [_bar(day, LEFT + n * step + (step - BAR) // 2, top) for n, day in enumerate(days)]
    used = {segment.shape for bar in bars for segment in bar.segments}
    lines = [Line(_y(value, top), value) for value in sorted({0, top // 2, top})]
    legend = [(shape, _label(shape)) for shape, _states in STACKED if shape in used]
    return Chart(bars, lines, legend, sum(day.tally.total for day in days))


def ceiling(highest: int) -> int:
    """A round number at or above the highest bar."""
    size = 10
    while size < highest:
        size *= 10
    return next(size * tenth // 20 for tenth in ROUND if size * tenth // 20 >= highest)


def _y(value: int, top: int) -> float:
    # The topmost label needs some room above its line.
    return round(HEIGHT - value * (HEIGHT - 12) / top, 1)


def _bar(day: Day, x: int, top: int) -> Bar:
    segments, below = [], 0
    for shape, states in STACKED:
        count = day.tally.of(*states)
        if count:
            y = _y(below + count, top)
            segments.append(Segment(shape, x, y, round(_y(below, top) - y, 1)))
            below += count
    on = {"created_from": day.day.isoformat(), "created_to": day.day.isoformat()}
    cells = [
        (str(state.label), day.tally.of(state), list_url(state=state.value, **on))
        for state in PushStatus
    ]
    return Bar(day.day, day.tally, list_url(**on), x, segments, cells)


def _label(shape: str) -> str:
    return {
        "queued": _("on its way"),
        "discarded": _("left out or cancelled"),
    }.get(shape) or str(PushStatus(shape).label)


# --- health -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Health:
    """One account: `level` is ok, warning or error; `words` say why; `fetched` when it last was."""

    name: str
    url: str
    level: str
    words: str
    fetched: str
    detail: str = ""


def _sources(request: HttpRequest) -> list[Health]:
    sources = HrFlowSource.objects.for_user(request.user).order_by("-is_active", "name")
    may_open = request.user.has_perm("sync.view_hrflowsource")
    found = [
        _source(source, _address("hrflowsource", source.pk) if may_open else "")
        for source in sources[:MOST_ACCOUNTS]
    ]
    return sorted(found, key=_worst_first)


def _source(source: HrFlowSource, url: str) -> Health:
    level, words = "ok", _("Works")
    if not source.is_active:
        level, words = "off", _("Switched off")
    elif source.is_paused:
        level, words = "error", _paused(source.pause_code)
    elif source.last_error:
        level, words = "error", told(source.last_error)
    elif source.imported_at is None:
        level, words = "warning", _("Never imported")
    return Health(source.name, url, level, words, _imported(source.imported_at))


def _companies(request: HttpRequest) -> list[Health]:
    companies = FlatchrCompany.objects.for_user(request.user).order_by("-is_active", "name")
    may_open = request.user.has_perm("sync.view_flatchrcompany")
    found = [
        _company(company, _address("flatchrcompany", company.pk) if may_open else "")
        for company in companies[:MOST_ACCOUNTS]
    ]
    return sorted(found, key=_worst_first)


def _company(company: FlatchrCompany, url: str) -> Health:
    level, words, days = "ok", _("Works"), company.expires_in_days
    if not company.is_active:
        level, words = "off", _("Switched off")
    elif days is not None and days < 0:
        level, words = "error", _("The API key has expired")
    elif company.is_paused:
        level, words = "error", _paused(company.pause_code)
    elif company.last_error:
        level, words = "error", told(company.last_error)
    elif days is not None and days <= EXPIRY_WARNING.days:
        level, words = "warning", _("The API key expires soon")
    fetched = _fetched(company.vacancies_synced_at)
    return Health(company.name, url, level, words, fetched, _expiry(days))


def _imported(at: datetime | None) -> str:
    return _("imported %(ago)s ago") % {"ago": timesince(at, depth=1)} if at else ""


def _fetched(at: datetime | None) -> str:
    return _("vacancies fetched %(ago)s ago") % {"ago": timesince(at, depth=1)} if at else ""


def _paused(code: str) -> str:
    return _("Paused: %(reason)s") % {"reason": failures.label_of(code)}


def _expiry(days: int | None) -> str:
    if days is None:
        return _("expiry unknown")
    if days < 0:
        return _("expired")
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _worst_first(health: Health) -> tuple[int, str]:
    return ("error", "warning", "ok", "off").index(health.level), health.name


def _address(model: str, pk: int) -> str:
    return reverse(f"admin:sync_{model}_change", args=[pk])


def _worker() -> dict[str, Any]:
    """By its heartbeat: alive means that a task was executed a short while ago."""
    last = WorkerGroup.objects.exclude(beat_at=None).order_by("-beat_at").first()
    beat = last.beat_at if last else None
    stale = settings.HEARTBEAT_STALE_SECONDS
    alive = beat is not None and (timezone.now() - beat).total_seconds() <= stale
    return {"is_alive": alive, "beat_at": beat}
