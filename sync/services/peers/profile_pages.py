"""Reading a whole HrFlow source, page by page."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from tenacity import RetryCallState, Retrying, before_sleep_log, retry_if_exception_type
from tenacity.nap import sleep_using_event

from sync.clients.hrflow import HrFlowClient, ProfilePage
from sync.exceptions import RetryableError
from sync.models.profiles import LONGEST_KEY
from sync.services.peers.backoff import backoff
from sync.services.queue import heartbeat, shutdown

logger = logging.getLogger(__name__)

PAGE = 100
PAGE_TRIES = 3
LONGEST_PAGE_WAIT_SECONDS = 10.0
# Profiles change while a list is read, so two readings overlap by this much update time.
OVERLAP = timedelta(minutes=10)


def pages(client: HrFlowClient, source_key: str) -> Iterator[ProfilePage]:
    """Every page of a source, by update time, newest first.

    A page that fails is asked for again; profiles whose key no row could hold are left out. Raises
    SyncError: a RetryableError after the last try, or at once where HrFlow asks for a wait longer
    than LONGEST_PAGE_WAIT_SECONDS, so that the worker is free until the next reading.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(RetryableError),
        wait=_seconds_until_next_try,
        stop=_is_last_try,
        sleep=sleep_using_event(shutdown.requested),
        before=lambda _: heartbeat.beat(),
        before_sleep=before_sleep_log(logger, logging.INFO),
        reraise=True,
    )
    for number in itertools.count(1):
        page = retrying(client.list_profiles, source_key, page=number, limit=PAGE)
        kept = [one for one in page.profiles if len(str(one.get("key") or "")) <= LONGEST_KEY]
        if left_out := len(page.profiles) - len(kept):
            logger.warning(
                "page %s: %s profiles left out: their keys have more than %s characters",
                number,
                left_out,
                LONGEST_KEY,
            )
        yield replace(page, profiles=kept)
        if number >= page.max_page or not page.profiles:
            return


def _seconds_until_next_try(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked_for = error.retry_after if isinstance(error, RetryableError) else None
    return backoff(state.attempt_number, asked_for)


def _is_last_try(state: RetryCallState) -> bool:
    is_spent = state.attempt_number >= PAGE_TRIES
    return is_spent or state.upcoming_sleep > LONGEST_PAGE_WAIT_SECONDS
