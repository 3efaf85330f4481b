"""What HrFlow and Flatchr tell us by themselves, once `sync.web.webhooks` has verified who speaks.

A body is one event or an array of them; one that is malformed spoils only itself. An event may come
twice or late, or be sent again by somebody who recorded it: taking an event twice has the effect of
taking it once.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction

from sync.matching import comparable_email
from sync.models import FlatchrCompany, HrFlowSource, Push, RunKind, Workflow
from sync.redaction import storable
from sync.services.pushing import blocking
from sync.services.pushing.blocking import Seen
from sync.services.pushing.dispatch import dispatch_events
from sync.services.queue import notify

logger = logging.getLogger(__name__)
T = TypeVar("T")

# https://developers.hrflow.ai/docs/webhooks
_PROFILE_EVENT = re.compile(r"profile\.(?:parsing|storing)\.(success|update)")
_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)
# https://developers.flatchr.io
_APPLICANT_EVENTS = frozenset({"new_applicant", "drag_applicant"})
# Repeated hints make a push be looked up again no sooner than this.
_BETWEEN_LOOKS = timedelta(seconds=60)


class MalformedEventError(ValueError):
    """It does not have the documented form."""


@dataclass(frozen=True)
class ProfileEvent:
    """A profile is new in HrFlow, or has changed."""

    key: str
    is_update: bool
    seen: Seen


@dataclass(frozen=True)
class Hint:
    """Something happened to this person on this vacancy."""

    slug: str
    email: str


# --- HrFlow -------------------------------------------------------------------------------------


def take_hrflow_events(source: HrFlowSource, body: object) -> int:
    """Refresh the index, and queue the profiles for the workflows of their source; returns how many
    profiles. The body must have been verified. Raises MalformedEventError."""
    told = _read_each(body, lambda event: _profile_event(source, event))
    if not told:
        return 0
    # By key: what failed is tried again where one of the events says that the profile changed.
    updated = {event.key: False for event in told}
    updated |= {event.key: True for event in told if event.is_update}
    seen = {event.key: event.seen for event in told}
    # Read before the transaction, which on SQLite lets nobody else write.
    wanted = [(workflow, _unblocked(workflow, updated, seen)) for workflow in _workflows(source)]
    with transaction.atomic():
        for workflow, keys in wanted:
            if keys:
                dispatch_events(workflow, keys)
        # Many events cause one import. It is no part of their success: the next import comes.
        transaction.on_commit(lambda: notify.task(notify.IMPORT, source.pk), robust=True)
    return len(updated)


def _profile_event(source: HrFlowSource, event: object) -> ProfileEvent | None:
    """None where it is no event of a profile of this source. Raises MalformedEventError."""
    kind = _PROFILE_EVENT.fullmatch(_text(_mapping(event).get("type")))
    if kind is None:
        return None
    profile = _mapping(_mapping(event).get("profile"))
    # HrFlow sends the events of all sources of an account to one address.
    if _mapping(profile.get("source")).get("key") != source.source_key:
        return None
    key = _text(profile.get("key"))
    if not _KEY.fullmatch(key):
        raise MalformedEventError("profile.key")
    return ProfileEvent(key, is_update=kind[1] == "update", seen=Seen.of(profile))


def _workflows(source: HrFlowSource) -> list[Workflow]:
    """Those that can push now."""
    active = Workflow.objects.filter(source=source, is_active=True).order_by("pk")
    every = active.select_related("source", "vacancy__company")
    return [one for one in every if blocking.target_problem(one.vacancy) is None]


def _unblocked(
    workflow: Workflow, updated: Mapping[str, bool], seen: Mapping[str, Seen]
) -> list[str]:
    """The keys that no earlier push keeps from this workflow's vacancy. An earlier one of an event
    that waits until its profile can be read is due once more."""
    source, vacancy = workflow.source, workflow.vacancy
    blocked = blocking.blocked_at_events(source, vacancy, updated, seen)
    if blocked:
        pushes = Push.objects.filter(source=source, vacancy=vacancy, profile_key__in=blocked)
        pushes.filter(run__kind=RunKind.EVENT).announce_again()
    return [key for key in updated if key not in blocked]


# --- Flatchr ------------------------------------------------------------------------------------


def take_flatchr_hints(company: FlatchrCompany, body: object) -> int:
    """Have the pushes it seems to speak of read back from Flatchr; returns how many.

    Nothing signs these events, so nothing in them is believed or kept: they say where to look.
    Raises MalformedEventError.
    """
    found = 0
    for hint in dict.fromkeys(_read_each(body, _hint)):
        pushes = Push.objects.filter(vacancy__company=company, vacancy__slug=hint.slug)
        found += pushes.filter(candidate_email=hint.email).look_sooner(_BETWEEN_LOOKS)
    if found:
        transaction.on_commit(lambda: notify.task(notify.FOLLOW_UP), robust=True)
    return found


def _hint(event: object) -> Hint | None:
    """None where it names nobody. Raises MalformedEventError."""
    if _text(_mapping(event).get("event")) not in _APPLICANT_EVENTS:
        return None
    data = _mapping(_mapping(event).get("data"))
    slug = _text(_mapping(data.get("vacancy")).get("slug"))
    people = (_mapping(data.get(name)) for name in ("candidate", "applicant"))
    email = comparable_email(next(filter(None, (_text(one.get("email")) for one in people)), ""))
    return Hint(slug, email) if slug and email else None


# --- reading ------------------------------------------------------------------------------------


def _read_each(body: object, read: Callable[[object], T | None]) -> list[T]:
    """What `read` makes of each event of the body, without None. Malformed ones are left out and
    logged by their place; raises MalformedEventError where there is no other."""
    events = body if isinstance(body, list) else [body]
    found: list[T | None] = []
    malformed: list[int] = []
    for place, event in enumerate(events, start=1):
        try:
            found.append(read(event))
        except MalformedEventError:
            malformed.append(place)
    if not found:
        raise MalformedEventError("no event in it has the documented form")
    if malformed:
        logger.warning(
            "%d of %d events of one request are malformed and left out; the first is number %d",
            len(malformed),
            len(events),
            malformed[0],
        )
    return [one for one in found if one is not None]


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedEventError("an object is missing")
    return value


def _text(value: object) -> str:
    """The text without blanks around it; empty for what is no text, is longer than any of our
    columns, or holds what no database takes."""
    if not isinstance(value, str) or len(value) > 255 or value != storable(value):
        return ""
    return value.strip()
