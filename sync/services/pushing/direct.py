"""One push without rows: the same steps as a queued one; its journal is the result it returns."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone
from tenacity import RetryCallState, Retrying

from sync.clients.flatchr import FlatchrClient, Vacancy
from sync.clients.hrflow import HrFlowClient
from sync.exceptions import (
    DoubtfulError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.mapping.candidate import Candidate
from sync.matching import Found, LookUpVerdict, Siblings, already_there, candidate_person, judge
from sync.models.push.attempts import Stage
from sync.models.states import PushStatus
from sync.services.peers.backoff import backoff
from sync.services.peers.client_factory import flatchr_client_with, hrflow_client_with
from sync.services.preparing.job import Job
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import Discarded, prepare
from sync.services.reconciling.applicants import search_person
from sync.vocabulary import ErrorCode, Event, ReadMode

logger = logging.getLogger(__name__)
T = TypeVar("T")

ORIGIN = ("api_secret", "api_user", "source_key", "profile_key")
TARGET = ("auth", "vacancy", "company")
ACTION = ("logics", "format", "read_mode")
LOOK_UP_TRIES = 5
# For one step; a `Retry-After` beyond it ends the call.
PATIENCE_SECONDS = 300.0


@dataclass
class PushResult:
    """What became of a direct push. `status`: a state of a push; `reason`: why, empty where all
    went well; `events`: counts, in the seed's words."""

    workflow_id: str
    status: str
    reason: str = ""
    code: str = ""
    events: dict[str, int] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class DirectPush:
    """One call: its job and the clients with the credentials it was given."""

    workflow_id: str
    job: Job
    journal: Journal
    hrflow: HrFlowClient
    flatchr: FlatchrClient


End = tuple[PushStatus, Event, SyncError | None]


def push_profile(
    *,
    workflow_id: str,
    action: Mapping[str, Any],
    origin: Mapping[str, Any],
    target: Mapping[str, Any],
) -> PushResult:
    """Raises TypeError for a wrong call, never for a push that fails."""
    _check("action_parameters", action, (), ACTION)
    _check("origin_parameters", origin, ORIGIN)
    _check("target_parameters", target, TARGET)
    ReadMode(action.get("read_mode") or ReadMode.sync)
    journal = Journal()
    user, secret = origin["api_user"], origin["api_secret"]
    auth, company = target["auth"], target["company"]
    push = DirectPush(
        workflow_id,
        Job(
            source_key=origin["source_key"],
            profile_key=origin["profile_key"],
            vacancy=target["vacancy"],
            logics=action.get("logics") or (),
            format=action.get("format"),
        ),
        journal,
        hrflow_client_with(api_user=user, api_secret=secret, observe=journal.observe),
        flatchr_client_with(auth=auth, company=company, observe=journal.observe),
    )
    return _push(push)


def _push(push: DirectPush) -> PushResult:
    try:
        status, event, error = _take_steps(push)
    except SyncError as failure:
        status, event, error = PushStatus.FAILED, push.journal.failure, failure
    read = {} if event is Event.READ_FAILURE else {Event.READ_SUCCESS.value: 1}
    result = PushResult(
        workflow_id=push.workflow_id,
        status=str(status.value),
        reason=str(error) if error else "",
        code=str(error.code.value) if error else "",
        events={**read, event.value: 1},
        steps=push.journal.as_rows(),
    )
    logger.info("%s: %s %s", push.workflow_id, result.status, result.reason)
    return result


def _check(
    name: str, given: Mapping[str, Any], required: tuple[str, ...], allowed: tuple[str, ...] = ()
) -> None:
    missing = [key for key in required if not given.get(key)]
    unknown = [key for key in given if key not in (*required, *allowed)]
    if missing or unknown:
        problems = [f"missing: {', '.join(missing)}"] if missing else []
        problems += [f"unknown: {', '.join(map(str, unknown))}"] if unknown else []
        raise TypeError(f"{name}: {'; '.join(problems)}")


def _take_steps(push: DirectPush) -> End:
    candidate = _patiently(lambda: prepare(push.job, push.hrflow, push.journal))
    if isinstance(candidate, Discarded):
        discarded = PermanentError(ErrorCode.LOGIC_DISCARDED, name=candidate.logic)
        return PushStatus.DISCARDED, Event.LOGICS_DISCARD, discarded
    with push.journal.step(Stage.CHECK):
        vacancy = _patiently(lambda: _vacancy(push))
        before = _patiently(lambda: _search(push, vacancy, candidate))
    if already_there(candidate_person(candidate), before):
        return PushStatus.ALREADY_THERE, Event.ALREADY_THERE, None

    def create() -> None:
        with push.journal.step(Stage.CREATE):
            push.flatchr.create_candidate(candidate)

    try:
        _patiently(create)
    except OutcomeUnknownError:
        return _look_up(push, vacancy, candidate, {applicant.id for applicant in before})
    return PushStatus.SUCCEEDED, Event.WRITE_SUCCESS, None


def _vacancy(push: DirectPush) -> Vacancy:
    found = [v for v in push.flatchr.list_vacancies() if v.slug == push.job.vacancy]
    if not found:
        raise PermanentError(ErrorCode.FLATCHR_NOT_FOUND)
    return found[0]


def _search(
    push: DirectPush, vacancy: Vacancy, candidate: Candidate, *, sent: bool = False
) -> list[Found]:
    """Everybody who could be this candidate on this vacancy; once `sent`, those of late only."""
    email, since = str(candidate.get("email") or ""), timezone.now() if sent else None
    lastname = str(candidate["lastname"])
    return search_person(push.flatchr, vacancy, email=email, lastname=lastname, since=since)


def _look_up(push: DirectPush, vacancy: Vacancy, candidate: Candidate, known: set[str]) -> End:
    """Until Flatchr's search has settled; not found is not sent again but told."""
    person = candidate_person(candidate)
    for _ in range(LOOK_UP_TRIES):
        time.sleep(settings.PUSH_SETTLE_SECONDS / LOOK_UP_TRIES)
        try:
            with push.journal.step(Stage.CHECK):
                found = _search(push, vacancy, candidate, sent=True)
        except SyncError:  # Whatever it is, it does not make the lost answer certain.
            continue
        if judge(person, found, known=known, siblings=Siblings())[0] is LookUpVerdict.FOUND:
            return PushStatus.SUCCEEDED, Event.WRITE_SUCCESS, None
    error = PermanentError(ErrorCode.FLATCHR_AMBIGUOUS)
    return PushStatus.UNCONFIRMED, Event.WRITE_FAILURE, error


def _patiently(work: Callable[[], T]) -> T:
    """What certainly had no effect is tried again, as long as somebody would wait for it; nothing
    else is. Raises what the last try raised."""
    doubted = ""

    def certainly_without_effect(state: RetryCallState) -> bool:
        nonlocal doubted
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, RetryableError) or isinstance(error, OutcomeUnknownError):
            return False
        believed = isinstance(error, DoubtfulError) and error.code == doubted
        doubted = error.code
        return not believed

    def delay(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, RetryableError) else None
        return backoff(state.attempt_number, asked)

    def is_spent(state: RetryCallState) -> bool:
        waited = (state.seconds_since_start or 0) + state.upcoming_sleep
        return state.attempt_number >= settings.PUSH_MAX_ATTEMPTS or waited > PATIENCE_SECONDS

    retrying = Retrying(
        retry=certainly_without_effect, wait=delay, stop=is_spent, sleep=time.sleep, reraise=True
    )
    return retrying(work)
