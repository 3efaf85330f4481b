"""The words every floor shares: events, read modes, error codes and what they mean to a person.

Events and read modes are the seed's own words (`hrflow-connectors`), so that a log reads the
same whichever tool wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ReadMode(TextChoices):
    """How a run reads its source: all of it, or from where the last successful run stopped."""

    # Lower case, as the seed writes them: `ReadMode.sync`.
    sync = "sync", _("everything")
    incremental = "incremental", _("only what is new")


class Event(TextChoices):
    """What can happen to one profile on its way; the counts of a run are kept per event."""

    READ_SUCCESS = "read_success", _("profile read")
    READ_FAILURE = "read_failure", _("profile could not be read")
    FORMAT_FAILURE = "format_failure", _("profile could not be formatted")
    LOGICS_DISCARD = "logics_discard", _("left out by a rule")
    LOGICS_FAILURE = "logics_failure", _("a rule failed")
    WRITE_SUCCESS = "write_success", _("candidate created")
    WRITE_FAILURE = "write_failure", _("candidate could not be created")
    ALREADY_THERE = "already_there", _("candidate was already there")


class Side(TextChoices):
    """Whose side a failure is on."""

    HRFLOW = "hrflow", "HrFlow"
    FLATCHR = "flatchr", "Flatchr"
    PROFILE = "profile", _("the profile")
    HERE = "here", _("this connector")


class ErrorCode(TextChoices):
    """Every way a push can go wrong. Stored; what people read is in `EXPLANATIONS`."""

    HRFLOW_CREDENTIALS = "hrflow_credentials", _("HrFlow refused the credentials")
    HRFLOW_UNREACHABLE = "hrflow_unreachable", _("HrFlow could not be reached")
    HRFLOW_RATE_LIMITED = "hrflow_rate_limited", _("HrFlow asked to slow down")
    HRFLOW_FAULT = "hrflow_fault", _("HrFlow had a fault")
    HRFLOW_REJECTED = "hrflow_rejected", _("HrFlow refused the request")
    HRFLOW_UNREADABLE = "hrflow_unreadable", _("HrFlow's answer could not be read")
    PROFILE_NOT_FOUND = "profile_not_found", _("profile not found")
    FORMAT_FAILED = "format_failed", _("profile could not be formatted")
    FORMAT_EMPTY = "format_empty", _("format returned nothing")
    FORMAT_UNKNOWN = "format_unknown", _("unknown format")
    FORMAT_CRASHED = "format_crashed", _("the format failed")
    LOGIC_FAILED = "logic_failed", _("a rule failed")
    LOGIC_UNKNOWN = "logic_unknown", _("unknown rule")
    LOGIC_DISCARDED = "logic_discarded", _("left out by a rule")
    RESUME_MISSING = "resume_missing", _("no CV")
    RESUME_NOT_FOUND = "resume_not_found", _("CV not found")
    RESUME_UNREACHABLE = "resume_unreachable", _("CV could not be downloaded")
    RESUME_FORBIDDEN_ADDRESS = "resume_forbidden_address", _("CV at a forbidden address")
    RESUME_TOO_LARGE = "resume_too_large", _("CV too large")
    RESUME_EMPTY = "resume_empty", _("CV is empty")
    RESUME_WRONG_TYPE = "resume_wrong_type", _("CV of a wrong type")
    FLATCHR_CREDENTIALS = "flatchr_credentials", _("Flatchr refused the API key")
    FLATCHR_UNREACHABLE = "flatchr_unreachable", _("Flatchr could not be reached")
    FLATCHR_RATE_LIMITED = "flatchr_rate_limited", _("Flatchr asked to slow down")
    FLATCHR_FAULT = "flatchr_fault", _("Flatchr had a fault")
    FLATCHR_REJECTED = "flatchr_rejected", _("Flatchr refused the candidate")
    FLATCHR_UNAVAILABLE = "flatchr_unavailable", _("Flatchr could not answer a question")
    FLATCHR_REFUSED = "flatchr_refused", _("Flatchr refused the request")
    FLATCHR_UNREADABLE = "flatchr_unreadable", _("Flatchr's answer could not be read")
    FLATCHR_NOT_FOUND = "flatchr_not_found", _("vacancy or company not found in Flatchr")
    FLATCHR_AMBIGUOUS = "flatchr_ambiguous", _("cannot tell whether the candidate is in Flatchr")
    FLATCHR_MISMATCH = "flatchr_mismatch", _("candidate not found again in Flatchr")
    FLATCHR_STAGES = "flatchr_stages", _("stages of the same title in Flatchr")
    VACANCY_CLOSED = "vacancy_closed", _("vacancy closed")
    COMPANY_INACTIVE = "company_inactive", _("company switched off")
    SOURCE_INACTIVE = "source_inactive", _("source switched off")
    DUPLICATE_IN_PROGRESS = "duplicate_in_progress", _("same person on the way")
    ATTEMPTS_EXHAUSTED = "attempts_exhausted", _("too many attempts")
    DEADLINE_PASSED = "deadline_passed", _("too late")
    SECRET_UNREADABLE = "secret_unreadable", _("stored credentials cannot be decrypted")
    PERSON_ERASED = "person_erased", _("erased on request")
    CONSENT_ENDED = "consent_ended", _("consent has ended")
    CONTACT_TOO_OLD = "contact_too_old", _("last contact too long ago")
    WORKER_LOST = "worker_lost", _("the worker stopped before the end")
    CANCELLED = "cancelled", _("cancelled")
    UNEXPECTED = "unexpected", _("unexpected error")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, whose side it is on, and what to do: three things a person asks."""

    side: Side
    what: str | Promise
    next_step: str | Promise


