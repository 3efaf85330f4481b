"""Carrying one claimed push to its end: look up, read, format, rules, CV, create, close.

Runs in a thread of a shift and touches the database only through the writer. The order is what
makes a push exactly-once: the intent is committed before the candidate is sent, and an intent
without a certain outcome is looked up before anything is sent again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
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
from sync.matching import Found, Verdict, already_there, candidate_person, lookalikes
from sync.models import LostClaimError, Push, PushAttempt, WrongStateError
from sync.models.attempts import AttemptOutcome, Stage
from sync.models.circuit_breaker import CircuitBreaker
from sync.models.states import PushStatus
from sync.redaction import redact
from sync.services.peers import circuit_breakers, rate_limits
from sync.services.peers.client_factory import flatchr_client, hrflow_client
from sync.services.preparing.job import job_of
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import DiscardedError, complete, read_candidate
from sync.services.privacy import suppression
from sync.services.pushing import attempts
from sync.services.pushing.outcomes import Outcome, ambiguous, decide, lost_too_often, put_off, wait
from sync.services.queue import shutdown
from sync.services.queue.writer import Writer
from sync.services.reconciling.applicants import mask, person_of
from sync.services.reconciling.duplicates import Duplicate, find_duplicate
from sync.services.reconciling.existing_applicants import ExistingApplicants
from sync.services.reconciling.lost_answers import look_up
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)


class EndedError(Exception):
    """The push has its outcome already; the steps that would follow are left out."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.outcome)
        self.outcome = outcome


