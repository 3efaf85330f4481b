"""How a try of a push ends: which verb follows from which error. Pure decisions, one table.

| error | certain? | what follows |
| --- | --- | --- |
| permanent (400, 404, no CV, format, rule) | nothing was created | failed, with a reason |
| 401, 403 | nothing was created | failed; after a few in a row the account is paused and waits |
| retryable (refused, DNS, TLS, 429, faults of reads) | nothing was created | tried again later |
| doubtful (a page in place of a CV) | nothing was created | tried again; twice in a row: failed |
| outcome unknown (time-out, reset, 5xx, unreadable) | no | looked up before anything is sent |
| retryable while looking up | no | looked up again later; costs no attempt |
| anything unexpected | no, once sent | looked up; failed where nothing was sent |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from sync.exceptions import (
    DoubtfulError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.models import Push
from sync.models.attempts import AttemptOutcome
from sync.services.peers.backoff import backoff
from sync.services.preparing.journal import Journal
from sync.vocabulary import ErrorCode


@dataclass(frozen=True)
class Outcome:
    """A verb to be applied to the push, and how its attempt is recorded."""

    verb: Callable[[Push], None]
    outcome: AttemptOutcome
    error: SyncError | None = None


def decide(error: Exception, push: Push, journal: Journal, *, sent: bool) -> Outcome:
    """`sent`: an intent was committed in this try, so the create may have had an effect."""
    known = error if isinstance(error, SyncError) else _unexpected(error)
    if push.create_started_at is not None and not sent:
        return _while_looking_up(known, push)
    if sent and not _is_certain(known):
        return _lost(known)
    if isinstance(known, RetryableError):
        return _again(known, push, journal, sent=sent)
    return _failed(known, journal, sent=sent)


def _unexpected(error: Exception) -> SyncError:
    return SyncError(ErrorCode.UNEXPECTED, problem=type(error).__name__)


def _is_certain(error: SyncError) -> bool:
    """Whether the peer certainly did nothing: anything unforeseen is not certain."""
    if isinstance(error, OutcomeUnknownError):
        return False
    return isinstance(error, PermanentError | RetryableError)


def _lost(error: SyncError) -> Outcome:
    asked = error.retry_after if isinstance(error, RetryableError) else None
    delay = max(settings.PUSH_SETTLE_SECONDS, asked or 0)
    return Outcome(
        lambda push: push.mark_unknown(error, delay=delay), AttemptOutcome.UNKNOWN, error
    )


def _again(error: RetryableError, push: Push, journal: Journal, *, sent: bool) -> Outcome:
    if isinstance(error, DoubtfulError) and push.error_code == error.code:
        return _failed(error, journal, sent=sent)
    delay = backoff(push.attempts, error.retry_after)
    if limit := _limit_reached(push, delay):
        return _failed(_given_up(limit, error.code, push), journal, sent=sent)
    event = journal.failure
    return Outcome(
        lambda push: push.retry_later(error, event, delay=delay, create_refused=sent),
        AttemptOutcome.FAILED,
        error,
    )


def _limit_reached(push: Push, delay: float = 0) -> ErrorCode | None:
    if push.attempts >= settings.PUSH_MAX_ATTEMPTS:
        return ErrorCode.ATTEMPTS_EXHAUSTED
    return ErrorCode.DEADLINE_PASSED if is_over(push.deadline_at, delay) else None


def _given_up(limit: ErrorCode, last: str, push: Push) -> PermanentError:
    return PermanentError(limit, last=str(last), attempts=push.attempts)


def lost_too_often(push: Push, journal: Journal) -> Outcome | None:
    """The look-up found that the lost create had no effect: the end, where no other may follow."""
    limit = _limit_reached(push)
    if limit is None:
        return None
    last = push.error_code or ErrorCode.FLATCHR_FAULT
    return _failed(_given_up(limit, last, push), journal, sent=True)


def _failed(error: SyncError, journal: Journal, *, sent: bool) -> Outcome:
    event = journal.failure
    return Outcome(
        lambda push: push.fail(error, event, create_refused=sent), AttemptOutcome.FAILED, error
    )


def _while_looking_up(error: SyncError, push: Push) -> Outcome:
    asked = error.retry_after if isinstance(error, RetryableError) else None
    delay = backoff(push.lookups, asked)
    if is_over(push.deadline_at, delay):
        return ambiguous()
    return Outcome(lambda push: push.mark_unknown(error, delay=delay), AttemptOutcome.FAILED, error)


def wait(error: SyncError, push: Push, journal: Journal, *, sent: bool = False) -> Outcome:
    """Not this push's doing (nobody can say who is on the vacancy, its account is refused, its duplicate
    is on the way): it waits until its deadline and loses no attempt."""
    asked = error.retry_after if isinstance(error, RetryableError) else None
    delay = backoff(push.lookups + 1, asked)
    if is_over(push.deadline_at, delay):
        if push.create_started_at is not None and not sent:
            return ambiguous()
        limit = _given_up(ErrorCode.DEADLINE_PASSED, error.code, push)
        return _failed(limit, journal, sent=sent)
    return Outcome(
        lambda push: push.hand_back(delay=delay, error=error, looked=True, create_refused=sent),
        AttemptOutcome.HANDED_BACK,
        error,
    )


def ambiguous() -> Outcome:
    error = PermanentError(ErrorCode.FLATCHR_AMBIGUOUS)
    return Outcome(lambda push: push.mark_unconfirmed(error), AttemptOutcome.UNKNOWN, error)


def put_off(delay: float, error: SyncError | None = None) -> Outcome:
    """Not this push's doing: it waits and loses no attempt."""
    return Outcome(
        lambda push: push.hand_back(delay=delay, error=error), AttemptOutcome.HANDED_BACK, error
    )


def is_over(deadline: datetime | None, delay: float = 0) -> bool:
    return deadline is not None and timezone.now().timestamp() + delay > deadline.timestamp()
