"""The desk's small parts: icons, status labels, progress, and what has a choice of words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.template.defaultfilters import capfirst, floatformat
from django.templatetags.static import static
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import is_aware, localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sync.models.push.attempts import AttemptOutcome
from sync.models.runs import RunStatus
from sync.models.states import EnrichmentStatus, PushStatus
from sync.services.security.audit_words import counted
from sync.vocabulary import label_of
from sync.vocabulary.explanations import told

register = template.Library()
register.filter(told)
register.filter(counted)

# One icon a meaning; the colour follows from the class of the same name in parts.css.
ICONS: dict[str, str] = {
    PushStatus.QUEUED: "clock",
    PushStatus.RUNNING: "spinner",
    PushStatus.RETRYING: "refresh",
    PushStatus.UNCONFIRMED: "question",
    PushStatus.SUCCEEDED: "check-circle",
    PushStatus.ALREADY_THERE: "user-check",
    PushStatus.DISCARDED: "minus-circle",
    PushStatus.FAILED: "x-circle",
    PushStatus.CANCELLED: "slash",
    RunStatus.DRAFT: "pencil",
    RunStatus.FINISHED: "check-circle",
    EnrichmentStatus.NONE: "minus-circle",
    EnrichmentStatus.PENDING: "clock",
    EnrichmentStatus.DONE: "check-circle",
    AttemptOutcome.STARTED: "spinner",
    AttemptOutcome.UNKNOWN: "question",
    AttemptOutcome.LOST: "warning",
    AttemptOutcome.HANDED_BACK: "refresh",
    "ok": "check-circle",
    "warning": "warning",
    "error": "x-circle",
}
SHAPES: dict[str, str] = {
    RunStatus.FINISHED: "done",
    AttemptOutcome.STARTED: "running",
    AttemptOutcome.UNKNOWN: "unconfirmed",
    AttemptOutcome.LOST: "warning",
    AttemptOutcome.HANDED_BACK: "retrying",
}
# For each kind of thing: what stands beside it, and in which colour. "" is for all others.
MARKS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "action": {
        "push_to_flatchr": ("send", ""),
        "add_to_selection": ("plus", ""),
        "delete_selected": ("trash", ""),
    },
    "message": {
        "error": ("x-circle", ""),
        "warning": ("warning", ""),
        "success": ("check-circle", ""),
        "": ("info", ""),
    },
    "level": {
        "ok": ("check-circle", "icon--good"),
        "warning": ("warning", "icon--warn"),
        "error": ("x-circle", "icon--bad"),
        "": ("pause", ""),
    },
    "cause": {
        PushStatus.UNCONFIRMED: ("question", "icon--ask"),
        "": ("x-circle", "icon--bad"),
    },
    # An entry is named after the outcome of an attempt, or else after what was done to the push.
    "timeline": {
        "queued": ("plus", ""),
        "decided": ("user", ""),
        "succeeded": ("check", ""),
        AttemptOutcome.DONE: ("check", ""),
        AttemptOutcome.FAILED: ("x", ""),
        AttemptOutcome.LOST: ("x", ""),
        AttemptOutcome.UNKNOWN: ("question", ""),
        AttemptOutcome.DISCARDED: ("minus-circle", ""),
        "": ("clock", ""),
    },
}
# Where a push without an error stands; what has no sentence is told by its state.
STANDING: Mapping[str, Promise] = {
    PushStatus.ALREADY_THERE: gettext_lazy(
        "The same person was on the vacancy already, so nothing was sent."
    ),
    PushStatus.RUNNING: gettext_lazy("A worker is at it now."),
    PushStatus.QUEUED: gettext_lazy("It waits for its turn."),
    PushStatus.SUCCEEDED: gettext_lazy(
        "Flatchr accepted the candidate. We look them up in Flatchr in a moment."
    ),
}
LISTS: Mapping[str, Promise] = {
    "skills": gettext_lazy("Skills"),
    "languages": gettext_lazy("Languages"),
    "certifications": gettext_lazy("Certifications"),
    "courses": gettext_lazy("Courses"),
    "tasks": gettext_lazy("Tasks"),
    "interests": gettext_lazy("Interests"),
}
# A value for a rule's setting, by the setting's kind.
EXAMPLES: Mapping[str, Any] = {"number": 2, "words": ["Python", "SQL"], "text": "…"}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Decorative: the words beside it say the same."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        extra,
        _sprite(),
        name,
    )


@lru_cache(maxsize=1)
def _sprite() -> str:
    """Lists ask for it hundreds of times a page."""
    return static("sync/icons.svg")


@register.simple_tag
def icon_for(kind: str, value: str) -> str:
    """The mark of an action, a message, an account's level, a cause or an entry of a timeline."""
    marks = MARKS[kind]
    mark = marks.get(value, marks.get(""))
    return icon(*mark) if mark else ""


