"""When an account keeps failing, its pushes wait instead of failing one by one."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from sync.exceptions import CredentialsError
from sync.models import Push
from sync.models.circuit_breaker import FAULTS_TO_OPEN, REFUSALS_TO_OPEN, CircuitBreaker
from sync.services.peers.rate_limits import RateLimitedError
from sync.services.preparing.journal import Journal
from sync.vocabulary import ErrorCode, Side

RECHECK_SECONDS = 1.0


def account_of(push: Push, side: Side) -> CircuitBreaker:
    return push.source if side is Side.HRFLOW else push.vacancy.company


def note_refusal(push: Push, error: CredentialsError) -> bool:
    """Count a 401 or 403; True once the account is paused and its pushes should wait."""
    account = account_of(push, error.side)
    return account.note_failures(error.code, 1, opens_at=REFUSALS_TO_OPEN)


def note_answer(
    push: Push,
    journal: Journal,
    probes: Sequence[CircuitBreaker] = (),
    *,
    refused: Side | None = None,
) -> None:
    """Count what the peers' answers say of their health; no write while all is well.

    `probes`: the half-open accounts that this push was let through to try. `refused`: the
    side that refused its credentials, whatever the HTTP status (HrFlow's envelope has its own).
    """
    exchanges = [exchange for step in journal.steps for exchange in step.exchanges]
    for side in (Side.HRFLOW, Side.FLATCHR):
        account = account_of(push, side)
        answers = [e["status"] for e in exchanges if e["service"] == side]
        _note(account, side, answers, is_well=side is not refused)
        if account in probes:
            account.end_probe()


def _note(account: CircuitBreaker, side: Side, answers: list[int | None], *, is_well: bool) -> None:
    faults = sum(status is None or status >= 500 for status in answers)
    if faults:
        code = ErrorCode.HRFLOW_FAULT if side is Side.HRFLOW else ErrorCode.FLATCHR_FAULT
        account.note_failures(code, faults, opens_at=FAULTS_TO_OPEN)
    elif is_well and answers and _is_well(answers[-1]) and _counts(account):
        account.note_success()


def _is_well(status: int | None) -> bool:
    """Even a "no" to this candidate shows that the account works; a refused key does not."""
    return status is not None and status < 500 and status not in (401, 403, 429)


def _counts(account: CircuitBreaker) -> bool:
    """As it was when the push was claimed: nearly always there is nothing to reset."""
    return bool(account.failures_in_a_row or account.paused_until)


def is_half_open(push: Push) -> bool:
    """As it was when the push was claimed: paused accounts are not claimed for."""
    return any(account.paused_until is not None for account in (push.source, push.vacancy.company))


def check_let_through(push: Push) -> list[CircuitBreaker]:
    """Half open lets one push through at a time: the accounts it probes. Raises RateLimitedError for
    the others, which then probe nothing."""
    accounts: tuple[CircuitBreaker, CircuitBreaker] = (push.source, push.vacancy.company)
    half_open = [account for account in accounts if account.paused_until is not None]
    if half_open:
        with transaction.atomic():
            for account in half_open:
                _begin_probe(account)
    return half_open


def _begin_probe(account: CircuitBreaker) -> None:
    if not account.begin_probe(_probe_seconds()):
        code = account.pause_code or ErrorCode.FLATCHR_FAULT
        raise RateLimitedError(code, retry_after=RECHECK_SECONDS)


def _probe_seconds() -> float:
    return 4 * settings.HTTP_TIMEOUT_SECONDS