@dataclass
class Transfer:
    """One try of one claimed push."""

    push: Push
    writer: Writer
    existing: ExistingApplicants
    worker: str = ""

    def __post_init__(self) -> None:
        self.journal = Journal(before_step=self._check_not_stopping)
        self.sent = False
        self.probes: list[CircuitBreaker] = []
        self.turns = rate_limits.Turns(
            rate_limits.company_throttle(self.push.vacancy.company, self.writer)
        )
        # Known once it is formatted, whatever becomes of the steps after that.
        self.candidate: Candidate | None = None
        # The row of this try, once its intent is committed.
        self.attempt: PushAttempt | None = None

    def run(self) -> None:
        """Take the steps and record the end. Raises nothing that a push could cause."""
        try:
            outcome = self._outcome()
        except LostClaimError:
            logger.warning("push %s: claim lost, nothing sent", self.push.pk)
            return
        try:
            self._record(outcome)
        except LostClaimError:
            logger.warning("push %s: claim lost before it could be closed", self.push.pk)

    def _record(self, outcome: Outcome) -> None:
        try:
            self.writer.run(lambda: self._close(outcome))
        except LostClaimError:
            raise
        except WrongStateError:
            # The row knows of an intent that this outcome denies: a person decides.
            logger.exception("push %s: its end contradicts its row", self.push.pk)
            self.writer.run(lambda: self._close(ambiguous()))

    def _outcome(self) -> Outcome:
        try:
            self._take_steps()
        except EndedError as end:
            return end.outcome
        except DiscardedError as discarded:
            logic = discarded.logic
            return Outcome(lambda push: push.discard(logic), AttemptOutcome.DISCARDED)
        except LostClaimError:
            raise
        except rate_limits.RateLimitedError as error:
            return put_off(error.retry_after or 1, error)
        except CredentialsError as error:
            return self._refused(error)
        except SecretUnreadableError:
            unreadable = PermanentError(ErrorCode.SECRET_UNREADABLE)
            return decide(unreadable, self.push, self.journal, sent=False)
        except (DatabaseError, RedisError) as error:
            return self._without_store(error)
        except Exception as error:
            return self._failed(error)
        return Outcome(lambda push: push.succeed(), AttemptOutcome.DONE)

    def _failed(self, error: Exception) -> Outcome:
        if isinstance(error, ConfigurationError):
            logger.error("push %s: %s", self.push.pk, error)
        elif not isinstance(error, SyncError):
            logger.exception("push %s: unexpected error", self.push.pk)
        return decide(error, self.push, self.journal, sent=self.sent)

    def _without_store(self, error: Exception) -> Outcome:
        """Our own database or cache was away for a moment: that is not the push's fault."""
        logger.warning("push %s: %s", self.push.pk, type(error).__name__)
        if self.sent:
            return decide(error, self.push, self.journal, sent=True)
        away = RetryableError(ErrorCode.UNEXPECTED, problem=type(error).__name__)
        return wait(away, self.push, self.journal)

    def _refused(self, error: CredentialsError) -> Outcome:
        """401 or 403: once the account is paused, its pushes wait instead of failing."""
        if self.writer.run(lambda: circuit_breakers.note_refusal(self.push, error)):
            return wait(error, self.push, self.journal, sent=self.sent)
        return decide(error, self.push, self.journal, sent=self.sent)

    # --- steps ----------------------------------------------------------------------------------

    def _take_steps(self) -> None:
        self._check_open()
        if (
            circuit_breakers.is_half_open(self.push)
            or self.push.vacancy.company.requests_per_minute
        ):
            self.writer.run(self._check_turn)
        flatchr = self._flatchr()
        if self.push.create_started_at is not None:
            self._look_up(flatchr)
            self._check_open()
        job = job_of(self.push)
        self.candidate = read_candidate(job, self._hrflow(), self.journal)
        candidate = complete(self.candidate, job, self.journal)
        self._check_existing(candidate, flatchr)
        send_by = self._begin(candidate)
        with self.journal.step(Stage.CREATE):
            flatchr.create_candidate(candidate, send_by=send_by)

    def _check_not_stopping(self) -> None:
        """Nothing was sent in this try yet: whoever works on may take it up at once."""
        if shutdown.is_requested() and not self.sent:
            raise EndedError(put_off(0))

    def _check_turn(self) -> None:
        """Before anything is read: is it worth it now?"""
        rate_limits.check_turn_is_near(self.push.vacancy.company)
        self.probes = circuit_breakers.check_let_through(self.push)

    def _flatchr(self) -> FlatchrClient:
        company = self.push.vacancy.company
        return flatchr_client(company, throttle=self.turns, observe=self.journal.observe)

    def _hrflow(self) -> Any:
        return hrflow_client(self.push.source, self.writer, observe=self.journal.observe)

    def _check_open(self) -> None:
        """What our own rows know already needs no request."""
        if self.push.create_started_at is not None:
            return
        if not self.push.vacancy.company.is_active:
            raise PermanentError(ErrorCode.COMPANY_INACTIVE)
        if not self.push.source.is_active:
            raise PermanentError(ErrorCode.SOURCE_INACTIVE)
        if suppression.is_placeholder(self.push.profile_key):
            raise PermanentError(ErrorCode.PERSON_ERASED)
        if not self.push.vacancy.is_open:
            raise PermanentError(ErrorCode.VACANCY_CLOSED)

    def _look_up(self, flatchr: FlatchrClient) -> None:
        """What became of the last try's create? Ends the push, or lets it be sent again."""
        with self.journal.step(Stage.CHECK) as step:
            verdict, found = look_up(self.push, flatchr, self.writer)
            step.message = str(verdict.value)
        if verdict is Verdict.FOUND:
            raise EndedError(_found(found))
        if verdict is Verdict.AMBIGUOUS:
            raise EndedError(ambiguous())
        if verdict is Verdict.LATER:
            error = PermanentError(ErrorCode.FLATCHR_FAULT)
            raise EndedError(decide(error, self.push, self.journal, sent=False))
        if outcome := lost_too_often(self.push, self.journal):
            raise EndedError(outcome)
        self.writer.run(self.push.clear_intent)
        self.push.create_started_at, self.push.lookups = None, 0
        self.push.attempts += 1

    def _check_existing(self, candidate: Candidate, flatchr: FlatchrClient) -> None:
        """Is the person on the vacancy already? One search per vacancy and run."""
        with self.journal.step(Stage.CHECK):
            try:
                applicants = self.existing.before(self.push, flatchr)
            except rate_limits.RateLimitedError:
                raise
            except RetryableError as error:
                raise EndedError(wait(error, self.push, self.journal)) from error
        person = mask(candidate_person(candidate))
        there = already_there(person, applicants)
        if there and self.push.repeat_of_id is None:
            raise EndedError(_already_there(there))
        known = sorted({*self.push.known_applicants, *lookalikes(person, applicants)})
        if known != sorted(self.push.known_applicants):
            self.writer.run(lambda: self.push.note_known(known))

    def _begin(self, candidate: Candidate) -> float:
        """Commit the intent and the attempt's row; only then may the candidate be sent, and no
        later than the returned moment (monotonic): then others may have looked it up already."""
        self.turns.take_ahead()
        send_by = time.monotonic() + settings.PUSH_LEASE_SECONDS
        self.writer.run(lambda: self._commit_intent(candidate))
        self.sent = True
        return send_by

    def _commit_intent(self, candidate: Candidate) -> None:
        is_asked = self.writer.shared(suppression.is_anybody_erased)
        if is_asked and suppression.is_of_erased(candidate, self.push.profile_key):
            raise PermanentError(ErrorCode.PERSON_ERASED)
        self._check_duplicates(candidate)
        hide_phone = self.writer.shared(suppression.phone_hider)
        self.push.begin_create(
            firstname=str(candidate["firstname"]),
            lastname=str(candidate["lastname"]),
            email=str(candidate.get("email") or ""),
            phone=hide_phone(candidate_person(candidate).phone),
        )
        self.attempt = self._attempt_row(Stage.CREATE, AttemptOutcome.STARTED)
        self.writer.later(attempts.insert, self.attempt)

    def _check_duplicates(self, candidate: Candidate) -> None:
        """The same person, pushed to the same vacancy from another profile, is not sent twice."""
        if self.push.repeat_of_id is not None:
            return
        if duplicate := find_duplicate(self.push.vacancy_id, candidate):
            raise EndedError(self._duplicate_outcome(duplicate))

    def _duplicate_outcome(self, duplicate: Duplicate) -> Outcome:
        if duplicate.status == PushStatus.SUCCEEDED:
            return _already_there(
                Found(duplicate.applicant_id, duplicate.column, person_of(duplicate))
            )
        return wait(RetryableError(ErrorCode.DUPLICATE_IN_PROGRESS), self.push, self.journal)

    # --- records --------------------------------------------------------------------------------

    def _attempt_row(self, stage: Stage, outcome: AttemptOutcome) -> PushAttempt:
        return PushAttempt(
            push=self.push,
            number=max(self.push.attempts, 1),
            stage=stage,
            outcome=outcome,
            worker=self.worker,
        )

    def _close(self, outcome: Outcome) -> None:
        error = outcome.error
        values: dict[str, Any] = {
            "stage": self.journal.stage,
            "outcome": outcome.outcome,
            "http_status": self.journal.http_status,
            "duration_ms": self.journal.duration_ms,
            "error_code": error.code if error else "",
            "message": redact(str(error)) if error else "",
            "steps": self.journal.as_rows(),
            "finished_at": timezone.now(),
        }
        outcome.verb(self.push)
        if error is not None and suppression.is_of_erased(self.candidate, self.push.profile_key):
            # Whatever has ended it, nothing is kept of whom we were asked to forget.
            suppression.forget_push(self.push)
            values["steps"], values["message"] = [], ""
        refused = error.side if isinstance(error, CredentialsError) else None
        circuit_breakers.note_answer(self.push, self.journal, self.probes, refused=refused)
        row = self.attempt or self._attempt_row(self.journal.stage, outcome.outcome)
        for name, value in values.items():
            setattr(row, name, value)
        self.writer.later(attempts.complete if self.attempt else attempts.insert, row)


def _found(found: Found | None) -> Outcome:
    applicant = found.id if found else ""
    column = found.column if found else ""
    return Outcome(
        lambda push: push.succeed(applicant_id=applicant, column=column), AttemptOutcome.DONE
    )


def _already_there(found: Found) -> Outcome:
    return Outcome(
        lambda push: push.mark_already_there(applicant_id=found.id, column=found.column),
        AttemptOutcome.DONE,
    )
