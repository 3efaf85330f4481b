"""One push without rows: the same steps as a queued one, its journal is the result it returns."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone

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
from sync.models.attempts import Stage
from sync.models.states import PushStatus
from sync.services.peers.backoff import backoff
from sync.services.preparing.job import Job
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import DiscardedError, prepare
from sync.services.reconciling.applicants import on_vacancy
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


def push_profile(
    *,
    workflow_id: str,
    action: Mapping[str, Any],
    origin: Mapping[str, Any],
    target: Mapping[str, Any],
) -> PushResult:
    _check("action_parameters", action, (), ACTION)
    _check("origin_parameters", origin, ORIGIN)
    _check("target_parameters", target, TARGET)
    ReadMode(action.get("read_mode") or ReadMode.sync)
    result = _DirectPush(action, origin, target).run(workflow_id)
    logger.info("%s: %s %s", workflow_id, result.status, result.reason)
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


class _DirectPush:
    def __init__(
        self, action: Mapping[str, Any], origin: Mapping[str, Any], target: Mapping[str, Any]
    ) -> None:
        self.journal = Journal()
        self._sent = False
        self._vacancy_cache: Vacancy | None = None
        self.job = Job(
            source_key=origin["source_key"],
            profile_key=origin["profile_key"],
            vacancy=target["vacancy"],
            logics=action.get("logics") or (),
            format=action.get("format"),
        )
        timeout, observe = settings.HTTP_TIMEOUT_SECONDS, self.journal.observe
        self.hrflow = HrFlowClient(
            api_user=origin["api_user"],
            api_secret=origin["api_secret"],
            base_url=settings.HRFLOW_API_URL,
            timeout=timeout,
            observe=observe,
        )
        self.flatchr = FlatchrClient(
            auth=target["auth"],
            company=target["company"],
            api_url=settings.FLATCHR_API_URL,
            careers_url=settings.FLATCHR_CAREERS_URL,
            timeout=timeout,
            observe=observe,
        )

    def run(self, workflow_id: str) -> PushResult:
        status, event, error = self._outcome()
        events = self._events(event)
        return PushResult(
            workflow_id=workflow_id,
            status=str(status.value),
            reason=str(error) if error else "",
            code=str(error.code.value) if error else "",
            events=events,
            steps=self.journal.as_rows(),
        )

    def _events(self, event: Event) -> dict[str, int]:
        read = {} if event is Event.READ_FAILURE else {Event.READ_SUCCESS.value: 1}
        return {**read, event.value: 1}

    def _outcome(self) -> tuple[PushStatus, Event, SyncError | None]:
        try:
            return self._push()
        except DiscardedError as discarded:
            error = PermanentError(ErrorCode.LOGIC_DISCARDED, name=discarded.logic)
            return PushStatus.DISCARDED, Event.LOGICS_DISCARD, error
        except SyncError as error:
            return PushStatus.FAILED, self.journal.failure, error

    def _push(self) -> tuple[PushStatus, Event, SyncError | None]:
        candidate = _patiently(lambda: prepare(self.job, self.hrflow, self.journal))
        with self.journal.step(Stage.CHECK):
            before = _patiently(lambda: self._search(candidate))
        person = candidate_person(candidate)
        if already_there(person, before):
            return PushStatus.ALREADY_THERE, Event.ALREADY_THERE, None
        try:
            self._create(candidate)
        except OutcomeUnknownError:
            return self._look_up(candidate, {applicant.id for applicant in before})
        return PushStatus.SUCCEEDED, Event.WRITE_SUCCESS, None

    def _create(self, candidate: Candidate) -> None:

        def send() -> None:
            with self.journal.step(Stage.CREATE):
                self.flatchr.create_candidate(candidate)

        _patiently(send)

    def _search(self, candidate: Candidate) -> list[Found]:
        """Everybody who could be this candidate on this vacancy."""
        email, vacancy = candidate.get("email"), self._vacancy()
        applicants = self.flatchr.search_applicants(
            email=email,
            lastname=None if email else candidate["lastname"],
            vacancy_id=vacancy.remote_id or None,
            start=(timezone.now() - timedelta(days=1)).date() if self._sent else None,
        )
        return on_vacancy(applicants, vacancy)

    def _vacancy(self) -> Vacancy:
        if self._vacancy_cache is None:
            found = [v for v in self.flatchr.list_vacancies() if v.slug == self.job.vacancy]
            if not found:
                raise PermanentError(ErrorCode.FLATCHR_NOT_FOUND)
            self._vacancy_cache = found[0]
        return self._vacancy_cache

    def _look_up(
        self, candidate: Candidate, known: set[str]
    ) -> tuple[PushStatus, Event, SyncError | None]:
        """Until Flatchr's search has settled; not found is not sent again but told."""
        self._sent = True
        person = candidate_person(candidate)
        for _ in range(LOOK_UP_TRIES):
            time.sleep(settings.PUSH_SETTLE_SECONDS / LOOK_UP_TRIES)
            try:
                with self.journal.step(Stage.CHECK):
                    found = self._search(candidate)
            except SyncError:  # Whatever it is, it does not make the lost answer certain.
                continue
            if judge(person, found, known=known, siblings=Siblings())[0] is LookUpVerdict.FOUND:
                return PushStatus.SUCCEEDED, Event.WRITE_SUCCESS, None
        error = PermanentError(ErrorCode.FLATCHR_AMBIGUOUS)
        return PushStatus.UNCONFIRMED, Event.WRITE_FAILURE, error


def _patiently(work: Callable[[], T]) -> T:
    """What certainly had no effect is tried again, as long as somebody would wait for it; nothing
    else is."""
    give_up, last = time.monotonic() + PATIENCE_SECONDS, ""
    for attempt in itertools.count(1):
        try:
            return work()
        except OutcomeUnknownError:
            raise
        except RetryableError as error:
            delay = backoff(attempt, error.retry_after)
            believed = isinstance(error, DoubtfulError) and error.code == last
            spent = attempt >= settings.PUSH_MAX_ATTEMPTS or time.monotonic() + delay > give_up
            if believed or spent:
                raise
            last = error.code
            time.sleep(delay)
    raise AssertionError("unreachable")
