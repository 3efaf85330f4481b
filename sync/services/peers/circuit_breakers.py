"""When an account keeps failing, its pushes wait instead of failing one by one.

An account (`CircuitBreaker`: a source or a company) is open while paused, half open when its pause
is over and one push probes it, and closed after an answer that shows it works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import transaction

from sync.exceptions import CredentialsError
from sync.models import Push
from sync.models.circuit_breaker import FAULTS_TO_OPEN, REFUSALS_TO_OPEN, CircuitBreaker
from sync.services.peers.rate_limits import RateLimitedError
from sync.vocabulary import ErrorCode, Side

# How long a push waits while another one probes its account.
RECHECK_SECONDS = 1.0


def note_refusal(push: Push, error: CredentialsError) -> bool:
    """Count a 401 or 403; True once the account is paused and its pushes should wait."""
    hrflow = error.side is Side.HRFLOW
    account: CircuitBreaker = push.source if hrflow else push.vacancy.company
    return account.note_failures(error.code, 1, opens_at=REFUSALS_TO_OPEN)


def note_answer(
    push: Push,
    exchanges: Sequence[Mapping[str, Any]],
    probes: Sequence[CircuitBreaker] = (),
    *,
    refused: Side | None = None,
) -> None:
    """Count what the peers' answers say of their health; nothing changes while all is well.

    In a row means in a row in time: a push whose last answer shows that the account works ends the
    row, whatever was counted since that push was claimed.

    `exchanges`: as a journal keeps them (`service`, `status`: None without an answer).
    `probes`: the half-open accounts that this push was let through to try. `refused`: the side that
    refused its credentials, whatever the HTTP status (HrFlow's envelope has its own).
    """
    sides: list[tuple[Side, CircuitBreaker, ErrorCode]] = [
        (Side.HRFLOW, push.source, ErrorCode.HRFLOW_FAULT),
        (Side.FLATCHR, push.vacancy.company, ErrorCode.FLATCHR_FAULT),
    ]
    for side, account, code in sides:
        statuses = [one["status"] for one in exchanges if one["service"] == side]
        faults = list(takewhile(_is_fault, reversed(statuses)))
        # Even a "no" to this candidate shows that the account works; a refused key does not.
        is_well = statuses and statuses[-1] not in (401, 403, 429) and side is not refused
        if faults:
            account.note_failures(code, len(faults), opens_at=FAULTS_TO_OPEN)
        elif is_well:
            account.close()
        if account in probes:
            account.end_probe()


def _is_fault(status: int | None) -> bool:
    return status is None or status >= 500


def is_half_open(push: Push) -> bool:
    """As it was when the push was claimed: the pause of an account is over, as paused accounts are
    not claimed for. No query."""
    return bool(_half_open_accounts(push))


def check_let_through(push: Push) -> list[CircuitBreaker]:
    """Half open lets one push through at a time; returns the accounts that this one probes.

    Raises RateLimitedError for the others, which then probe nothing.
    """
    half_open = _half_open_accounts(push)
    if not half_open:
        return []
    with transaction.atomic():
        for account in half_open:
            if not account.begin_probe(4 * settings.HTTP_TIMEOUT_SECONDS):
                code = account.pause_code or ErrorCode.FLATCHR_FAULT
                raise RateLimitedError(code, retry_after=RECHECK_SECONDS)
    return half_open


def _half_open_accounts(push: Push) -> list[CircuitBreaker]:
    accounts: tuple[CircuitBreaker, ...] = (push.source, push.vacancy.company)
    return [account for account in accounts if account.paused_until is not None]
