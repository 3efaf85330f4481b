"""After success: find the applicants again in Flatchr (one search for many), then enrich them."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from sync.clients.flatchr import FlatchrClient
from sync.clients.flatchr_answers import Applicant
from sync.exceptions import (
    ConfigurationError,
    CredentialsError,
    PermanentError,
    RetryableError,
    SecretUnreadableError,
    SyncError,
)
from sync.mapping.candidate import Candidate
from sync.matching import Found, Likeness, Person, compare
from sync.models import FlatchrVacancy, Push
from sync.models.push.values import in_seconds
from sync.models.states import PushStatus
from sync.services.peers import circuit_breakers, rate_limits
from sync.services.peers.backoff import backoff
from sync.services.peers.client_factory import flatchr_client, hrflow_client
from sync.services.preparing.job import job_of
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import Discarded, format_candidate
from sync.services.privacy import suppression
from sync.services.queue import shutdown
from sync.services.queue.heartbeat import PeriodicHeartbeat
from sync.services.queue.writer import SingleWriter, Writer
from sync.services.reconciling.applicants import on_vacancy, person_of, with_hidden_phones
from sync.services.reconciling.lost_answers import search
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")
Answer = list[Applicant] | SyncError | ConfigurationError
BATCH = 500
THREADS = 8
MOST_CONFIRM_TRIES = 6
SERVE_SECONDS = 0.05
_TELLS_PERSON = ("candidate_name", "candidate_email", "candidate_phone")
_TELLS_APPLICANT = ("known_applicants", "closed_at")


def follow_up(seconds: float) -> int:
    """Work for about `seconds`; returns how many pushes were looked at."""
    ends, done = time.monotonic() + seconds, 0
    for step in (_confirm_some, _enrich_some):
        while not _is_over(ends):
            count = step(ends)
            done += count
            if not count:
                break
    return done


def _is_over(ends: float) -> bool:
    return shutdown.is_requested() or time.monotonic() >= ends


def _in_threads(work: Callable[[T, Writer], R], items: Iterable[T], ends: float) -> dict[T, R]:
    """HTTP in threads, while this one writes and shows that it lives. What has not begun by `ends`
    is left out: its claim ends, and it comes again."""
    writer, pulse = SingleWriter(), PeriodicHeartbeat()
    with ThreadPoolExecutor(THREADS) as pool:
        tries = {item: pool.submit(work, item, writer) for item in items}
        while not all(one.done() for one in tries.values()):
            writer.serve(SERVE_SECONDS)
            with contextlib.suppress(DatabaseError):  # the threads must be served all the same
                pulse.beat()
            if _is_over(ends):
                for one in tries.values():
                    one.cancel()
    return {item: one.result() for item, one in tries.items() if not one.cancelled()}


# --- read-back ----------------------------------------------------------------------------------


def _confirm_some(ends: float) -> int:
    by_vacancy: dict[FlatchrVacancy, list[Push]] = defaultdict(list)
    for push in _take(Push.objects.to_confirm(), "confirm_after"):
        by_vacancy[push.vacancy].append(push)

    def find(vacancy: FlatchrVacancy, writer: Writer) -> Answer:
        return _search_quietly(vacancy, by_vacancy[vacancy], writer)

    answers = _in_threads(find, by_vacancy, ends)
    for vacancy, answer in answers.items():
        _confirm(vacancy, by_vacancy[vacancy], answer)
    return sum(len(by_vacancy[vacancy]) for vacancy in answers)


def _take(due: QuerySet[Push], moment: str, limit: int = BATCH) -> list[Push]:
    """Claim what is due by moving its time, so that no other machine does the same work now."""
    later = Now() + timedelta(seconds=5 * settings.HTTP_TIMEOUT_SECONDS)
    pushes = list(due.select_related("run", "source", "vacancy__company").order_by(moment)[:limit])
    return [
        push
        for push in pushes
        if Push.objects.filter(pk=push.pk, **{f"{moment}__lte": Now()}).update(**{moment: later})
    ]


def _search_quietly(vacancy: FlatchrVacancy, pushes: list[Push], writer: Writer) -> Answer:
    """One search finds all of them; it begins a day early, as Flatchr's dates have no zone."""
    since = min(push.create_started_at or push.created_at for push in pushes)
    try:
        return flatchr_client(vacancy.company, writer).search_applicants(
            vacancy_id=vacancy.remote_id or None, start=(since - timedelta(days=1)).date()
        )
    except (SyncError, ConfigurationError) as error:
        logger.warning("read-back of %s: %s", vacancy, error)
        return error


