"""After success: find the applicants again in Flatchr (one search for many), then enrich them."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from sync.clients.flatchr import FlatchrClient
from sync.exceptions import (
    ConfigurationError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.formatting import Candidate
from sync.matching import Found, Likeness, compare
from sync.models import FlatchrVacancy, Push
from sync.models.states import PushStatus
from sync.services import limits, privacy, stopping
from sync.services.accounts import flatchr_client, hrflow_client
from sync.services.endings import backoff
from sync.services.journal import Journal
from sync.services.ledger import DirectLedger, Ledger, ThreadLedger
from sync.services.presence import on_vacancy, person_of, search, with_hidden_phones
from sync.services.steps import DiscardedError, format_candidate
from sync.services.transfer import job_of
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)
BATCH = 500
THREADS = 8
MOST_CONFIRM_TRIES = 6
SERVE_SECONDS = 0.05


def follow_up(seconds: float) -> int:
    """Work for about `seconds`; returns how many pushes were looked at."""
    ends, done = time.monotonic() + seconds, 0
    for step in (_confirm_some, _enrich_some):
        while time.monotonic() < ends and not stopping.is_requested():
            count = step()
            done += count
            if not count:
                break
    return done


# --- read-back ----------------------------------------------------------------------------------


def _confirm_some() -> int:
    pushes = _take(Push.objects.to_confirm(), "confirm_after")
    by_vacancy: dict[FlatchrVacancy, list[Push]] = defaultdict(list)
    for push in pushes:
        by_vacancy[push.vacancy].append(push)
    for vacancy, group in by_vacancy.items():
        _confirm(vacancy, group)
    return len(pushes)


def _take(due: QuerySet[Push], moment: str, limit: int = BATCH) -> list[Push]:
    """Claim what is due by moving its time, so that no other machine does the same work now."""
    later = Now() + timedelta(seconds=5 * settings.HTTP_TIMEOUT_SECONDS)
    pushes = list(due.select_related("run", "source", "vacancy__company").order_by(moment)[:limit])
    return [
        push
        for push in pushes
        if Push.objects.filter(pk=push.pk, **{f"{moment}__lte": Now()}).update(**{moment: later})
    ]


def _confirm(vacancy: FlatchrVacancy, pushes: list[Push]) -> None:
    """One search finds all of them; it begins a day early, as Flatchr's dates have no zone."""
    since = min(push.create_started_at or push.created_at for push in pushes)
    try:
        flatchr = _flatchr(vacancy)
        applicants = flatchr.search_applicants(
            vacancy_id=vacancy.remote_id or None, start=(since - timedelta(days=1)).date()
        )
    except (SyncError, ConfigurationError) as error:
        logger.warning("read-back of %s: %s", vacancy, error)
        for push in pushes:
            push.be_missed(delay=backoff(push.confirm_tries + 3))
        return
    found = with_hidden_phones(on_vacancy(applicants, vacancy), privacy.phone_hider())
    _attribute(pushes, found, _attributed(vacancy))


def _flatchr(vacancy: FlatchrVacancy) -> FlatchrClient:
    throttle = limits.company_throttle(vacancy.company, DirectLedger())
    return flatchr_client(vacancy.company, throttle=throttle)


def _attributed(vacancy: FlatchrVacancy) -> set[str]:
    """Applicants of this vacancy that belong to another push already. One that was found to be
    there already points at an applicant that is not its own."""
    taken = Push.objects.filter(vacancy=vacancy, status=PushStatus.SUCCEEDED)
    taken = taken.exclude(applicant_id="")
    return set(taken.values_list("applicant_id", flat=True))


def _attribute(pushes: Iterable[Push], applicants: list[Found], taken: set[str]) -> None:
    for push in pushes:
        if push.applicant_id:
            _look_again(push, applicants)
            continue
        known = taken.union(push.known_applicants)
        found = _own(push, [a for a in applicants if a.id not in known])
        if found:
            taken.add(found.id)
            push.be_found(applicant_id=found.id, column=found.column)
        else:
            last = push.confirm_tries + 1 >= MOST_CONFIRM_TRIES
            push.be_missed(delay=None if last else _next_look(push))


