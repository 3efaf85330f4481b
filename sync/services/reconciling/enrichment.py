"""Enrichment: after the read-back, add what Flatchr's create call does not take (HrFlow's skills,
experiences, …) to the candidate. Its failure never repeats a create.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.conf import settings

from sync.clients.flatchr import FlatchrClient
from sync.clients.flatchr_answers import Column
from sync.exceptions import PermanentError, RetryableError, SecretUnreadableError, SyncError
from sync.mapping.candidate import Candidate
from sync.models import Push
from sync.services.peers.backoff import backoff
from sync.services.peers.client_factory import flatchr_client, hrflow_client
from sync.services.peers.rate_limits import RateLimitedError
from sync.services.preparing.job import job_of
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import Discarded, format_candidate
from sync.services.queue.writer import Writer
from sync.services.reconciling.applicants import search_for
from sync.services.reconciling.batches import THREADS, run_in_threads
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)
# Small, so that little is claimed in vain when time is up.
BATCH = 4 * THREADS


def enrich_some(deadline: float) -> int:
    """Enrich one batch of candidates; returns how many were tried."""
    pushes = Push.objects.to_enrich().claim_follow_up("enrichment_after", BATCH)
    errors = run_in_threads(_try_to_enrich, pushes, deadline)
    for push, error in errors.items():
        if error is None:
            push.mark_enriched()
        elif isinstance(error, RateLimitedError):
            push.retry_enrichment_later(error, delay=error.retry_after or 1, tried=False)
        elif (
            isinstance(error, RetryableError) and push.enrichment_tries < settings.PUSH_MAX_ATTEMPTS
        ):
            delay = backoff(push.enrichment_tries + 1, error.retry_after)
            push.retry_enrichment_later(error, delay=delay)
        else:
            push.give_up_enrichment(error)
    return len(errors)


def _try_to_enrich(push: Push, writer: Writer) -> SyncError | None:
    """HTTP only: an error is returned, for the thread that writes to record."""
    try:
        flatchr = flatchr_client(push.vacancy.company, writer)
        candidate = _read_candidate(push, writer)
        if candidate.enrichment:
            flatchr.enrich_candidate(_candidate_id(push, flatchr), candidate.enrichment)
    except SyncError as error:
        return error
    except SecretUnreadableError:
        return PermanentError(ErrorCode.SECRET_UNREADABLE)
    except Exception as error:
        logger.exception("push %s: enrichment", push.pk)
        return PermanentError(ErrorCode.UNEXPECTED, problem=type(error).__name__)
    return None


def _read_candidate(push: Push, writer: Writer) -> Candidate:
    """From the profile as it is today. Raises PermanentError where a logic discards it now."""
    job = job_of(push)
    profile = hrflow_client(push.source, writer).read_profile(job.source_key, job.profile_key)
    candidate = format_candidate(job, profile, Journal())
    if isinstance(candidate, Discarded):
        raise PermanentError(ErrorCode.LOGIC_DISCARDED, name=candidate.logic)
    return candidate


def _candidate_id(push: Push, flatchr: FlatchrClient) -> str:
    """The candidate's id, from the applicant read back: never from a search by last name.

    Only moving an applicant returns it, so the applicant is moved into the stage it is in. That is
    asked just before and just after, with nothing in between, because a recruiter's own move must
    not be undone: where the stage differs, the applicant is put where it was seen last.
    """
    stages = flatchr.list_columns()
    before = _stage(push, flatchr)
    candidate_id = flatchr.move_applicant(
        push.vacancy.remote_id, push.applicant_id, _column(stages, before).id
    )
    after = _stage(push, flatchr)
    if after != before:
        logger.warning(
            "push %s: moved in Flatchr while it was enriched, from “%s” to “%s”: put there again",
            push.pk,
            before,
            after,
        )
        column = _column(stages, after)
        flatchr.move_applicant(push.vacancy.remote_id, push.applicant_id, column.id)
    return candidate_id


def _stage(push: Push, flatchr: FlatchrClient) -> str:
    """The title of the stage that the applicant is in now. Raises RetryableError where a search
    does not show the applicant."""
    for applicant in search_for(push, flatchr):
        if applicant.id == push.applicant_id:
            return applicant.column
    raise RetryableError(ErrorCode.FLATCHR_MISMATCH)


def _column(stages: Iterable[Column], title: str) -> Column:
    """Raises PermanentError where no stage has this title, or more than one: then nobody can tell
    which one it is, and the applicant is not moved."""
    found = [one for one in stages if one.title == title]
    if not found:
        raise PermanentError(ErrorCode.FLATCHR_MISMATCH)
    if len(found) > 1:
        raise PermanentError(ErrorCode.FLATCHR_STAGES, title=title)
    return found[0]
