"""The words of the domain: events, read modes, sides and error codes, with their labels.

Events and read modes have the names of the seed (`hrflow-connectors`), so that both tools log the
same words.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ReadMode(TextChoices):
    """How a run reads its source: all of it, or from where the last successful run stopped."""

    # Lower case, because the seed's callers write `ReadMode.sync`.
    sync = "sync", _("everything")
    incremental = "incremental", _("only what is new")


class Event(TextChoices):
    """What can happen to one profile in a run; a run stores one count per event."""

    READ_SUCCESS = "read_success", _("profile read")
    READ_FAILURE = "read_failure", _("profile could not be read")
    FORMAT_FAILURE = "format_failure", _("profile could not be formatted")
    LOGICS_DISCARD = "logics_discard", _("left out by a rule")
    LOGICS_FAILURE = "logics_failure", _("a rule failed")
    WRITE_SUCCESS = "write_success", _("candidate created")
    WRITE_FAILURE = "write_failure", _("candidate could not be created")
    ALREADY_THERE = "already_there", _("candidate was already there")


class Side(TextChoices):
    """Who has to act on a failure."""

    HRFLOW = "hrflow", "HrFlow"
    FLATCHR = "flatchr", "Flatchr"
    PROFILE = "profile", _("the profile")
    HERE = "here", _("this connector")


class ErrorCode(TextChoices):
    """Every way a push can fail; stored. The texts for people: `sync.vocabulary.explanations`."""

    HRFLOW_CREDENTIALS = "hrflow_credentials", _("HrFlow refused the credentials")
    HRFLOW_UNREACHABLE = "hrflow_unreachable", _("HrFlow could not be reached")
    HRFLOW_RATE_LIMITED = "hrflow_rate_limited", _("HrFlow asked to slow down")
    HRFLOW_FAULT = "hrflow_fault", _("HrFlow had a fault")
    HRFLOW_REJECTED = "hrflow_rejected", _("HrFlow refused the request")
    HRFLOW_UNREADABLE = "hrflow_unreadable", _("HrFlow's answer could not be read")
    PROFILE_NOT_FOUND = "profile_not_found", _("profile not found")
    PROFILE_ARCHIVED = "profile_archived", _("profile archived in HrFlow")
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
    RESUME_CUT = "resume_cut", _("CV cut short")
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
    MAYBE_SENT_BEFORE_RESTORE = "maybe_sent_before_restore", _("perhaps sent before the restore")
    LOOKALIKE = "lookalike", _("looks like somebody on the vacancy")
    IDENTITY_CHANGED = "identity_changed", _("another person than the one confirmed")
    ATTEMPTS_EXHAUSTED = "attempts_exhausted", _("too many attempts")
    DEADLINE_PASSED = "deadline_passed", _("too late")
    SECRET_UNREADABLE = "secret_unreadable", _("stored credentials cannot be decrypted")
    PERSON_ERASED = "person_erased", _("erased on request")
    CONSENT_ENDED = "consent_ended", _("consent has ended")
    CONTACT_TOO_OLD = "contact_too_old", _("last contact too long ago")
    WORKER_LOST = "worker_lost", _("the worker stopped before the end")
    CANCELLED = "cancelled", _("cancelled")
    UNEXPECTED = "unexpected", _("unexpected error")


def label_of(value: str, *choices: type[TextChoices]) -> str:
    """The words of a stored value, in the active language.

    `choices`: the enumerations it may come from, the first that has it counts. A value that none
    has (of an older version) stands for itself.
    """
    for one in choices:
        if value in one.values:
            return str(one(value).label)
    return value


def tally(counts: Iterable[tuple[str, int]]) -> str:
    """`("failed", 1), ("waiting", 3)` as `1 failed, 3 waiting`, in the active language."""
    words = gettext("%(count)s %(what)s")
    return ", ".join(words % {"count": count, "what": what} for what, count in counts)