def _look_again(push: Push, applicants: list[Found]) -> None:
    """Found before; an event said that something has changed, mostly its stage."""
    now = next((one for one in applicants if one.id == push.applicant_id), None)
    if now:
        push.be_found(applicant_id=now.id, column=now.column)
    else:
        push.be_left_alone()


def _own(push: Push, fresh: list[Found]) -> Found | None:
    """The push's applicant; none where a namesake without e-mail and phone could be meant too."""
    wanted = person_of(push)
    same = [applicant for applicant in fresh if compare(wanted, applicant.person) is Likeness.SAME]
    doubtful = not (wanted.email or wanted.phone) and (len(same) > 1 or _has_namesake(push))
    return None if doubtful or not same else same[0]


def _has_namesake(push: Push) -> bool:
    """Another push to the vacancy sent this name, and its applicant is not known either."""
    others = Push.objects.filter(vacancy=push.vacancy, candidate_name=push.candidate_name)
    others = others.filter(candidate_email="", applicant_id="").exclude(create_started_at=None)
    return others.exclude(pk=push.pk).exists()


def _next_look(push: Push) -> float:
    return float(max(settings.PUSH_SETTLE_SECONDS, backoff(push.confirm_tries + 1)))


# --- enrichment ---------------------------------------------------------------------------------


def _enrich_some() -> int:
    pushes = _take(Push.objects.to_enrich(), "enrichment_after", 4 * THREADS)
    if not pushes:
        return 0
    ledger = ThreadLedger()
    with ThreadPoolExecutor(THREADS) as pool:
        tries = {push: pool.submit(_enrich_quietly, push, ledger) for push in pushes}
        while not all(one.done() for one in tries.values()):
            ledger.serve(SERVE_SECONDS)
    for push, one in tries.items():
        _record(push, one.result())
    return len(pushes)


def _enrich_quietly(push: Push, ledger: Ledger) -> SyncError | None:
    """HTTP only: what went wrong comes back as a value, for the thread that writes to record."""
    try:
        _enrich(push, ledger)
    except SyncError as error:
        return error
    except Exception as error:
        logger.exception("push %s: enrichment", push.pk)
        return PermanentError(ErrorCode.UNEXPECTED, problem=type(error).__name__)
    return None


def _enrich(push: Push, ledger: Ledger) -> None:
    """Never by last name: the candidate's id comes from the applicant that was read back."""
    company = push.vacancy.company
    flatchr = flatchr_client(company, throttle=limits.company_throttle(company, ledger))
    candidate = _candidate(push, ledger)
    if not candidate or not candidate.enrichment:
        return
    reference = _candidate_id(push, flatchr)
    flatchr.enrich_candidate(reference, candidate.enrichment)


def _candidate(push: Push, ledger: Ledger) -> Candidate | None:
    job, throttle = job_of(push), limits.hrflow_throttle(push.source, ledger)
    hrflow = hrflow_client(push.source, throttle=throttle)
    profile = hrflow.read_profile(job.source_key, job.profile_key)
    try:
        return format_candidate(job, profile, Journal())
    except DiscardedError:
        return None


def _candidate_id(push: Push, flatchr: FlatchrClient) -> str:
    """From the applicant, by "moving" it into the column it is in: looked up just before, lest a
    recruiter's own move be undone."""
    column = _column_now(push, flatchr)
    for stage in flatchr.list_columns():
        if stage.title == column:
            return flatchr.move_applicant(push.vacancy.remote_id, push.applicant_id, stage.id)
    raise PermanentError(ErrorCode.FLATCHR_MISMATCH)


def _column_now(push: Push, flatchr: FlatchrClient) -> str:
    for applicant in search(push, None, flatchr):
        if applicant.id == push.applicant_id:
            return applicant.column
    raise RetryableError(ErrorCode.FLATCHR_MISMATCH)


def _record(push: Push, error: SyncError | None) -> None:
    if error is None:
        push.be_enriched()
    elif isinstance(error, limits.PutOffError):
        push.enrich_later(error, delay=error.retry_after or 1, tried=False)
    elif isinstance(error, RetryableError) and push.enrichment_tries < settings.PUSH_MAX_ATTEMPTS:
        push.enrich_later(error, delay=backoff(push.enrichment_tries + 1, error.retry_after))
    else:
        push.give_up_enrichment(error)
