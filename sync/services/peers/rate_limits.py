"""Calls a minute to HrFlow and Flatchr, limited for all workers on all machines together.

GCRA from pyrate-limiter does the arithmetic; one row an account (`sync.models.workers`) holds
its state, so that SQLite and PostgreSQL serve alike and nothing else has to run. Requests that come
in to this application are limited by `sync.web.throttle`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from pyrate_limiter import Duration, Rate
from pyrate_limiter.abstracts.algorithm import GCRA

from sync.exceptions import RetryableError
from sync.models import FlatchrCompany, HrFlowSource, Push, RateState
from sync.services.queue import shutdown
from sync.services.queue.writer import Writer
from sync.vocabulary import ErrorCode

# A push whose turn is further away than this is handed back before anything is read for it.
NEAR_SECONDS = 5.0
# A thread that has read everything waits this long for its turn to send.
LONGEST_WAIT_SECONDS = 30.0
ALGORITHM = GCRA()


class RateLimitedError(RetryableError):
    """Our own limit, not the peer's: the push waits `retry_after` seconds and loses no attempt."""


class Turns:
    """A client's throttle whose next turn can be taken ahead, so that no wait comes between an
    intent to create and its request. `wait`: waits for one turn; None where there is no limit."""

    def __init__(self, wait: Callable[[], None] | None) -> None:
        self._wait, self._is_taken = wait, False

    def take_ahead(self) -> None:
        """Wait for the turn of the next request now. Raises RateLimitedError."""
        self()
        self._is_taken = True

    def __call__(self) -> None:
        """Called by the client before each request. Raises RateLimitedError."""
        if self._is_taken:
            self._is_taken = False
        elif self._wait is not None:
            self._wait()


def company_throttle(company: FlatchrCompany, writer: Writer) -> Callable[[], None] | None:
    """For a client: waits for this company's turn. None where there is no limit."""
    limit, key = company.requests_per_minute, _company_key(company)
    if not limit:
        return None
    return lambda: wait_for_turn(key, limit, writer, ErrorCode.FLATCHR_RATE_LIMITED)


def hrflow_throttle(source: HrFlowSource, writer: Writer) -> Callable[[], None] | None:
    """For a client: waits for the turn of the source's user, to whom HrFlow's limits belong.

    None where there is no limit.
    """
    limit, key = settings.HRFLOW_REQUESTS_PER_MINUTE, f"hrflow:{source.api_user}"
    if not limit:
        return None
    return lambda: wait_for_turn(key, limit, writer, ErrorCode.HRFLOW_RATE_LIMITED)


def wait_for_turn(key: str, per_minute: int, writer: Writer, code: ErrorCode) -> None:
    """Take the next turn, and wait until it comes.

    Raises RateLimitedError where it is further away than a thread should wait or than the task
    lasts (`writer.ends`), or where a stop is requested meanwhile.
    """
    longest = min(LONGEST_WAIT_SECONDS, max(writer.ends - time.monotonic(), 0))
    wait = writer.run(lambda: reserve(key, per_minute, longest))
    if wait > longest:
        raise RateLimitedError(code, retry_after=wait)
    if wait and shutdown.requested.wait(wait):
        raise RateLimitedError(code, retry_after=wait)


def check_turn_is_near(company: FlatchrCompany) -> None:
    """To be asked before reading: raises RateLimitedError where sending would have to wait long.

    The delay spreads those who wait over the time that serving them takes.
    """
    limit = company.requests_per_minute
    if not limit:
        return
    row, now = RateState.objects.lock(_company_key(company))
    _, wait = _next_turn(row, now, limit)
    if wait > NEAR_SECONDS:
        queue = Push.objects.waiting().filter(vacancy__company=company).count()
        spread = 60 * queue / limit
        delay = random.uniform(wait, wait + spread)
        raise RateLimitedError(ErrorCode.FLATCHR_RATE_LIMITED, retry_after=delay)


def reserve(key: str, per_minute: int, longest: float = LONGEST_WAIT_SECONDS) -> float:
    """Take the next turn; returns the seconds until it comes. One further away than `longest` is
    not taken."""
    row, now = RateState.objects.lock(key)
    state, wait = _next_turn(row, now, per_minute)
    if wait <= longest:
        RateState.objects.filter(pk=row.pk).update(state=list(state))
    return wait


def _next_turn(row: RateState, at: datetime, per_minute: int) -> tuple[tuple[float, ...], float]:
    """The state once the next turn is taken, and the seconds until that turn, counted from `at`."""
    rates = [Rate(per_minute, Duration.MINUTE, burst=1)]
    state = tuple(row.state) or ALGORITHM.initial(rates)
    now = int(at.timestamp() * 1000)
    new_state, decision = ALGORITHM.step(rates, state, now, 1)
    if decision.allowed:
        return new_state, 0.0
    wait = decision.retry_after_ms or 1
    new_state, _ = ALGORITHM.step(rates, state, now + wait, 1)
    return new_state, wait / 1000


def _company_key(company: FlatchrCompany) -> str:
    return f"flatchr:{company.pk}"
