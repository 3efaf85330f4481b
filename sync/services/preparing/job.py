"""What a push is made from: one profile, one vacancy, and the rules it goes under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sync.models import FlatchrVacancy, HrFlowSource, Push, Run, RunKind
from sync.models.accounts import ResumePolicy, ResumeTransport
from sync.services.preparing.identity import Shown
from sync.vocabulary import ErrorCode


@dataclass(frozen=True)
class Job:
    """One profile on its way to one vacancy, as plain data.

    `logics` and `format`: names, specifications or functions (`sync.mapping.registry`).
    """

    source_key: str
    profile_key: str
    vacancy: str
    logics: Sequence[object] = ()
    format: object = None
    resume_policy: str = ResumePolicy.REQUIRE
    resume_transport: str = ResumeTransport.DOCUMENT
    answers: Sequence[Mapping[str, Any]] = field(default_factory=list)
    # The company's rule about consent and last contact; None: it has none.
    contact_within_days: int | None = None
    # The error code of the try before: what looks wrong for the second time is believed.
    doubted: str = ""
    # Whom a person saw when they confirmed; None where nobody looked.
    shown: Shown | None = None


def job_for(
    source: HrFlowSource,
    profile_key: str,
    vacancy: FlatchrVacancy,
    run: Run | None = None,
    answers: Sequence[Mapping[str, Any]] = (),
) -> Job:
    """As the company wants it and the run says; `answers` in place of the run's own.

    For a trial, which is not repeated: a CV that looks incomplete is believed to be so at once.
    """
    company = vacancy.company
    return Job(
        source_key=source.source_key,
        profile_key=profile_key,
        vacancy=vacancy.slug,
        logics=run.logics if run else (),
        format=(run.format if run else "") or None,
        resume_policy=(run.resume_policy if run else "") or company.resume_policy,
        resume_transport=company.resume_transport,
        contact_within_days=company.contact_within_days,
        answers=answers or (run.answers if run else ()),
        doubted=ErrorCode.RESUME_CUT,
    )


def job_of(push: Push) -> Job:
    """Of a selection that nothing was sent of yet, with whom its page showed: until a create the
    row keeps the name and e-mail of the index."""
    job = job_for(push.source, push.profile_key, push.vacancy, push.run)
    job = replace(job, doubted=push.error_code)
    if push.run.kind != RunKind.BATCH or push.candidate_lastname:
        return job
    emails = filter(None, [push.candidate_email])
    return replace(job, shown=Shown(push.candidate_name, tuple(emails)))
