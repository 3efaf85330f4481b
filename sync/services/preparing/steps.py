"""The steps every push takes before it is sent: read, consent, format, rules, CV.

Nothing here knows a database: a `Job` comes in as plain data, what happens goes into a `Journal`,
and a candidate that could be sent comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from sync.clients.hrflow import HrFlowClient
from sync.clients.resume_download import Resume, as_document, download_resume
from sync.exceptions import PermanentError
from sync.mapping.candidate import Candidate, check_candidate
from sync.mapping.consent import check_contact, read_contact
from sync.mapping.generated_cv.document import generate_resume
from sync.mapping.pipeline import run_format, run_logics
from sync.mapping.registry import resolve_format, resolve_logics
from sync.matching import comparable_email
from sync.models.accounts import ResumePolicy, ResumeTransport
from sync.models.push.attempts import AttemptOutcome, Stage
from sync.services.peers.client_factory import Observe
from sync.services.preparing.identity import check_is_who_was_shown
from sync.services.preparing.job import Job
from sync.services.preparing.journal import Journal
from sync.vocabulary import ErrorCode

PDF = "application/pdf"


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
    """The profile as HrFlow has it now, if it is still the person who was confirmed, and if the
    company's rule of consent allows to use it."""
    with journal.step(Stage.READ) as step:
        profile = hrflow.read_profile(job.source_key, job.profile_key)
        if job.shown is not None:
            step.note = check_is_who_was_shown(job.shown, profile)
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
    with journal.step(Stage.RESUME):
        attach_resume(candidate, job, observe=journal.observe)
    candidate["vacancy"] = job.vacancy
    if isinstance(email := candidate.get("email"), str):
        # Sent as it will be searched for: nobody says whether Flatchr's search minds the case.
        candidate["email"] = comparable_email(email)
    if job.answers:
        candidate["answers"] = [dict(answer) for answer in job.answers]
    return candidate


def attach_resume(candidate: Candidate, job: Job, *, observe: Observe = None) -> None:
    """Put the CV in, as the company wants it; a document that a format already made is kept."""
    resume = candidate.get("resume")
    if isinstance(resume, Mapping):
        candidate.setdefault("type", ResumeTransport.DOCUMENT)
    elif resume and job.resume_transport == ResumeTransport.LINK:
        # Opened once, under the same rules: Flatchr must not be sent where we would not go.
        _download(candidate, str(resume), observe)
        candidate["type"] = ResumeTransport.LINK
    else:
        candidate["type"] = ResumeTransport.DOCUMENT
        candidate["resume"] = as_document(_resume_file(candidate, job, observe))


def _resume_file(candidate: Candidate, job: Job, observe: Observe) -> Resume:
    if url := candidate.get("resume"):
        return _download(candidate, str(url), observe)
    if job.resume_policy != ResumePolicy.GENERATE:
        raise PermanentError(ErrorCode.RESUME_MISSING)
    data = generate_resume(candidate.profile, candidate)
    return Resume(data, f"{_file_stem(candidate)}.pdf", PDF, generated=True)


def _download(candidate: Candidate, url: str, observe: Observe) -> Resume:
    return download_resume(
        url,
        file_name=_file_stem(candidate),
        max_bytes=settings.RESUME_MAX_BYTES,
        allowed_private_hosts=settings.RESUME_ALLOWED_PRIVATE_HOSTS,
        timeout=settings.HTTP_TIMEOUT_SECONDS,
        observe=observe,
    )


def _file_stem(candidate: Mapping[str, Any]) -> str:
    """`CV_Jean_Dupont`, as in Flatchr's own example."""
    name = f"CV {candidate.get('firstname', '')} {candidate.get('lastname', '')}"
    return "_".join(name.split())