def _confirm(vacancy: FlatchrVacancy, pushes: list[Push], answer: Answer) -> None:
    if isinstance(answer, Exception):
        _put_off(pushes, answer)
        return
    found = with_hidden_phones(on_vacancy(answer, vacancy), suppression.phone_hider())
    _attribute(pushes, found, _attributed(vacancy), _unattributed(vacancy))


def _put_off(pushes: list[Push], error: Exception) -> None:
    """A search that failed tells nothing of the applicants, so it costs no try."""
    if isinstance(error, CredentialsError):
        circuit_breakers.note_refusal(pushes[0], error)
    for push in pushes:
        waited = (timezone.now() - (push.closed_at or push.created_at)).total_seconds()
        if push.applicant_id and not isinstance(error, RetryableError):
            push.stop_following()
        elif not push.applicant_id and waited > settings.PUSH_DEADLINE_SECONDS:
            push.mark_not_found(delay=None)
        else:
            _look_later(push, waited, error)


def _look_later(push: Push, waited: float, error: Exception) -> None:
    """Half as long again as it has waited already, within limits."""
    asked = error.retry_after if isinstance(error, RetryableError) else None
    spaced = max(settings.PUSH_SETTLE_SECONDS, waited / 2)
    delay = max(asked or 0, min(spaced, settings.PUSH_RETRY_CAP_SECONDS))
    Push.objects.filter(pk=push.pk).update(confirm_after=in_seconds(delay))


def _attributed(vacancy: FlatchrVacancy) -> set[str]:
    """Applicants of this vacancy that belong to another push already. One that was found to be
    there already points at an applicant that is not its own."""
    taken = Push.objects.filter(vacancy=vacancy, status=PushStatus.SUCCEEDED)
    taken = taken.exclude(applicant_id="")
    return set(taken.values_list("applicant_id", flat=True))


def _unattributed(vacancy: FlatchrVacancy) -> dict[tuple[str, str], list[Push]]:
    """Pushes that have an applicant nobody has found yet, by whom they sent."""
    pushes = Push.objects.filter(vacancy=vacancy, applicant_id="").exclude(create_started_at=None)
    found: dict[tuple[str, str], list[Push]] = defaultdict(list)
    for push in pushes.only(*_TELLS_PERSON, *_TELLS_APPLICANT):
        found[person_of(push).identity].append(push)
    return found


def _attribute(
    pushes: Iterable[Push],
    applicants: list[Found],
    taken: set[str],
    unattributed: dict[tuple[str, str], list[Push]],
) -> None:
    for push in pushes:
        if push.applicant_id:
            _look_again(push, applicants)
            continue
        others = unattributed.get(person_of(push).identity, [])
        found = _own(push, [a for a in applicants if a.id not in taken], others)
        if found:
            taken.add(found.id)
            push.mark_found(applicant_id=found.id, column=found.column)
        else:
            last = push.confirm_tries + 1 >= MOST_CONFIRM_TRIES
            push.mark_not_found(delay=None if last else _next_look(push))


def _look_again(push: Push, applicants: list[Found]) -> None:
    """Found before; an event said that something has changed, mostly its stage."""
    now = next((one for one in applicants if one.id == push.applicant_id), None)
    if now:
        push.mark_found(applicant_id=now.id, column=now.column)
    else:
        push.stop_following()


def _own(push: Push, free: list[Found], others: Iterable[Push]) -> Found | None:
    """The one applicant that can only be this push's; none where there is a doubt."""
    wanted = person_of(push)
    rivals = [o for o in others if o.pk != push.pk and _may_be_meant(wanted, o)]
    if rivals and not (wanted.email or wanted.phone):
        return None
    same = [a for a in free if compare(wanted, a.person) is Likeness.SAME]
    fresh = {a.id: a for a in same if a.id not in push.known_applicants}
    for rival in filter(lambda rival: _may_own_fresh(rival, push), rivals):
        fresh = {id_: a for id_, a in fresh.items() if id_ in rival.known_applicants}
    return next(iter(fresh.values())) if len(fresh) == 1 else None


