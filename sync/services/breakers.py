"""When an account keeps failing, its pushes wait instead of failing one by one."""

from __future__ import annotations

from django.conf import settings

from sync.exceptions import CredentialsError
from sync.models import Push
from sync.models.breaker import FAULTS_TO_OPEN, REFUSALS_TO_OPEN, Breaker
from sync.services.journal import Journal
from sync.services.limits import PutOffError
from sync.vocabulary import EXPLANATIONS, ErrorCode, Side

RECHECK_SECONDS = 1.0


def account_of(push: Push, side: Side) -> Breaker:
    return push.source if side is Side.HRFLOW else push.vacancy.company


def note_refusal(push: Push, error: CredentialsError) -> bool:
    """Count a 401 or 403; True once the account is paused and its pushes should wait."""
    account = account_of(push, EXPLANATIONS[error.code].side)
    return account.note_failures(error.code, 1, opens_at=REFUSALS_TO_OPEN)


def note_answer(push: Push, journal: Journal) -> None:
    """Count what the peers' answers say of their health; no write while all is well."""
    exchanges = [exchange for step in journal.steps for exchange in step.exchanges]
    for side in (Side.HRFLOW, Side.FLATCHR):
        answers = [e["status"] for e in exchanges if e["service"] == side]
        _note(account_of(push, side), side, answers)


def _note(account: Breaker, side: Side, answers: list[int | None]) -> None:
    faults = sum(status is None or status >= 500 for status in answers)
    if faults:
        code = ErrorCode.HRFLOW_FAULT if side is Side.HRFLOW else ErrorCode.FLATCHR_FAULT
        account.note_failures(code, faults, opens_at=FAULTS_TO_OPEN)
    elif any(status is not None and status < 300 for status in answers) and _counts(account):
        account.note_success()


def _counts(account: Breaker) -> bool:
    """As it was when the push was claimed: nearly always there is nothing to reset."""
    return bool(account.failures_in_a_row or account.paused_until)


def check_let_through(push: Push) -> None:
    """Half open lets one push through at a time. Raises PutOffError for the others."""
    for account in (push.source, push.vacancy.company):
        if account.paused_until is not None and not account.begin_probe(_probe_seconds()):
            raise PutOffError(
                account.pause_code or ErrorCode.FLATCHR_FAULT, retry_after=RECHECK_SECONDS
            )


def _probe_seconds() -> float:
    return 4 * settings.HTTP_TIMEOUT_SECONDS
