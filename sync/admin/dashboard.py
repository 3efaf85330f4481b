"""The first page: numbers, chart, failures and health; every number links to its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

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
from sync.models import FlatchrCompany, HrFlowSource, Push, WorkerGroup
from sync.models.accounts import EXPIRY_WARNING
from sync.models.scope import sees_all
from sync.models.states import ACTIVE, PushStatus
from sync.services.reconciling import search_lag
from sync.services.reporting import statistics
from sync.services.reporting.statistics import Day, Tally
from sync.vocabulary import ErrorCode, label_of
from sync.vocabulary.explanations import told

# The segments of a bar, from the bottom up: the name of its class in desk.css, and its states.
STACKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("succeeded", (PushStatus.SUCCEEDED,)),
    ("already_there", (PushStatus.ALREADY_THERE,)),
    ("failed", (PushStatus.FAILED,)),
    ("unconfirmed", (PushStatus.UNCONFIRMED,)),
    ("queued", (PushStatus.QUEUED, PushStatus.RUNNING, PushStatus.RETRYING)),
    ("discarded", (PushStatus.DISCARDED, PushStatus.CANCELLED)),
)
# In units of the SVG's view box: the drawing, a bar, the room for labels below and at the left.
HEIGHT, WIDTH, BAR, FOOT, LEFT = 200, 700, 26, 22, 44
# Twentieths of a power of ten that read well beside a chart, and so do their halves.
ROUND = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20)
MOST_ACCOUNTS = 12
# A push that has been due for longer than this is called late.
LATE = timedelta(minutes=2)
MOST_CAUSES = 4
LEVELS = ("error", "warning", "ok", "off")
A = TypeVar("A", HrFlowSource, FlatchrCompany)


def context(request: HttpRequest) -> dict[str, Any]:
    """`board`, for the templates under sync/dashboard/; empty for who may not see pushes.

    About eight statements, whatever the number of pushes.
    """
    if not request.user.has_perm("sync.view_push"):
        return {}
    sources = _accounts(request, HrFlowSource, _source_health)
    companies = _accounts(request, FlatchrCompany, _company_health)
    if not sources and not companies:
        return {"board": {"is_empty": True}}
    pushes = Push.objects.for_user(request.user)
    days = statistics.by_day(pushes)
    first = statistics.first_day(statistics.CHART_DAYS).isoformat()
    board = {
        **_figures(pushes, days),
        **_causes(request),
        "chart": chart(days),
        "top": [
            {
                "vacancy": top.vacancy,
                "tally": top.tally,
                "url": list_url(vacancy=top.vacancy.pk, created_from=first),
            }
            for top in statistics.top_vacancies(pushes)
        ],
        "sources": sources,
        "companies": companies,
        # Of the whole installation, so for who sees all of it.
        "settle_warning": search_lag.warning() if sees_all(request.user) else "",
        "worker": {"is_alive": WorkerGroup.objects.alive().exists()},
    }
    return {"board": board}


def _figures(pushes: QuerySet[Push], days: list[Day]) -> dict[str, Any]:
    """The numbers on top: each with a note, and the address of the list of its rows."""
    today, week = days[-1].tally, statistics.add(day.tally for day in days[-7:])
    # `due`: since when the push that has been due longest is due.
    waiting = pushes.filter(status__in=ACTIVE).count()
    in_order: QuerySet[Push] = pushes.due().order_by("next_attempt_at")  # type: ignore[attr-defined]
    due = in_order.values_list("next_attempt_at", flat=True).first()
    if due is not None and timezone.now() - due >= LATE:
        waiting_note = _("the oldest is late by %(since)s") % {"since": timesince(due, depth=1)}
    else:
        waiting_note = _("none is late") if waiting else _("nothing waits")
    in_flatchr, failed = _("%(n)s in Flatchr"), _("%(n)s failed")
    today_notes = [in_flatchr % {"n": _count(today.in_flatchr)}]
    if today.failed:
        today_notes.append(failed % {"n": _count(today.failed)})
    return {
        "today": today,
        "today_note": " · ".join(today_notes),
        "today_url": list_url(created="today"),
        "week": week,
        "week_note": in_flatchr % {"n": _count(week.in_flatchr)},
        "week_url": list_url(created="7d"),
        "rate_note": failed % {"n": _count(week.failed)},
        "rate_url": list_url(created="7d", state=PushStatus.FAILED.value),
        "waiting": waiting,
        "waiting_note": waiting_note,
        "waiting_url": list_url(state="active"),
    }


def _causes(request: HttpRequest) -> dict[str, Any]:
    """The most frequent causes of the failure inbox, and how many pushes all of them hold."""
    causes = failures.rows(request)
    to_deal_with = sum(row.count for row in causes)
    undecided = sum(row.count for row in causes if row.cause.status == PushStatus.UNCONFIRMED)
    note = _("failed, to look at") if to_deal_with else _("all is well")
    if undecided:
        note = _("%(n)s to be decided") % {"n": _count(undecided)}
    return {
        "causes": causes[:MOST_CAUSES],
        "to_deal_with": to_deal_with,
        "undecided": undecided,
        "to_deal_with_note": note,
    }


def _count(number: int) -> str:
    return number_format(number, force_grouping=True)


# --- the chart ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Segment:
    """A part of a bar. `shape` is a name of STACKED; `y` and `height` are measured downwards."""

    shape: str
    x: int
    y: float
    height: float
    width: int = BAR


@dataclass(frozen=True)
class Bar:
    """A day. `cells` are the columns of the table of the same numbers: label, count, address."""

    day: date
    tally: Tally
    url: str
    x: int
    middle: int
    words: str
    segments: list[Segment]
    cells: list[tuple[str, int, str]]


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
    """Coordinates only: the template draws them as SVG, so that the picture needs no script."""
    top = ceiling(max((day.tally.total for day in days), default=0))
    step = (WIDTH - LEFT) // max(len(days), 1)
    bars = [_bar(day, LEFT + n * step + (step - BAR) // 2, top) for n, day in enumerate(days)]
    lines = [Line(_y(value, top), value) for value in sorted({0, top // 2, top})]
    used = {segment.shape for bar in bars for segment in bar.segments}
    joined = {"queued": _("on its way"), "discarded": _("left out or cancelled")}
    legend = [
        (shape, joined.get(shape) or str(PushStatus(shape).label))
        for shape, _states in STACKED
        if shape in used
    ]
    return Chart(bars, lines, legend, sum(day.tally.total for day in days))


def ceiling(highest: int) -> int:
    """The smallest round number (ROUND) at or above the highest bar; at least 1."""
    size = 10
    while size < highest:
        size *= 10
    return next(size * tenth // 20 for tenth in ROUND if size * tenth // 20 >= highest)


def _y(value: int, top: int) -> float:
    # The topmost label needs some room above its line.
    return round(HEIGHT - value * (HEIGHT - 12) / top, 1)


def _bar(day: Day, x: int, top: int) -> Bar:
    """The bar of a day whose left edge is at `x`, on a scale that ends at `top` pushes."""
    segments, below = [], 0
    for shape, states in STACKED:
        count = day.tally.of(*states)
        if count:
            y = _y(below + count, top)
            segments.append(Segment(shape, x, y, round(_y(below, top) - y, 1)))
            below += count
    on = {"created_from": day.day.isoformat(), "created_to": day.day.isoformat()}
    words = ngettext("%(day)s: %(count)d push", "%(day)s: %(count)d pushes", day.tally.total)
    return Bar(
        day=day.day,
        tally=day.tally,
        url=list_url(**on),
        x=x,
        middle=x + BAR // 2,
        words=words % {"day": date_format(day.day, "l j F"), "count": day.tally.total},
        segments=segments,
        cells=[
            (str(state.label), day.tally.of(state), list_url(state=state.value, **on))
            for state in PushStatus
        ],
    )


# --- health -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Health:
    """One account: `level` is one of LEVELS, `words` say why; `fetched` says when it was last read,
    `detail` how long its key is valid."""

    name: str
    url: str
    level: str
    words: str
    fetched: str
    detail: str = ""


def _accounts(
    request: HttpRequest, model: type[A], health_of: Callable[[A, str], Health]
) -> list[Health]:
    """The health of the accounts of a kind, worst first; linked for who may open them."""
    name = model._meta.model_name
    may_open = request.user.has_perm(f"sync.view_{name}")
    accounts = model.objects.for_user(request.user).order_by("-is_active", "name")
    found = [
        health_of(
            account, reverse(f"admin:sync_{name}_change", args=[account.pk]) if may_open else ""
        )
        for account in accounts[:MOST_ACCOUNTS]
    ]
    return sorted(found, key=lambda health: (LEVELS.index(health.level), health.name))


def _source_health(source: HrFlowSource, url: str) -> Health:
    level, words = "ok", _("Works")
    if not source.is_active:
        level, words = "off", _("Switched off")
    elif source.is_paused:
        level, words = "error", _paused(source.pause_code)
    elif source.last_error:
        level, words = "error", told(source.last_error)
    elif source.imported_at is None:
        level, words = "warning", _("Never imported")
    at = source.imported_at
    imported = _("imported %(ago)s ago") % {"ago": timesince(at, depth=1)} if at else ""
    return Health(source.name, url, level, words, imported)


def _company_health(company: FlatchrCompany, url: str) -> Health:
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
    at = company.vacancies_synced_at
    fetched = _("vacancies fetched %(ago)s ago") % {"ago": timesince(at, depth=1)} if at else ""
    return Health(company.name, url, level, words, fetched, _expiry(days))


def _paused(code: str) -> str:
    return _("Paused: %(reason)s") % {"reason": label_of(code, ErrorCode)}


def _expiry(days: int | None) -> str:
    """Days until the API key expires; None where nobody has entered its date."""
    if days is None:
        return _("expiry unknown")
    if days < 0:
        return _("expired")
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
