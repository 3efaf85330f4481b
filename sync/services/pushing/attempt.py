"""One try of a push: what is known of it between its steps, and how its end is recorded."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from redis import RedisError

from sync.clients.flatchr import FlatchrClient
from sync.exceptions import (
    ConfigurationError,
    CredentialsError,
    PermanentError,
    RetryableError,
    SecretUnreadableError,
    SyncError,
)
from sync.mapping.candidate import Candidate
from sync.models import LostClaimError, Push, PushAttempt, WrongStateError
from sync.models.circuit_breaker import CircuitBreaker
from sync.models.push.attempts import AttemptOutcome, Stage
from sync.redaction import redact
from sync.services.peers import circuit_breakers, rate_limits
from sync.services.preparing.journal import Journal
from sync.services.privacy import suppression
from sync.services.pushing import outcomes
from sync.services.pushing.blocking import close_vacancy
from sync.services.pushing.outcomes import Kind, Outcome
from sync.services.queue.writer import Writer
from sync.services.reconciling.existing_applicants import ExistingApplicants
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Try:
    """What is known of one try between two of its steps."""

    push: Push
    writer: Writer
    existing: ExistingApplicants
    worker_id: str
    turns: rate_limits.Turns
    journal: Journal = field(default_factory=Journal)
    client: FlatchrClient | None = None
    # Accounts that are half open and that this push was let through to probe.
    probes: Sequence[CircuitBreaker] = ()
    profile: Mapping[str, Any] = field(default_factory=dict)
    # Known once it is formatted, whatever becomes of the steps after that.
    candidate: Candidate | None = None
    # The row of this try, once its intent is committed; from then on something may have been sent.
    attempt: PushAttempt | None = None
    # The last moment (monotonic, seconds) to send: later, others may have looked the push up.
    send_by: float = 0

    @property
    def sent(self) -> bool:
        return self.attempt is not None

    @property
    def made(self) -> Candidate:
        assert self.candidate is not None
        return self.candidate

    @property
    def flatchr(self) -> FlatchrClient:
        assert self.client is not None
        return self.client


def outcome_of_error(error: Exception, state: Try) -> Outcome:
    push, event = state.push, state.journal.failure
    match error:
        case LostClaimError():
            return Outcome(Kind.CLAIM_LOST)
        case rate_limits.RateLimitedError():
            return Outcome(Kind.HANDED_BACK, error, error.retry_after or 1)
        case CredentialsError():
            # Once the account is paused, its pushes wait instead of failing.
            if state.writer.run(lambda: circuit_breakers.note_refusal(push, error)):
                return outcomes.wait(error, push, event, sent=state.sent)
        case SecretUnreadableError():
            unreadable = PermanentError(ErrorCode.SECRET_UNREADABLE)
            return outcomes.decide(unreadable, push, event, sent=False)
        case DatabaseError() | RedisError():
            logger.warning("push %s: %s", push.pk, type(error).__name__)
            if not state.sent:
                # Our own database or cache was away for a moment: not the push's fault.
                away = RetryableError(ErrorCode.UNEXPECTED, **outcomes.unexpected(error).params)
                return outcomes.wait(away, push, event)
        case ConfigurationError():
            logger.error("push %s: %s", push.pk, error)
        case SyncError():
            pass
        case _:
            logger.error("push %s: unexpected error", push.pk, exc_info=error)
    return outcomes.decide(error, push, event, sent=state.sent)


def record(state: Try, outcome: Outcome) -> None:
    """Raises LostClaimError where another worker holds the push by now."""
    try:
        state.writer.run(lambda: _close(state, outcome))
    except LostClaimError:
        raise
    except WrongStateError:
        # The row knows of an intent that this outcome denies: a person decides.
        logger.exception("push %s: its outcome contradicts its row", state.push.pk)
        state.writer.run(lambda: _close(state, outcomes.unconfirmed()))


def _close(state: Try, outcome: Outcome) -> None:
    push, journal, error = state.push, state.journal, outcome.error
    row = state.attempt or attempt_row(state, journal.stage, outcome.attempt)
    row.stage, row.outcome = journal.stage, outcome.attempt
    row.http_status, row.duration_ms = journal.http_status, journal.duration_ms
    row.error_code = error.code if error else ""
    row.message = redact(str(error)) if error else ""
    row.steps, row.finished_at = journal.as_rows(), timezone.now()
    outcomes.apply(outcome, push)
    if error is not None and suppression.is_of_erased(state.candidate, push.profile_key):
        # Whatever has ended it, nothing is kept of whom we were asked to forget.
        suppression.forget_push(push)
        row.steps, row.message = [], ""
    if state.sent and error is not None and error.code == ErrorCode.VACANCY_CLOSED:
        close_vacancy(push)
    refused = error.side if isinstance(error, CredentialsError) else None
    circuit_breakers.note_answer(push, journal.exchanges, state.probes, refused=refused)
    rows = PushAttempt.objects
    state.writer.later(rows.complete if state.attempt else rows.bulk_create, row)


def attempt_row(state: Try, stage: Stage, outcome: AttemptOutcome) -> PushAttempt:
    return PushAttempt(
        push=state.push,
        number=max(state.push.attempts, 1),
        stage=stage,
        outcome=outcome,
        worker=state.worker_id,
    )
