"""What HrFlow and Flatchr tell us by themselves, once `sync.web.webhooks` knows who speaks.

Any event may come twice, late, or be sent again by somebody who caught it: taking one twice does
what taking it once does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now

from sync.matching import comparable_email
from sync.models import FlatchrCompany, HrFlowSource, Push, RunKind, Workflow
from sync.models.states import BLOCKING, PushStatus
from sync.services.privacy import suppression
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
    _refresh_index(source)
    _dispatch(source, key, is_update=kind[1] == "update")
    return True


def _refresh_index(source: HrFlowSource) -> None:
    """Many events ring one bell. It is no part of the event's success: the next import comes."""

    def ring() -> None:
        notify.task(notify.IMPORT, source.pk)

    transaction.on_commit(ring, robust=True)


def _dispatch(source: HrFlowSource, key: str, *, is_update: bool) -> None:
    """What was pushed, is on its way, or was taken back by a person is left alone. What failed or
    was left out is tried again only where the profile has changed."""
    is_erased = bool(suppression.erased_keys({key: ""}))
    workflows = Workflow.objects.filter(
        source=source, is_active=True, vacancy__is_open=True, vacancy__company__is_active=True
    )
    for workflow in workflows.select_related("vacancy").order_by("pk"):
        earlier = Push.objects.filter(source=source, profile_key=key, vacancy=workflow.vacancy)
        if is_update:
            earlier = earlier.filter(status__in=_LEFT_ALONE)
        if not earlier.exists() and not is_erased:
            dispatch(
                source=source,
                vacancy=workflow.vacancy,
                keys=[key],
                kind=RunKind.EVENT,
                workflow=workflow,
            )


_LEFT_ALONE = (*BLOCKING, PushStatus.ALREADY_THERE, PushStatus.CANCELLED)


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
    email = _email(data)
    if not slug or not email:
        return 0
    pushes = Push.objects.filter(
        vacancy__company=company,
        vacancy__slug=slug,
        candidate_email=email,
        status=PushStatus.SUCCEEDED,
    )
    soon = Greatest(Now(), F("updated_at") + _BETWEEN_LOOKS)
    due_sooner = pushes.exclude(confirm_after__lte=soon)
    found = due_sooner.update(confirm_after=soon)
    if found:
        transaction.on_commit(_ring_follow_up, robust=True)
    return found


def _ring_follow_up() -> None:
    notify.task(notify.FOLLOW_UP)


def _email(data: Mapping[str, Any]) -> str:
    of_candidate = _text(_mapping(data.get("candidate")).get("email"))
    return comparable_email(of_candidate or _text(_mapping(data.get("applicant")).get("email")))


# --- reading ------------------------------------------------------------------------------------


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedEventError("an object is missing")
    return value


def _text(value: object) -> str:
    """Nothing longer or stranger is ever asked of the database."""
    if not isinstance(value, str) or len(value) > 255 or "\0" in value:
        return ""
    return value.strip()
