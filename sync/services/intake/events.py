"""What HrFlow and Flatchr tell us by themselves, once `sync.web.webhooks` has verified who speaks.

An event may come twice or late, or be sent again by somebody who recorded it: taking an event twice
has the effect of taking it once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from sync.matching import comparable_email
from sync.models import FlatchrCompany, HrFlowSource, Push, RunKind, Workflow
from sync.redaction import storable
from sync.services.pushing import blocking
from sync.services.pushing.dispatch import dispatch
from sync.services.queue import notify

# https://developers.hrflow.ai/docs/webhooks
_PROFILE_EVENT = re.compile(r"profile\.(?:parsing|storing)\.(success|update)")
_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)
# https://developers.flatchr.io
_APPLICANT_EVENTS = frozenset({"new_applicant", "drag_applicant"})
# Repeated hints make a push be looked up again no sooner than this.
_BETWEEN_LOOKS = timedelta(seconds=60)


class MalformedEventError(ValueError):
    """It does not have the documented form."""


# --- HrFlow -------------------------------------------------------------------------------------


def take_hrflow_event(source: HrFlowSource, event: object) -> bool:
    """Refresh the index, and queue the profile for the workflows of its source; False where the
    event is none of that. The event must have been verified. Raises MalformedEventError."""
    kind = _PROFILE_EVENT.fullmatch(_text(_mapping(event).get("type")))
    if kind is None:
        return False
    profile = _mapping(_mapping(event).get("profile"))
    # HrFlow sends the events of all sources of an account to one address.
    if _mapping(profile.get("source")).get("key") != source.source_key:
        return False
    key = _text(profile.get("key"))
    if not _KEY.fullmatch(key):
        raise MalformedEventError("profile.key")
    # Many events cause one import. It is no part of the event's success: the next import comes.
    transaction.on_commit(lambda: notify.task(notify.IMPORT, source.pk), robust=True)
    _dispatch(source, key, is_update=kind[1] == "update")
    return True


def _dispatch(source: HrFlowSource, key: str, *, is_update: bool) -> None:
    """Queue the profile for each workflow that can push now, unless an earlier push stands in the
    way; a push that failed or was left out does not where the profile has changed."""
    by = blocking.AT_UPDATES if is_update else blocking.AT_ARRIVALS
    workflows = Workflow.objects.filter(source=source, is_active=True)
    for workflow in workflows.select_related("vacancy__company").order_by("pk"):
        vacancy = workflow.vacancy
        if blocking.target_problem(vacancy):
            continue
        if not blocking.blocked_keys(source, vacancy, {key: ""}, by=by):
            dispatch(
                source=source, vacancy=vacancy, keys=[key], kind=RunKind.EVENT, workflow=workflow
            )


# --- Flatchr ------------------------------------------------------------------------------------


def take_flatchr_hint(company: FlatchrCompany, event: object) -> int:
    """Have the pushes it seems to speak of read back from Flatchr; returns how many.

    Nothing signs these events, so nothing in them is believed or kept: they say where to look.
    Raises MalformedEventError.
    """
    if _text(_mapping(event).get("event")) not in _APPLICANT_EVENTS:
        return 0
    data = _mapping(_mapping(event).get("data"))
    slug = _text(_mapping(data.get("vacancy")).get("slug"))
    people = (_mapping(data.get(name)) for name in ("candidate", "applicant"))
    email = comparable_email(next(filter(None, (_text(one.get("email")) for one in people)), ""))
    if not slug or not email:
        return 0
    pushes = Push.objects.filter(
        vacancy__company=company, vacancy__slug=slug, candidate_email=email
    )
    found = pushes.look_sooner(_BETWEEN_LOOKS)
    if found:
        transaction.on_commit(lambda: notify.task(notify.FOLLOW_UP), robust=True)
    return found


# --- reading ------------------------------------------------------------------------------------


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