@register.simple_tag
def status(thing: Any) -> SafeString:
    """The label of a push's or run's `status`."""
    return status_label(thing.status, thing.get_status_display())


@register.simple_tag
def status_label(value: str, text: Any = "") -> SafeString:
    """`value`: one of the states, or `ok`, `warning`, `error`; `text` where it has none itself."""
    shape = str(SHAPES.get(value, value))
    spin = "icon--spin" if ICONS.get(value) == "spinner" else ""
    return format_html(
        '<span class="status status--{}">{}{}</span>',
        shape,
        icon(ICONS.get(value, "info"), spin),
        text or label_of(value, PushStatus, RunStatus, EnrichmentStatus, AttemptOutcome),
    )


@register.filter
def status_icon(value: str) -> str:
    return ICONS.get(value, "info")


@register.filter
def number(count: int) -> str:
    """With its thousands apart, as the reader's language has it: 12 345 or 12,345."""
    return number_format(count, force_grouping=True)


@register.filter
def percent(rate: float | None) -> str:
    """`93.5%`; in French with a space before the sign. A dash where there is nothing to divide."""
    if rate is None:
        return "—"
    space = "\u00a0" if get_language() == "fr" else ""
    return f"{floatformat(rate, '-1')}{space}%"


# --- words ----------------------------------------------------------------------------------------


@register.simple_tag
def dotted(*parts: Any) -> SafeString:
    """`Acme · REF-1 · Paris`: those parts that are not empty."""
    return format_html_join(" · ", "{}", ((part,) for part in parts if part))


@register.filter
def person(user: Any) -> str:
    """A user's full name, or else the name they sign in with; empty for None."""
    return (user.get_full_name() or user.get_username()) if user else ""


@register.filter
def companies(groups: list[Any], most: int = 3) -> str:
    """The names of the companies that a cause strikes: `Acme, Borel, Cie…`."""
    names = ", ".join(group.company.name for group in groups[:most])
    return f"{names}…" if len(groups) > most else names


@register.filter
def standing(push: Any) -> str:
    """Where a push stands that has no error to tell."""
    if push.status == PushStatus.SUCCEEDED and push.confirmed_at:
        when = _date(push.confirmed_at, "DATETIME_FORMAT")
        return _("The candidate is on the vacancy; found there on %(when)s") % {"when": when}
    return str(STANDING.get(push.status) or capfirst(push.get_status_display()))


@register.filter
def asked_words(push: Any) -> str:
    """When and by whom: `12/03/2025, Camille Moreau`."""
    day = _date(push.created_at, "SHORT_DATE_FORMAT")
    return ", ".join(filter(None, (day, person(push.requested_by))))


@register.filter
def list_label(kind: str) -> str:
    """What HrFlow's lists of a profile are called."""
    return str(LISTS[kind])


@register.filter
def stay_note(stay: Any) -> str:
    """When and where somebody worked or learned: `03/2019 – 06/2021 · Lyon`."""
    begun = f"{_date(stay.start, 'm/Y')} – " if stay.start else ""
    ended = _date(stay.end, "m/Y") if stay.end else "…" if stay.start else ""
    place = f" · {stay.place}" if stay.place else ""
    return f"{begun}{ended}{place}"


@register.simple_tag
def date_range(begin: date | None, end: date | None) -> str:
    """`01/03/2025 – …`"""
    days = (_date(day, "SHORT_DATE_FORMAT") if day else "…" for day in (begin, end))
    return " – ".join(days)


def _date(value: date, style: str) -> str:
    """As the `date` filter has it: in the reader's time zone and language."""
    if isinstance(value, datetime) and is_aware(value):
        value = localtime(value)
    return date_format(value, style)


@register.filter
def rule_example(rule: Any) -> str:
    """How a rule is written in a workflow's field."""
    if not rule.parameters:
        return json.dumps(rule.name)
    params = {one.name: EXAMPLES[one.kind] for one in rule.parameters}
    return json.dumps({"name": rule.name, "params": params}, ensure_ascii=False)


# As their owners write them; what else HrFlow calls a link tells nobody where it leads.
LINKS = {"linkedin": "LinkedIn", "github": "GitHub", "twitter": "Twitter", "facebook": "Facebook"}


@register.filter
def link_name(kind: str, url: str) -> str:
    """The words of a link: the network's name, or else the site's."""
    return LINKS.get(kind.casefold()) or urlsplit(url).hostname or url


@register.simple_tag
def progress(done: int, total: int | None, label: str = "") -> SafeString:
    """A bar for machines of all ages; without a total it only says that something happens."""
    words = label or _("Progress")
    if not total:
        return format_html('<progress class="bar" aria-label="{}"></progress>', words)
    return format_html(
        '<progress class="bar" max="{}" value="{}" aria-label="{}">{} / {}</progress>',
        total,
        min(done, total),
        words,
        done,
        total,
    )
