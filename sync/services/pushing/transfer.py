"""One try of one claimed push, in the order of its steps; then its outcome is recorded.

Runs in a thread of a worker and touches the database only through the writer. The order makes a
push exactly-once: the intent is committed before the candidate is sent, and an intent without a
certain outcome is looked up before anything is sent again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from django.conf import settings

from sync.exceptions import (
    PermanentError,
    RetryableError,
)
from sync.matching import Found, LookUpVerdict, already_there, candidate_person, lookalikes
from sync.models import LostClaimError, Push, PushAttempt
from sync.models.circuit_breaker import CircuitBreaker
from sync.models.push.attempts import AttemptOutcome, Stage
from sync.models.states import PushStatus
from sync.services.peers import circuit_breakers, rate_limits
from sync.services.peers.client_factory import flatchr_client, hrflow_client
from sync.services.preparing.job import job_of
from sync.services.preparing.steps import Discarded, complete, format_candidate, read_profile
from sync.services.privacy import suppression
from sync.services.pushing import outcomes
from sync.services.pushing.attempt import Try, attempt_row, outcome_of_error, record
from sync.services.pushing.blocking import blocked_target
from sync.services.pushing.outcomes import Kind, Outcome
from sync.services.queue import shutdown
from sync.services.queue.writer import Writer
from sync.services.reconciling.applicants import mask, person_of
from sync.services.reconciling.duplicates import find_duplicate
from sync.services.reconciling.existing_applicants import ExistingApplicants
from sync.services.reconciling.lost_answers import look_up
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)


Step: TypeAlias = Callable[[Try], Try | Outcome]


def transfer(push: Push, writer: Writer, existing: ExistingApplicants, worker_id: str = "") -> None:
    """Take the steps and record the outcome. Raises nothing that a push could cause."""
    turns = rate_limits.Turns(rate_limits.company_throttle(push.vacancy.company, writer))
    state, outcome = take_steps(Try(push, writer, existing, worker_id, turns))
    if outcome.kind is Kind.CLAIM_LOST:
        logger.warning("push %s: claim lost, nothing sent", push.pk)
        return
    try:
        record(state, outcome)
    except LostClaimError:
        logger.warning("push %s: claim lost before it could be closed", push.pk)
    else:
        logger.info("push %s: %s", push.pk, outcome)


def take_steps(state: Try) -> tuple[Try, Outcome]:
    """Until a step ends the try, or all are taken: then the candidate is in Flatchr."""
    for step in STEPS:
        is_late = time.monotonic() > state.writer.ends + settings.HTTP_TIMEOUT_SECONDS
        if (is_late or shutdown.is_requested()) and not state.sent:
            # Whoever works on, or the next task, may take it up at once.
            return state, Outcome(Kind.HANDED_BACK)
        try:
            result = step(state)
        except Exception as error:
            return state, outcome_of_error(error, state)
        if isinstance(result, Outcome):
            return state, result
        state = result
    return state, Outcome(Kind.SUCCEEDED)


# --- the steps, in their order --------------------------------------------------------------------


def check_target(state: Try) -> Try:
    """What our own rows know already needs no request."""
    push = state.push
    if push.create_started_at is None and (problem := blocked_target(push)):
        raise PermanentError(problem)
    return state


def check_turn(state: Try) -> Try:
    """Is it worth reading anything now? Raises RateLimitedError where the turn to send is far away,
    or a half-open account is being probed by another push."""
    company = state.push.vacancy.company
    if not circuit_breakers.is_half_open(state.push) and not company.requests_per_minute:
        return state

    def ask() -> Sequence[CircuitBreaker]:
        rate_limits.check_turn_is_near(company)
        return circuit_breakers.check_let_through(state.push)

    return replace(state, probes=state.writer.run(ask))


def connect(state: Try) -> Try:
    """Raises SecretUnreadableError before anything is read for a company that cannot be asked."""
    company, observe = state.push.vacancy.company, state.journal.observe
    return replace(state, client=flatchr_client(company, throttle=state.turns, observe=observe))


def look_up_lost_answer(state: Try) -> Try | Outcome:
    """What became of the last try's create? Ends the push, or lets it be sent again."""
    push = state.push
    if push.create_started_at is None:
        return state
    with state.journal.step(Stage.CHECK) as step:
        verdict, found = look_up(push, state.flatchr, state.writer)
        step.message = str(verdict.value)
    event = state.journal.failure
    if verdict is LookUpVerdict.FOUND:
        return Outcome(Kind.SUCCEEDED, applicant=found)
    if verdict is LookUpVerdict.AMBIGUOUS:
        return outcomes.unconfirmed()
    if verdict is LookUpVerdict.LATER:
        return outcomes.decide(PermanentError(ErrorCode.FLATCHR_FAULT), push, event, sent=False)
    if failed := outcomes.lost_too_often(push, event):
        return failed
    state.writer.run(push.clear_intent)
    push.create_started_at, push.lookups = None, 0
    push.attempts += 1
    return state