def _may_own_fresh(rival: Push, push: Push) -> bool:
    """Whether what the push did not know of before it was sent may be another's of the same person:
    not where that one knew of less, or where its own was there to be known."""
    if len(rival.known_applicants) < len(push.known_applicants):
        return False
    settling = timedelta(seconds=settings.PUSH_SETTLE_SECONDS)
    begun, closed = push.run.started_at, rival.closed_at
    return begun is None or closed is None or closed + settling >= begun


def _may_be_meant(wanted: Person, other: Push) -> bool:
    return compare(wanted, person_of(other)) is not Likeness.OTHER


def _next_look(push: Push) -> float:
    return float(max(settings.PUSH_SETTLE_SECONDS, backoff(push.confirm_tries + 1)))


# --- enrichment ---------------------------------------------------------------------------------


def _enrich_some(ends: float) -> int:
    pushes = _take(Push.objects.to_enrich(), "enrichment_after", 4 * THREADS)
    answers = _in_threads(_enrich_quietly, pushes, ends)
    for push, error in answers.items():
        _record(push, error)
    return len(answers)


def _enrich_quietly(push: Push, writer: Writer) -> SyncError | None:
    """HTTP only: what went wrong comes back as a value, for the thread that writes to record."""
    try:
        _enrich(push, writer)
    except SyncError as error:
        return error
    except SecretUnreadableError:
        return PermanentError(ErrorCode.SECRET_UNREADABLE)
    except Exception as error:
        logger.exception("push %s: enrichment", push.pk)
        return PermanentError(ErrorCode.UNEXPECTED, problem=type(error).__name__)
    return None


def _enrich(push: Push, writer: Writer) -> None:
    """Never by last name: the candidate's id comes from the applicant that was read back."""
    company = push.vacancy.company
    flatchr = flatchr_client(company, writer)
    candidate = _candidate(push, writer)
    if not candidate.enrichment:
        return
    reference = _candidate_id(push, flatchr)
    flatchr.enrich_candidate(reference, candidate.enrichment)


def _candidate(push: Push, writer: Writer) -> Candidate:
    job = job_of(push)
    hrflow = hrflow_client(push.source, writer)
    profile = hrflow.read_profile(job.source_key, job.profile_key)
    candidate = format_candidate(job, profile, Journal())
    if isinstance(candidate, Discarded):
        raise PermanentError(ErrorCode.LOGIC_DISCARDED, name=candidate.logic)
    return candidate


def _candidate_id(push: Push, flatchr: FlatchrClient) -> str:
    """From the applicant, by "moving" it into the column it is in: looked up just before, lest a
    recruiter's own move be undone."""
    column = _column_now(push, flatchr)
    stages = [stage for stage in flatchr.list_columns() if stage.title == column]
    if not stages:
        raise PermanentError(ErrorCode.FLATCHR_MISMATCH)
    if len(stages) > 1:  # Either could be the other: nobody is moved.
        raise PermanentError(ErrorCode.FLATCHR_STAGES, title=column)
    return flatchr.move_applicant(push.vacancy.remote_id, push.applicant_id, stages[0].id)


def _column_now(push: Push, flatchr: FlatchrClient) -> str:
    for applicant in search(push, None, flatchr):
        if applicant.id == push.applicant_id:
            return applicant.column
    raise RetryableError(ErrorCode.FLATCHR_MISMATCH)


def _record(push: Push, error: SyncError | None) -> None:
    if error is None:
        push.mark_enriched()
    elif isinstance(error, rate_limits.RateLimitedError):
        push.retry_enrichment_later(error, delay=error.retry_after or 1, tried=False)
    elif isinstance(error, RetryableError) and push.enrichment_tries < settings.PUSH_MAX_ATTEMPTS:
        push.retry_enrichment_later(
            error, delay=backoff(push.enrichment_tries + 1, error.retry_after)
        )
    else:
        push.give_up_enrichment(error)
