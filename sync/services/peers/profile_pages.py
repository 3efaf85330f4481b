"""Reading a whole HrFlow source, page by page, as far as HrFlow shows it."""

from __future__ import annotations

import itertools
import logging
import statistics
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tenacity import RetryCallState, Retrying, before_sleep_log, retry_if_exception_type
from tenacity.nap import sleep_using_event

from sync.clients.hrflow import HrFlowClient, ProfilePage
from sync.exceptions import CredentialsError, PermanentError, RetryableError, SyncError
from sync.models.profiles import LONGEST_KEY
from sync.services.peers.backoff import backoff
from sync.services.queue import heartbeat, shutdown
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)

PAGE = 100
PAGE_TRIES = 3
LONGEST_PAGE_WAIT_SECONDS = 10.0
# Profiles change while a list is read, so two readings overlap by this much update time.
OVERLAP = timedelta(minutes=10)
# How many entries of a list search engines usually show, and count, at most.
USUAL_DEPTH = 10_000


def pages(client: HrFlowClient, source_key: str) -> Iterator[ProfilePage]:
    """Every page of a source that HrFlow shows, by update time, newest first.

    The last one `is_cut` where the source goes on but the list does not. A page that fails is asked
    for again; one whose content cannot be read is read profile by profile. Entries without a usable
    key are left out and counted. Raises SyncError: a RetryableError after the last try, or at once
    where HrFlow asks for a wait longer than LONGEST_PAGE_WAIT_SECONDS, so that the worker is free
    until the next reading.
    """
    read = empty_in_a_row = max_page = 0
    total: int | None = None
    for number in itertools.count(1):
        try:
            page = _read_page(client, source_key, number)
        except SyncError as error:
            if not _is_refused_depth(error, number, read):
                raise
            logger.warning("page %s and those after it are refused: %s", number, error)
            is_cut = number <= max_page or _goes_on(read, total)
            yield ProfilePage([], number, number, total, is_cut=is_cut)
            return
        entries = len(page.profiles) + page.left_out
        read, total, max_page = read + entries, page.total, page.max_page
        empty_in_a_row = 0 if entries else empty_in_a_row + 1
        # Some lists name fewer pages than there are; after a full one there may be another.
        may_go_on = number < max_page or (entries >= PAGE and _goes_on(read, total))
        is_last = not may_go_on or empty_in_a_row > 1
        is_cut = is_last and _goes_on(read, total)
        if is_cut:
            logger.warning("the list ends after %s of %s profiles", read, total)
        yield replace(page, is_cut=is_cut)
        if is_last:
            return


def is_past(times: Collection[datetime], since: datetime) -> bool:
    """Whether a page with these update times is well past `since`: more than half of it is, so
    that no single odd date ends a reading."""
    return bool(times) and statistics.median_low(times) < since - OVERLAP


def _read_page(client: HrFlowClient, source_key: str, number: int) -> ProfilePage:
    """One page, with profiles that have a usable key only. Raises SyncError."""
    try:
        page = _patiently()(client.list_profiles, source_key, page=number, limit=PAGE)
    except RetryableError as error:
        if error.code != ErrorCode.HRFLOW_UNREADABLE:
            raise
        page = _read_one_by_one(client, source_key, number)
    kept = [one for one in page.profiles if _has_key(one)]
    if left_out := page.left_out + len(page.profiles) - len(kept):
        logger.warning(
            "page %s: %s profiles left out: unreadable, no key, or more than %s characters",
            number,
            left_out,
            LONGEST_KEY,
        )
    return replace(page, profiles=kept, left_out=left_out)


def _read_one_by_one(client: HrFlowClient, source_key: str, number: int) -> ProfilePage:
    """A page whose answer cannot be read, for one of its profiles: its keys, then each profile.

    Raises SyncError, also where its keys cannot be read either.
    """
    list_keys = client.list_profiles
    page = _patiently()(list_keys, source_key, page=number, limit=PAGE, return_profile=False)
    found, left_out = [], page.left_out
    for brief in page.profiles:
        if shutdown.is_requested():
            break  # The caller looks, too, before it takes the page.
        if not _has_key(brief):
            found.append(brief)
            continue
        try:
            found.append(_patiently()(client.read_profile, source_key, brief["key"]))
        except SyncError as error:
            if error.code not in (ErrorCode.HRFLOW_UNREADABLE, ErrorCode.PROFILE_NOT_FOUND):
                raise
            logger.warning("profile %s left out: %s", brief["key"], error)
            left_out += 1
    return replace(page, profiles=found, left_out=left_out)


def _has_key(profile: Mapping[str, Any]) -> bool:
    """A key that a row can hold and an address can carry: not too long, no control characters."""
    key = profile.get("key")
    return isinstance(key, str) and 0 < len(key) <= LONGEST_KEY and key.isprintable()


def _is_refused_depth(error: SyncError, number: int, read: int) -> bool:
    """Whether HrFlow has shown the pages before and refuses to go on from here."""
    if number == 1 or isinstance(error, CredentialsError):
        return False
    is_fault = error.code == ErrorCode.HRFLOW_FAULT and read >= USUAL_DEPTH
    return isinstance(error, PermanentError) or is_fault


def _goes_on(read: int, total: int | None) -> bool:
    """Whether the source holds more than was read, or exactly as many as lists usually show."""
    return read == USUAL_DEPTH or (total is not None and total > read)


def _patiently() -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(RetryableError),
        wait=_seconds_until_next_try,
        stop=_is_last_try,
        sleep=sleep_using_event(shutdown.requested),
        before=lambda _: heartbeat.beat(),
        before_sleep=before_sleep_log(logger, logging.INFO),
        reraise=True,
    )


def _seconds_until_next_try(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked_for = error.retry_after if isinstance(error, RetryableError) else None
    return backoff(state.attempt_number, asked_for)


def _is_last_try(state: RetryCallState) -> bool:
    is_spent = state.attempt_number >= PAGE_TRIES
    return is_spent or state.upcoming_sleep > LONGEST_PAGE_WAIT_SECONDS
