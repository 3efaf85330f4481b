"""Pushes in the states that their verbs leave them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.exceptions import PermanentError, RetryableError
from sync.models import Push
from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode, Event
from tests.pushing import make_due
from tests.rows import make_push

S = PushStatus
PERMANENT = PermanentError(ErrorCode.RESUME_MISSING)
RETRYABLE = RetryableError(ErrorCode.FLATCHR_UNREACHABLE)


def claim(push: Push) -> Push:
    make_due()
    [claimed] = Push.objects.filter(pk=push.pk).claim(1)
    return claimed


def begin(push: Push) -> None:
    push.begin_create(firstname="Zoé", lastname="Riou", email="Zoe@Example.org", phone="0102")


def reload(push: Push) -> Push:
    return Push.objects.get(pk=push.pk)


def looking_alike(push: Push) -> Push:
    """As a push that is held, where it failed, because somebody on the vacancy looks like it."""
    Push.objects.filter(pk=push.pk).update(error_code=ErrorCode.LOOKALIKE)
    return reload(push)


def claimed_push(**more: Any) -> Push:
    return claim(make_push(**more))


def sent_push(**more: Any) -> Push:
    push = claimed_push(**more)
    begin(push)
    return push


WORKER_VERBS: dict[str, Callable[[Push], None]] = {
    "begin_create": begin,
    "succeed": lambda push: push.succeed(),
    "already_there": lambda push: push.mark_already_there(applicant_id="a", column=""),
    "discard": lambda push: push.discard("rule"),
    "fail": lambda push: push.fail(PERMANENT, Event.READ_FAILURE),
    "retry_later": lambda push: push.retry_later(RETRYABLE, Event.READ_FAILURE, delay=1),
    "mark_unknown": lambda push: push.mark_unknown(RETRYABLE, delay=1),
    "mark_unconfirmed": lambda push: push.mark_unconfirmed(PERMANENT),
    "clear_intent": lambda push: push.clear_intent(),
    "hand_back": lambda push: push.hand_back(),
    "note_known": lambda push: push.note_known(["a"]),
}


def unconfirmed_push() -> Push:
    push = sent_push()
    push.mark_unconfirmed(PermanentError(ErrorCode.FLATCHR_AMBIGUOUS))
    return reload(push)


STATES: dict[str, Callable[[], Push]] = {
    S.QUEUED: make_push,
    S.RUNNING: claimed_push,
    S.UNCONFIRMED: unconfirmed_push,
}


def _ended(verb: Callable[[Push], None], *, sent: bool = False) -> Callable[[], Push]:
    def make() -> Push:
        push = sent_push() if sent else claimed_push()
        verb(push)
        return reload(push)

    return make


STATES |= {
    S.RETRYING: _ended(WORKER_VERBS["retry_later"]),
    S.SUCCEEDED: _ended(WORKER_VERBS["succeed"], sent=True),
    S.ALREADY_THERE: _ended(WORKER_VERBS["already_there"]),
    S.DISCARDED: _ended(WORKER_VERBS["discard"]),
    S.FAILED: _ended(WORKER_VERBS["fail"]),
    S.CANCELLED: lambda: _cancelled(),
}


def _cancelled() -> Push:
    push = make_push()
    push.cancel(None)
    return push
