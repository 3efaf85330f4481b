"""The steps every push takes before it is sent: read, consent, format, rules, CV.

Nothing here knows a database: a `Job` comes in as plain data, what happens goes into a `Journal`,
and a candidate that could be sent comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from sync.clients.hrflow import HrFlowClient
from sync.exceptions import PermanentError
from sync.mapping.candidate import Candidate, check_candidate
from sync.mapping.consent import check_contact, read_contact
from sync.mapping.pipeline import run_format, run_logics
from sync.mapping.profile import archived_at
from sync.mapping.registry import resolve_format, resolve_logics
from sync.matching import comparable_email
from sync.models.push.attempts import AttemptOutcome, Stage
from sync.services.preparing.identity import check_is_who_was_shown
from sync.services.preparing.job import Job
from sync.services.preparing.journal import Journal
from sync.services.preparing.resume import attach_resume
from sync.vocabulary import ErrorCode


@dataclass(frozen=True)
class Discarded:
    """A rule left the profile out: not a failure. `logic`: the rule's name."""

    logic: str


def prepare(job: Job, hrflow: HrFlowClient, journal: Journal) -> Candidate | Discarded:
    """All steps: the candidate as it will be sent, `vacancy` included, the API key not.

    Raises SyncError where a step fails; the journal's last step tells which.
    """
    profile = read_profile(job, hrflow, journal)
    candidate = format_candidate(job, profile, journal)
    if isinstance(candidate, Discarded):
        return candidate
    return complete(candidate, job, journal)


def read_profile(job: Job, hrflow: HrFlowClient, journal: Journal) -> Mapping[str, Any]:
    """The profile as HrFlow has it now, if it is not archived there, still is the person who was
    confirmed, and may be used by the company's rule of consent."""
    with journal.step(Stage.READ) as step:
        profile = hrflow.read_profile(job.source_key, job.profile_key)
        if job.shown is not None:
            step.note = check_is_who_was_shown(job.shown, profile)
    if archived_at(profile):
        with journal.step(Stage.LOGICS):
            raise PermanentError(ErrorCode.PROFILE_ARCHIVED)
    if job.contact_within_days is not None:
        with journal.step(Stage.LOGICS):
            contact, today = read_contact(profile), timezone.localdate()
            check_contact(contact, within_days=job.contact_within_days, today=today)
    return profile


def format_candidate(
    job: Job, profile: Mapping[str, Any], journal: Journal
) -> Candidate | Discarded:
    """The candidate as the format makes it and the rules leave it, still without its CV."""
    with journal.step(Stage.FORMAT):
        candidate = run_format(profile, resolve_format(job.format))
    with journal.step(Stage.LOGICS) as step:
        result = run_logics(candidate, resolve_logics(job.logics))
        if result.candidate is None:
            step.outcome, step.message = AttemptOutcome.DISCARDED, result.discarded_by
            return Discarded(result.discarded_by)
    # A rule may change the candidate, so what goes out is checked after the last of them.
    check_candidate(result.candidate)
    return result.candidate


def complete(candidate: Candidate, job: Job, journal: Journal) -> Candidate:
    """With its CV, its vacancy and the answers to the vacancy's questions."""
    with journal.step(Stage.RESUME) as step:
        step.tell(attach_resume(candidate, job, observe=journal.observe))
    candidate["vacancy"] = job.vacancy
    if isinstance(email := candidate.get("email"), str):
        # Sent as it will be searched for: nobody says whether Flatchr's search minds the case.
        candidate["email"] = comparable_email(email)
    if job.answers:
        candidate["answers"] = [dict(answer) for answer in job.answers]
    return candidate
