"""The table of errors: what an HTTP status, or no answer at all, means for a push.

The one question behind it: may the call have taken effect? A call *with effect* (creating a
candidate) that ended without a certain answer is an `OutcomeUnknownError`; the same end of a read,
or of a write that may safely be repeated, is a `RetryableError`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Literal

from sync.clients.transport import Failure
from sync.exceptions import (
    CredentialsError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.vocabulary import ErrorCode

Service = Literal["hrflow", "flatchr", "resume"]

MAX_RETRY_AFTER = 3600.0  # seconds; a longer wish is a mistake or a maintenance to look into


class Verdict(Enum):
    DONE = "done"
    CREDENTIALS = "credentials"
    RATE_LIMITED = "rate limited"
    NOT_FOUND = "not found"
    REJECTED = "rejected"
    UNCLEAR = "unclear"


_VERDICTS: dict[int, Verdict] = {
    401: Verdict.CREDENTIALS,
    403: Verdict.CREDENTIALS,
    404: Verdict.NOT_FOUND,
    # A proxy may say these of a request that went through, or of one that may work in a moment.
    408: Verdict.UNCLEAR,
    409: Verdict.UNCLEAR,
    425: Verdict.UNCLEAR,
    429: Verdict.RATE_LIMITED,
}


def verdict(status: int) -> Verdict:
    """1xx, 3xx and 5xx are unclear, like everything that is not an HTTP status."""
    if 200 <= status < 300:
        return Verdict.DONE
    rest = Verdict.REJECTED if 400 <= status < 500 else Verdict.UNCLEAR
    return _VERDICTS.get(status, rest)


@dataclass(frozen=True, slots=True)
class Codes:
    """The error codes of one service. `lost`: a call with effect ended without an answer."""

    credentials: ErrorCode
    unreachable: ErrorCode
    rate_limited: ErrorCode
    fault: ErrorCode
    unreadable: ErrorCode
    rejected: ErrorCode
    not_found: ErrorCode
    lost: ErrorCode
    refused: ErrorCode


CODES: dict[Service, Codes] = {
    "hrflow": Codes(
        credentials=ErrorCode.HRFLOW_CREDENTIALS,
        unreachable=ErrorCode.HRFLOW_UNREACHABLE,
        rate_limited=ErrorCode.HRFLOW_RATE_LIMITED,
        fault=ErrorCode.HRFLOW_FAULT,
        unreadable=ErrorCode.HRFLOW_UNREADABLE,
        rejected=ErrorCode.HRFLOW_REJECTED,
        not_found=ErrorCode.HRFLOW_REJECTED,
        lost=ErrorCode.HRFLOW_FAULT,
        refused=ErrorCode.HRFLOW_REJECTED,
    ),
    "flatchr": Codes(
        credentials=ErrorCode.FLATCHR_CREDENTIALS,
        unreachable=ErrorCode.FLATCHR_UNREACHABLE,
        rate_limited=ErrorCode.FLATCHR_RATE_LIMITED,
        fault=ErrorCode.FLATCHR_UNAVAILABLE,
        unreadable=ErrorCode.FLATCHR_UNREADABLE,
        rejected=ErrorCode.FLATCHR_REFUSED,
        not_found=ErrorCode.FLATCHR_NOT_FOUND,
        lost=ErrorCode.FLATCHR_FAULT,
        refused=ErrorCode.FLATCHR_REJECTED,
    ),
}


def of_status(
    service: Service,
    status: int,
    *,
    effect: bool = False,
    retry_after: float | None = None,
    answer: str = "",
) -> SyncError:
    """The error a status other than 2xx stands for. `answer`: a redacted excerpt of the body."""
    codes, meaning = CODES[service], verdict(status)
    if meaning is Verdict.CREDENTIALS:
        return CredentialsError(codes.credentials, http_status=status)
    if meaning is Verdict.RATE_LIMITED:
        return RetryableError(codes.rate_limited, http_status=status, retry_after=retry_after)
    if meaning is Verdict.NOT_FOUND:
        return PermanentError(codes.not_found, http_status=status, answer=answer)
    if meaning is Verdict.REJECTED:
        code = codes.refused if effect else codes.rejected
        return PermanentError(code, http_status=status, answer=answer)
    if effect:
        return OutcomeUnknownError(codes.lost, http_status=status, retry_after=retry_after)
    return RetryableError(codes.fault, http_status=status, retry_after=retry_after)


def of_transport(
    service: Service, failure: Failure, *, effect: bool = False, status: int | None = None
) -> SyncError:
    """The error of an exchange without a whole answer; `status`: its head, where one came."""
    codes = CODES[service]
    if failure is Failure.NOT_SENT:
        return RetryableError(codes.unreachable)
    if effect:
        return OutcomeUnknownError(codes.lost, http_status=status)
    if failure is Failure.NO_ANSWER:
        return RetryableError(codes.unreachable)
    return RetryableError(codes.unreadable, http_status=status)


def unreadable(
    service: Service,
    *,
    effect: bool = False,
    status: int | None = None,
    retry_after: float | None = None,
) -> SyncError:
    """An answer that says 2xx and then something nobody documents."""
    kind = OutcomeUnknownError if effect else RetryableError
    return kind(CODES[service].unreadable, http_status=status, retry_after=retry_after)


def retry_after(value: str | None) -> float | None:
    """The seconds a `Retry-After` header asks for, at most `MAX_RETRY_AFTER`; nonsense is None.

    Both documented forms: seconds, and an HTTP date (RFC 9110, 10.2.3).
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        when = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return min(max(when - time.time(), 0.0), MAX_RETRY_AFTER)
