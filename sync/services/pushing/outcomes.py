"""How a try of a push ends: which outcome follows from which error, and which transition from that.

| error | certain? | what follows |
| --- | --- | --- |
| company or source off, vacancy closed | nothing was created | waits until it is back |
| permanent (400, 404, no CV, format, rule) | nothing was created | failed, with a reason |
| 401, 403 | nothing was created | failed; after a few in a row the account is paused and waits |
| retryable (refused, DNS, TLS, 429, faults of reads) | nothing was created | tried again later |
| doubtful (a page in place of a CV) | nothing was created | tried again; twice in a row: failed |
| outcome unknown (time-out, reset, 5xx, unreadable) | no | looked up before anything is sent |
| retryable while looking up | no | looked up again later; costs no attempt |
| a profile unknown that an event announced | nothing was created | asked for again for a while |
| anything unexpected | no, once sent | looked up; failed where nothing was sent |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.utils import timezone

from sync.exceptions import (
    DoubtfulError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.matching import Found
from sync.models import Push, RunKind
from sync.models.push.attempts import AttemptOutcome
from sync.models.push.queryset import HELD_BY
from sync.services.peers.backoff import backoff
from sync.vocabulary import ErrorCode, Event

# How long a profile may stay unreadable after HrFlow's event, and how often it is asked for.
ANNOUNCED_FOR = timedelta(minutes=10)
LONGEST_PAUSE_SECONDS = 60.0


class Kind(Enum):
    SUCCEEDED = auto()
    ALREADY_THERE = auto()
    DISCARDED = auto()
    FAILED = auto()
    RETRY = auto()
    # Sent, and nobody knows what became of it; and: a look-up of that could not be made.
    UNKNOWN = auto()
    STILL_UNKNOWN = auto()
    UNCONFIRMED = auto()
    HANDED_BACK = auto()
    # Another worker holds the push: nothing was sent and nothing is recorded.
    CLAIM_LOST = auto()


ATTEMPT_OUTCOMES = {
    Kind.SUCCEEDED: AttemptOutcome.DONE,
    Kind.ALREADY_THERE: AttemptOutcome.DONE,
    Kind.DISCARDED: AttemptOutcome.DISCARDED,
    Kind.FAILED: AttemptOutcome.FAILED,
    Kind.RETRY: AttemptOutcome.FAILED,
    Kind.UNKNOWN: AttemptOutcome.UNKNOWN,
    Kind.STILL_UNKNOWN: AttemptOutcome.FAILED,
    Kind.UNCONFIRMED: AttemptOutcome.UNKNOWN,
    Kind.HANDED_BACK: AttemptOutcome.HANDED_BACK,
}


@dataclass(frozen=True)
class Outcome:
    """How one try ended, as data. `delay`: seconds until the next try; `create_refused`: a create
    was sent in this try and certainly had no effect; `looked`: something was asked in vain, so the
    next try comes later; `logic`: the rule that left the profile out."""

    kind: Kind
    error: SyncError | None = None
    delay: float = 0
    event: Event = Event.WRITE_FAILURE
    create_refused: bool = False
    looked: bool = False
    applicant: Found | None = None
    logic: str = ""

    def __str__(self) -> str:
        """For the log: `failed (resume_missing)`. It names nobody."""
        reason = f" ({self.error.code})" if self.error else ""
        return f"{self.kind.name.lower()}{reason}"

    @property
    def attempt(self) -> AttemptOutcome:
        return ATTEMPT_OUTCOMES[self.kind]


def apply(outcome: Outcome, push: Push) -> None:
    """Move the push as the outcome says. Raises LostClaimError, WrongStateError."""
    error, delay, refused = outcome.error, outcome.delay, outcome.create_refused
    applicant_id = outcome.applicant.id if outcome.applicant else ""
    column = outcome.applicant.column if outcome.applicant else ""
    match outcome.kind:
        case Kind.SUCCEEDED:
            push.succeed(applicant_id=applicant_id, column=column)
        case Kind.ALREADY_THERE:
            push.mark_already_there(applicant_id=applicant_id, column=column)
        case Kind.DISCARDED:
            push.discard(outcome.logic)
        case Kind.HANDED_BACK:
            push.hand_back(delay=delay, error=error, looked=outcome.looked, create_refused=refused)
        case _ if error is None:
            raise TypeError(outcome.kind.name)
        case Kind.FAILED:
            push.fail(error, outcome.event, create_refused=refused)
        case Kind.RETRY:
            push.retry_later(error, outcome.event, delay=delay, create_refused=refused)
        case Kind.UNKNOWN | Kind.STILL_UNKNOWN:
            push.mark_unknown(error, delay=delay)
        case Kind.UNCONFIRMED:
            push.mark_unconfirmed(error)


# --- from errors to outcomes ----------------------------------------------------------------------


def decide(error: Exception, push: Push, event: Event, *, sent: bool) -> Outcome:
    """`event`: what a failure in the step that failed is called; `sent`: an intent was committed in
    this try, so the create may have had an effect."""
    known = error if isinstance(error, SyncError) else unexpected(error)
    if push.create_started_at is not None and not sent:
        return _while_looking_up(known, push)
    certain = isinstance(known, PermanentError | RetryableError)
    if sent and (not certain or isinstance(known, OutcomeUnknownError)):
        delay = max(settings.PUSH_SETTLE_SECONDS, _asked(known) or 0)
        return Outcome(Kind.UNKNOWN, known, delay)
    if known.code in HELD_BY:
        return wait(known, push, event, sent=sent)
    if isinstance(known, RetryableError):
        return _try_again(known, push, event, sent=sent)
    if known.code == ErrorCode.PROFILE_NOT_FOUND and _is_announced(push):
        delay = min(backoff(push.lookups + 1), LONGEST_PAUSE_SECONDS)
        return Outcome(Kind.HANDED_BACK, known, delay, event, looked=True)
    return Outcome(Kind.FAILED, known, event=event, create_refused=sent)


def _is_announced(push: Push) -> bool:
    """Whether an event asked for this push of late: HrFlow speaks of a profile before it can be
    read."""
    if push.run.kind != RunKind.EVENT or push.decided_at is not None:
        return False
    asked_at = push.created_at
    if push.deadline_at is not None:
        # It moves when the next event announces the profile again.
        asked_at = push.deadline_at - timedelta(seconds=settings.PUSH_DEADLINE_SECONDS)
    return not is_over(asked_at + ANNOUNCED_FOR)


def unexpected(error: Exception) -> SyncError:
    """Names only the kind of error: its own words may hold personal data."""
    return SyncError(ErrorCode.UNEXPECTED, problem=type(error).__name__)


def _asked(error: SyncError) -> float | None:
    """The seconds a peer asked to wait."""
    return error.retry_after if isinstance(error, RetryableError) else None


def _while_looking_up(error: SyncError, push: Push) -> Outcome:
    delay = backoff(push.lookups, _asked(error))
    if is_over(push.deadline_at, delay):
        return unconfirmed()
    return Outcome(Kind.STILL_UNKNOWN, error, delay)


def _try_again(error: RetryableError, push: Push, event: Event, *, sent: bool) -> Outcome:
    failed = Outcome(Kind.FAILED, error, event=event, create_refused=sent)
    if isinstance(error, DoubtfulError) and push.error_code == error.code:
        return failed
    delay = backoff(push.attempts, error.retry_after)
    if limit := _limit_reached(push, delay):
        given_up = _given_up(limit, error.code, push)
        return Outcome(Kind.FAILED, given_up, event=event, create_refused=sent)
    return Outcome(Kind.RETRY, error, delay, event, create_refused=sent)


def _limit_reached(push: Push, delay: float = 0) -> ErrorCode | None:
    if push.attempts >= settings.PUSH_MAX_ATTEMPTS:
        return ErrorCode.ATTEMPTS_EXHAUSTED
    return ErrorCode.DEADLINE_PASSED if is_over(push.deadline_at, delay) else None


def _given_up(limit: ErrorCode, last: str, push: Push) -> PermanentError:
    return PermanentError(limit, last=str(last), attempts=push.attempts)


def is_over(deadline: datetime | None, delay: float = 0) -> bool:
    return deadline is not None and timezone.now().timestamp() + delay > deadline.timestamp()


# --- outcomes that are no error of the push -------------------------------------------------------


def wait(error: SyncError, push: Push, event: Event, *, sent: bool = False) -> Outcome:
    """Not this push's doing (nobody can say who is on the vacancy, its account is refused, the same
    person is being sent from another profile, its target takes nothing now): it waits until its
    deadline and loses no attempt."""
    # What is held is left out by every claim, and goes on as soon as it is held no more.
    is_held = error.code in HELD_BY
    delay = 0 if is_held else backoff(push.lookups + 1, _asked(error))
    if not is_over(push.deadline_at, delay):
        return Outcome(Kind.HANDED_BACK, error, delay, create_refused=sent, looked=not is_held)
    if push.create_started_at is not None and not sent:
        return unconfirmed()
    given_up = _given_up(ErrorCode.DEADLINE_PASSED, error.code, push)
    return Outcome(Kind.FAILED, given_up, event=event, create_refused=sent)


def lost_too_often(push: Push, event: Event) -> Outcome | None:
    """A look-up found that the lost create had no effect: failed, where no other try may follow.

    None where one may: the push is created anew in this try.
    """
    limit = _limit_reached(push)
    if limit is None:
        return None
    given_up = _given_up(limit, push.error_code or ErrorCode.FLATCHR_FAULT, push)
    return Outcome(Kind.FAILED, given_up, event=event, create_refused=True)


def unconfirmed() -> Outcome:
    """A look-up cannot tell: a person decides."""
    return Outcome(Kind.UNCONFIRMED, PermanentError(ErrorCode.FLATCHR_AMBIGUOUS))