# `what` may hold named parameters; `SyncError.params` and `Push.error_params` fill them.
EXPLANATIONS: dict[str, Explanation] = {
    ErrorCode.HRFLOW_CREDENTIALS: Explanation(
        Side.HRFLOW,
        _("HrFlow refused the API key or the user e-mail of the source."),
        _("Ask an operator to check the source's credentials, then retry."),
    ),
    ErrorCode.HRFLOW_UNREACHABLE: Explanation(
        Side.HRFLOW,
        _("HrFlow could not be reached."),
        _("Nothing was sent. It is tried again by itself; if it lasts, check the network."),
    ),
    ErrorCode.HRFLOW_RATE_LIMITED: Explanation(
        Side.HRFLOW,
        _("HrFlow asked us to slow down."),
        _("It is tried again by itself after a pause."),
    ),
    ErrorCode.HRFLOW_FAULT: Explanation(
        Side.HRFLOW,
        _("HrFlow answered with a fault (HTTP %(status)s)."),
        _("Nothing was sent. Retry later; if it lasts, tell HrFlow's support."),
    ),
    ErrorCode.HRFLOW_REJECTED: Explanation(
        Side.HRFLOW,
        _("HrFlow refused the request (HTTP %(status)s): %(answer)s"),
        _("Ask an operator to check the source's key."),
    ),
    ErrorCode.HRFLOW_UNREADABLE: Explanation(
        Side.HRFLOW,
        _("HrFlow's answer could not be read."),
        _("Nothing was sent. Retry later; if it lasts, tell HrFlow's support."),
    ),
    ErrorCode.PROFILE_NOT_FOUND: Explanation(
        Side.HRFLOW,
        _("HrFlow does not know this profile in this source."),
        _("It may have been deleted: refresh the profiles from HrFlow."),
    ),
    ErrorCode.FORMAT_FAILED: Explanation(
        Side.PROFILE,
        _("The profile's field “%(field)s” cannot be turned into a candidate: %(problem)s"),
        _("Correct the profile in HrFlow, then retry."),
    ),
    ErrorCode.FORMAT_EMPTY: Explanation(
        Side.HERE,
        _("The format “%(name)s” did not return a candidate."),
        _("Ask your integrator: a format must return the candidate."),
    ),
    ErrorCode.FORMAT_UNKNOWN: Explanation(
        Side.HERE,
        _("No format is registered under the name “%(name)s”."),
        _("Ask an operator to correct the workflow."),
    ),
    ErrorCode.FORMAT_CRASHED: Explanation(
        Side.HERE,
        _("The format “%(name)s” failed: %(problem)s"),
        _("Ask your integrator to mend the format, then retry."),
    ),
    ErrorCode.LOGIC_FAILED: Explanation(
        Side.HERE,
        _("The rule “%(name)s” failed: %(problem)s"),
        _("Ask your integrator to mend the rule, then retry."),
    ),
    ErrorCode.LOGIC_UNKNOWN: Explanation(
        Side.HERE,
        _("No rule is registered under the name “%(name)s”."),
        _("Ask an operator to correct the workflow."),
    ),
    ErrorCode.LOGIC_DISCARDED: Explanation(
        Side.PROFILE,
        _("The rule “%(name)s” left this profile out."),
        _("Nothing to do, unless the rule should let it pass."),
    ),
    ErrorCode.RESUME_MISSING: Explanation(
        Side.PROFILE,
        _("The profile has no CV, and this company wants one."),
        _("Add a CV to the profile in HrFlow, or let the company accept a generated one."),
    ),
    ErrorCode.RESUME_NOT_FOUND: Explanation(
        Side.HRFLOW,
        _("The CV's link no longer leads to a file (HTTP %(status)s)."),
        _("Upload the CV again in HrFlow, then retry."),
    ),
    ErrorCode.RESUME_UNREACHABLE: Explanation(
        Side.HRFLOW,
        _("The CV could not be downloaded."),
        _("Nothing was sent. It is tried again by itself."),
    ),
    ErrorCode.RESUME_FORBIDDEN_ADDRESS: Explanation(
        Side.PROFILE,
        _("The CV lies at an address we must not open: %(problem)s"),
        _("Upload the CV itself in HrFlow; an operator may allow a private host."),
    ),
    ErrorCode.RESUME_TOO_LARGE: Explanation(
        Side.PROFILE,
        _("The CV is larger than %(limit)s MB."),
        _("Upload a smaller file in HrFlow, then retry."),
    ),
    ErrorCode.RESUME_EMPTY: Explanation(
        Side.PROFILE,
        _("The CV is an empty file."),
        _("Upload the CV again in HrFlow, then retry."),
    ),
    ErrorCode.RESUME_WRONG_TYPE: Explanation(
        Side.PROFILE,
        _("The CV is not what it says it is: %(problem)s"),
        _("Upload the CV as PDF or Word in HrFlow, then retry."),
    ),
    ErrorCode.FLATCHR_CREDENTIALS: Explanation(
        Side.FLATCHR,
        _("Flatchr refused the company's API key."),
        _("The key may have expired (365 days): ask an operator for a new one, then retry."),
    ),
    ErrorCode.FLATCHR_UNREACHABLE: Explanation(
        Side.FLATCHR,
        _("Flatchr could not be reached."),
        _("Nothing was sent. It is tried again by itself; if it lasts, check the network."),
    ),
    ErrorCode.FLATCHR_RATE_LIMITED: Explanation(
        Side.FLATCHR,
        _("Flatchr asked us to slow down."),
        _("It is tried again by itself after a pause."),
    ),
    ErrorCode.FLATCHR_FAULT: Explanation(
        Side.FLATCHR,
        _("Flatchr's answer was lost, so the candidate may or may not be there."),
        _("We look in Flatchr before anything is sent again."),
    ),
    ErrorCode.FLATCHR_REJECTED: Explanation(
        Side.FLATCHR,
        _("Flatchr refused the candidate (HTTP %(status)s): %(answer)s"),
        _("Correct the profile in HrFlow, or see whether the vacancy is still open; then retry."),
    ),
    ErrorCode.FLATCHR_UNAVAILABLE: Explanation(
        Side.FLATCHR,
        _("Flatchr answered with a fault (HTTP %(status)s)."),
        _("No candidate was sent by this request. Retry later; if it lasts, tell Flatchr."),
    ),
    ErrorCode.FLATCHR_REFUSED: Explanation(
        Side.FLATCHR,
        _("Flatchr refused the request (HTTP %(status)s): %(answer)s"),
        _("Ask an operator to check the company's key and its vacancies."),
    ),
    ErrorCode.FLATCHR_UNREADABLE: Explanation(
        Side.FLATCHR,
        _("Flatchr's answer could not be read."),
        _("We look in Flatchr before anything is sent again."),
    ),
    ErrorCode.FLATCHR_NOT_FOUND: Explanation(
        Side.FLATCHR,
        _("Flatchr does not know this vacancy or company."),
        _("It may have been deleted: fetch the vacancies again and choose another."),
    ),
    ErrorCode.FLATCHR_AMBIGUOUS: Explanation(
        Side.FLATCHR,
        _("The answer was lost and Flatchr's search cannot tell whether the candidate is there."),
        _("Look in Flatchr, then choose “It is in Flatchr” or “Push again”."),
    ),
    ErrorCode.FLATCHR_MISMATCH: Explanation(
        Side.FLATCHR,
        _("Flatchr said the candidate was created, but its search does not show them."),
        _("Look in Flatchr; the vacancy may keep applicants out of search."),
    ),
    ErrorCode.FLATCHR_STAGES: Explanation(
        Side.FLATCHR,
        _("Several stages have the title “%(title)s”, so the candidate's is not known."),
        _("Give each stage a title of its own in Flatchr, then retry the enrichment."),
    ),
    ErrorCode.VACANCY_CLOSED: Explanation(
        Side.FLATCHR,
        _("The vacancy is closed."),
        _("Choose an open vacancy, or fetch the vacancies again if it was reopened."),
    ),
    ErrorCode.COMPANY_INACTIVE: Explanation(
        Side.HERE,
        _("Pushes to this company are switched off."),
        _("Ask an operator to switch the company on, then retry."),
    ),
    ErrorCode.SOURCE_INACTIVE: Explanation(
        Side.HERE,
        _("Pushes from this source are switched off."),
        _("Ask an operator to switch the source on, then retry."),
    ),
    ErrorCode.DUPLICATE_IN_PROGRESS: Explanation(
        Side.HERE,
        _("The same person is on the way to this vacancy from another profile."),
        _("Nothing was sent of this one: it waits until we know what became of the other."),
    ),
    ErrorCode.ATTEMPTS_EXHAUSTED: Explanation(
        Side.HERE,
        _("Tried %(attempts)s times without success. The last time: %(last)s"),
        _("Retry once the cause is gone."),
    ),
    ErrorCode.DEADLINE_PASSED: Explanation(
        Side.HERE,
        _("It took too long to get through, so it was given up. The last time: %(last)s"),
        _("Retry once the cause is gone."),
    ),
    ErrorCode.SECRET_UNREADABLE: Explanation(
        Side.HERE,
        _("The stored credentials cannot be decrypted with the configured keys."),
        _("Ask an operator to put the former key back or to enter the credentials again."),
    ),
    ErrorCode.PERSON_ERASED: Explanation(
        Side.HERE,
        _("This person was erased on request, and must not be sent anywhere again."),
        _("Delete the profile in HrFlow too."),
    ),
    ErrorCode.CONSENT_ENDED: Explanation(
        Side.PROFILE,
        _("The person's consent ended on %(date)s."),
        _("Ask the person again, note the new date in HrFlow, then retry."),
    ),
    ErrorCode.CONTACT_TOO_OLD: Explanation(
        Side.PROFILE,
        _("The last contact (%(date)s) is more than %(days)s days ago."),
        _("Ask the person again, note the date in HrFlow, then retry."),
    ),
    ErrorCode.WORKER_LOST: Explanation(
        Side.HERE,
        _("The worker stopped before it could finish."),
        _("Nothing was sent. It is tried again by itself."),
    ),
    ErrorCode.CANCELLED: Explanation(
        Side.HERE,
        _("Cancelled before anything was sent."),
        _("Push the profile again if it was a mistake."),
    ),
    ErrorCode.UNEXPECTED: Explanation(
        Side.HERE,
        _("Something unexpected went wrong (%(problem)s)."),
        _("Retry; if it happens again, give this page's address to your operator."),
    ),
}


