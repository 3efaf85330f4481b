"""Long work on the whole database: one at a time on all machines, with progress for people.

A queue delivers a task again that takes longer than it expects, and two people may ask for the same
at once. Who does it holds a lease in the cache and renews it; a dead one's runs out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from django.core.cache import cache
from redis import RedisError

from sync.services.privacy import database_files
from sync.services.queue import heartbeat

logger = logging.getLogger(__name__)

_LEASE, _PROGRESS = "maintenance:lease", "maintenance:progress"
LEASE_SECONDS = 300
# One statement that rewrites the whole file: nobody can beat or renew meanwhile.
LONGEST_STATEMENT_SECONDS = 3600
PURGE, SCRUB = "purge", "scrub"


@contextmanager
def alone(work: str) -> Iterator[bool]:
    """Whether the block may do `work`: false while another does any. While Redis is away it may."""
    is_mine = True
    with suppress(RedisError):
        is_mine = cache.add(_LEASE, work, LEASE_SECONDS)
    if not is_mine:
        logger.info("%s: another one is at work", work)
    try:
        yield is_mine
    finally:
        if is_mine:
            with suppress(RedisError):
                cache.delete_many([_LEASE, _PROGRESS])


def report(work: str, counts: Mapping[str, int], *, seconds: float = LEASE_SECONDS) -> None:
    """How far the work is (rows by kind); renews its lease, and the group's heartbeat."""
    heartbeat.beat()
    with suppress(RedisError):
        cache.set(_PROGRESS, {"work": work, "counts": dict(counts)}, seconds)
        cache.touch(_LEASE, seconds)


def progress() -> dict[str, Any] | None:
    """What is being done now: `work` (PURGE or SCRUB) and `counts`; None while nothing is."""
    with suppress(RedisError):
        found: dict[str, Any] | None = cache.get(_PROGRESS)
        return found
    return None


def scrub() -> bool:
    """`database_files.scrub` for who is alone at work: announced, so that no supervisor takes its
    silence for death."""
    report(SCRUB, {}, seconds=LONGEST_STATEMENT_SECONDS)
    heartbeat.announce_silence(LONGEST_STATEMENT_SECONDS)
    try:
        return database_files.scrub()
    finally:
        heartbeat.announce_silence(0)


def scrub_alone() -> bool:
    """Whether deleted rows are off the disk now: not while other work of this kind is under way."""
    with alone(SCRUB) as is_mine:
        return is_mine and scrub()
