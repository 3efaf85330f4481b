"""The desk's small parts: icons, status labels, progress, sentences about time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sync.models.push.attempts import AttemptOutcome
from sync.models.runs import RunStatus
from sync.models.states import EnrichmentStatus, PushStatus
from sync.services.security.audit_words import counted
from sync.vocabulary import told

register = template.Library()
register.filter(told)
register.filter(counted)

# One icon a meaning; the colour follows from the class of the same name in desk.css.
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
        text or label_of(value),
    )


def label_of(value: str) -> str:
    for choices in (PushStatus, RunStatus, EnrichmentStatus, AttemptOutcome):
        if value in choices.values:
            return str(choices(value).label)
    return value


@register.filter
def status_icon(value: str) -> str:
    return ICONS.get(value, "info")


@register.filter
def number(count: int) -> str:
    """With its thousands apart, as the reader's language has it: 12 345 or 12,345."""
    return number_format(count, force_grouping=True)


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