class _Blank(dict[str, Any]):
    """Parameters for a sentence; one that is missing shows as a dash, never as an error."""

    def __missing__(self, key: str) -> str:
        return "—"


def sentence(code: str, params: dict[str, Any] | None = None) -> str:
    """What happened, in the language active now.

    `code`: an `ErrorCode`, or an English sentence of the catalogue; anything else stands for
    itself. A parameter `last` that is a code (what the last try met) is told as its label, and a
    `problem` of the catalogue in the reader's language too.
    """
    filled = _Blank(params or {})
    if filled.get("last") in ErrorCode.values:
        filled["last"] = ErrorCode(filled["last"]).label
    if filled.get("problem"):
        filled["problem"] = _fill(gettext(str(filled["problem"])), filled)
    explanation = EXPLANATIONS.get(code)
    return _fill(str(explanation.what) if explanation else code and gettext(code), filled)


def _fill(text: str, params: _Blank) -> str:
    try:
        return text % params
    except (TypeError, ValueError):  # words from elsewhere, with a percent sign of their own
        return text


def tally(counts: Iterable[tuple[str, int]]) -> str:
    """`1 failed, 3 waiting`."""
    words = gettext("%(count)s %(what)s")
    return ", ".join(words % {"count": count, "what": what} for what, count in counts)


def told(note: str) -> str:
    """A note made by `SyncError.note`, in the language active now. Other text stands for itself:
    notes used to be sentences."""
    try:
        code, params = json.loads(note)
        return sentence(code, params)
    except (TypeError, ValueError, AttributeError):
        return note
