"""What an HTTP status, or a missing answer, means: the error to raise for it.

`effect` marks a call that must not happen twice (creating a candidate). Without a certain answer
such a call raises OutcomeUnknownError; a read, or a write that may be repeated, raises
RetryableError.
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

MAX_RETRY_AFTER = 3600.0  # seconds; a longer wait is a mistake, or a maintenance to look into


class Meaning(Enum):
    """What a status says about the request, whoever answered."""

    DONE = "done"
    CREDENTIALS = "credentials"
    RATE_LIMITED = "rate limited"
    NOT_FOUND = "not found"
    REJECTED = "rejected"
    UNCLEAR = "unclear"


def meaning_of_status(status: int) -> Meaning:
    """1xx, 3xx, 5xx and numbers that are no HTTP status are unclear.

    So are 408, 409 and 425: a proxy may send them for a request that took effect, or for one that
    works a moment later.
    """
    match status:
        case 401 | 403:
            return Meaning.CREDENTIALS
        case 404:
            return Meaning.NOT_FOUND
        case 429:
            return Meaning.RATE_LIMITED
        case 408 | 409 | 425:
            return Meaning.UNCLEAR
    if 200 <= status < 300:
        return Meaning.DONE
    return Meaning.REJECTED if 400 <= status < 500 else Meaning.UNCLEAR


@dataclass(frozen=True, slots=True)
class Codes:
    """The error codes of one service.

    `rejected` and `fault` are of calls without effect; the same answers to a call with effect are
    `refused` and `lost`.
    """

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
    """The error of a status other than 2xx.

    `retry_after`: seconds, from the answer's header. `answer`: a redacted excerpt of the body.
    """
    codes, meaning = CODES[service], meaning_of_status(status)
    if meaning is Meaning.CREDENTIALS:
        return CredentialsError(codes.credentials, http_status=status)
    if meaning is Meaning.RATE_LIMITED:
        return RetryableError(codes.rate_limited, http_status=status, retry_after=retry_after)
    if meaning is Meaning.NOT_FOUND:
        return PermanentError(codes.not_found, http_status=status, answer=answer)
    if meaning is Meaning.REJECTED:
        code = codes.refused if effect else codes.rejected
        return PermanentError(code, http_status=status, answer=answer)
    if effect:
        return OutcomeUnknownError(codes.lost, http_status=status, retry_after=retry_after)
    return RetryableError(codes.fault, http_status=status, retry_after=retry_after)


def of_transport(
    service: Service, failure: Failure, *, effect: bool = False, status: int | None = None
) -> SyncError:
    """The error of an exchange without a whole answer. `status`: of its head, where one came."""
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
    """The error of a 2xx whose body has an undocumented shape."""
    kind = OutcomeUnknownError if effect else RetryableError
    return kind(CODES[service].unreadable, http_status=status, retry_after=retry_after)


def retry_after(value: str | None) -> float | None:
    """The seconds a `Retry-After` header asks for, at most `MAX_RETRY_AFTER`; None if unreadable.

    Reads both forms of RFC 9110, 10.2.3: seconds, and an HTTP date.
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        when = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return min(max(when - time.time(), 0.0), MAX_RETRY_AFTER)
