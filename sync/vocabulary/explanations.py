"""What people read about an error: what happened, whose side it is on, and what to do next."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sync.vocabulary import ErrorCode, Side


@dataclass(frozen=True, slots=True)
class Explanation:
    """The texts about one error code; `what` may hold named parameters of the error."""

    side: Side
    what: str | Promise
    next_step: str | Promise


# `SyncError.params` and `Push.error_params` fill the parameters of `what`.
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
        _(
            "It may have been deleted: refresh the profiles from HrFlow. One that an event has "
            "announced is asked for again, for ten minutes."
        ),
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
        _("The vacancy is closed, or no longer in Flatchr."),
        _(
            "What waits goes on by itself once the vacancy was fetched and is open again. Or "
            "choose another."
        ),
    ),
    ErrorCode.COMPANY_INACTIVE: Explanation(
        Side.HERE,
        _("Pushes to this company are switched off."),
        _("Ask an operator to switch the company on: what waits goes on by itself."),
    ),
    ErrorCode.SOURCE_INACTIVE: Explanation(
        Side.HERE,
        _("Pushes from this source are switched off."),
        _("Ask an operator to switch the source on: what waits goes on by itself."),
    ),
    ErrorCode.DUPLICATE_IN_PROGRESS: Explanation(
        Side.HERE,
        _("The same person is on the way to this vacancy from another profile."),
        _("Nothing was sent of this one: it waits until we know what became of the other."),
    ),
    ErrorCode.MAYBE_SENT_BEFORE_RESTORE: Explanation(
        Side.HERE,
        _("The database was restored from a backup, and somebody of this name is on the vacancy."),
        _("Nothing was sent. Look in Flatchr: retry only if this person is not there yet."),
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


def sentence(code: str, params: dict[str, Any] | None = None) -> str:
    """What happened, in the active language; a missing parameter shows as a dash.

    `code`: an `ErrorCode`, or an English msgid of the catalogue; other text is returned as it is.
    The parameter `last` (the error code of the last attempt) is replaced by its label, and
    `problem` (a msgid, itself with parameters) by its translation.
    """
    filled: defaultdict[str, Any] = defaultdict(lambda: "—", params or {})
    if filled.get("last") in ErrorCode.values:
        filled["last"] = ErrorCode(filled["last"]).label
    if filled.get("problem"):
        filled["problem"] = _fill(gettext(str(filled["problem"])), filled)
    explanation = EXPLANATIONS.get(code)
    return _fill(str(explanation.what) if explanation else code and gettext(code), filled)


def _fill(text: str, params: defaultdict[str, Any]) -> str:
    """`text` with its parameters; unchanged where a foreign text holds a percent sign."""
    try:
        return text % params
    except (TypeError, ValueError):
        return text


def told(note: str) -> str:
    """The sentence of a note made by `UserFacingError.note`, in the active language.

    Any other text is returned as it is: rows of earlier versions hold whole sentences.
    """
    try:
        code, params = json.loads(note)
        return sentence(code, params)
    except (TypeError, ValueError, AttributeError):
        return note
