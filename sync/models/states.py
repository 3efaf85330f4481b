"""The states of a push, and the groups of states that queries and constraints speak of."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PushStatus(TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("in progress")
    RETRYING = "retrying", _("will be tried again")
    UNCONFIRMED = "unconfirmed", _("to be decided")
    SUCCEEDED = "succeeded", _("in Flatchr")
    ALREADY_THERE = "already_there", _("was already there")
    DISCARDED = "discarded", _("left out")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class EnrichmentStatus(TextChoices):
    NONE = "none", _("not wanted")
    PENDING = "pending", _("to come")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


S = PushStatus
# A worker may take it when it is due.
WAITING = (S.QUEUED, S.RETRYING)
# The machine is at work or will be; a run with none of these is finished.
ACTIVE = (*WAITING, S.RUNNING)
OPEN = (*ACTIVE, S.UNCONFIRMED)
# One of these forbids a second push of the same profile to the same vacancy.
BLOCKING = (*OPEN, S.SUCCEEDED)
# Where a recruiter may ask for another try.
RETRYABLE = (S.FAILED, S.CANCELLED, S.DISCARDED)
# The states that may hold an intent to create: its outcome is unknown, or it succeeded.
WITH_INTENT = (S.RUNNING, S.RETRYING, S.UNCONFIRMED, S.SUCCEEDED)


class WrongStateError(Exception):
    """The push was not in a state that this transition leaves; nothing has changed."""


class LostClaimError(WrongStateError):
    """The claim ended (its lease ran out and another took over); nothing has changed."""