def read(state: Try) -> Try:
    hrflow = hrflow_client(state.push.source, state.writer, observe=state.journal.observe)
    return replace(state, profile=read_profile(job_of(state.push), hrflow, state.journal))


def format_and_apply_rules(state: Try) -> Try | Outcome:
    candidate = format_candidate(job_of(state.push), state.profile, state.journal)
    if isinstance(candidate, Discarded):
        return Outcome(Kind.DISCARDED, logic=candidate.logic)
    return replace(state, candidate=candidate)


def attach_cv(state: Try) -> Try:
    return replace(state, candidate=complete(state.made, job_of(state.push), state.journal))


def find_existing(state: Try) -> Try | Outcome:
    """Is the person on the vacancy already? One search a vacancy and run; where that may be cut
    short, one more a push."""
    push, journal = state.push, state.journal
    try:
        with journal.step(Stage.CHECK):
            search = state.existing.find(push, state.flatchr, state.made)
    except rate_limits.RateLimitedError:
        raise
    except RetryableError as error:
        return outcomes.wait(error, push, journal.failure)
    person = mask(candidate_person(state.made))
    applicants = search.applicants
    if push.repeat_of_id is not None:
        # The ones it repeats are there; another can only be its own, from before a restore.
        fresh = [one for one in applicants if one.id not in push.known_applicants]
        applicants = fresh if search.may_show(push) else []
    if found := already_there(person, applicants):
        return Outcome(Kind.ALREADY_THERE, applicant=found)
    if search.may_show(push) and lookalikes(person, applicants):
        maybe_sent = PermanentError(ErrorCode.MAYBE_SENT_BEFORE_RESTORE)
        return Outcome(Kind.FAILED, maybe_sent, event=journal.failure)
    known = sorted({*push.known_applicants, *lookalikes(person, search.applicants)})
    if known != sorted(push.known_applicants):
        state.writer.run(lambda: push.note_known(known))
    return state


def commit_intent(state: Try) -> Try | Outcome:
    """Commit the intent and the row of this attempt: only then may the candidate be sent."""
    state.turns.take_ahead()
    send_by = time.monotonic() + settings.PUSH_LEASE_SECONDS
    result = state.writer.run(lambda: _write_intent(state))
    if isinstance(result, Outcome):
        return result
    return replace(state, attempt=result, send_by=send_by)


def _write_intent(state: Try) -> PushAttempt | Outcome:
    """In one transaction: may this person be sent, and not from another profile too? Then the
    intent."""
    push, candidate, writer = state.push, state.made, state.writer
    anybody_erased = writer.shared(suppression.is_anybody_erased)
    if anybody_erased and suppression.is_of_erased(candidate, push.profile_key):
        raise PermanentError(ErrorCode.PERSON_ERASED)
    duplicate = find_duplicate(push.vacancy_id, candidate) if push.repeat_of_id is None else None
    if duplicate and duplicate.status == PushStatus.SUCCEEDED:
        found = Found(duplicate.applicant_id, duplicate.column, person_of(duplicate))
        return Outcome(Kind.ALREADY_THERE, applicant=found)
    if duplicate:
        in_progress = RetryableError(ErrorCode.DUPLICATE_IN_PROGRESS)
        return outcomes.wait(in_progress, push, state.journal.failure)
    hide_phone = writer.shared(suppression.phone_hider)
    push.begin_create(
        firstname=str(candidate["firstname"]),
        lastname=str(candidate["lastname"]),
        email=str(candidate.get("email") or ""),
        phone=hide_phone(candidate_person(candidate).phone),
    )
    attempt = attempt_row(state, Stage.CREATE, AttemptOutcome.STARTED)
    writer.later(PushAttempt.objects.bulk_create, attempt)
    return attempt


def create(state: Try) -> Try:
    """https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat"""
    with state.journal.step(Stage.CREATE):
        state.flatchr.create_candidate(state.made, send_by=state.send_by)
    return state


STEPS: tuple[Step, ...] = (
    check_target,
    check_turn,
    connect,
    look_up_lost_answer,
    check_target,  # Again: a look-up may have found that nothing was sent.
    read,
    format_and_apply_rules,
    attach_cv,
    find_existing,
    commit_intent,
    create,
)
