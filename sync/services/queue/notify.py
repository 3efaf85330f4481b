"""Waking workers: a task says that there is work, the rows say which.

Tasks are named by dotted path, so that no service imports them; `number` tells apart tasks of one
name (a worker's number, a row's id). A notification is pending until its task begins, or until it
counts as lost (the broker was flushed), so that a busy queue does not hold the same task twice.

Redis may be away for a moment. That is logged and costs time only: the next sweep notifies again.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django_q.tasks import async_task
from redis.exceptions import RedisError

from sync.models import WorkerGroup

logger = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

WORK = "sync.tasks.work"
FOLLOW_UP = "sync.tasks.follow_up"
BEAT = "sync.tasks.beat"
IMPORT = "sync.tasks.import_source"
RUN_WORKFLOW = "sync.tasks.run_workflow"
READ_WORKFLOW = "sync.tasks.read_workflow"
PURGE = "sync.tasks.purge"
SCRUB = "sync.tasks.scrub"
# Seconds, in place of the queue's own: reading a whole source takes as long as it takes, and so
# does deleting what has expired in a large database.
LONG = 6 * 3600
TIMEOUTS = dict.fromkeys((IMPORT, RUN_WORKFLOW, READ_WORKFLOW, PURGE, SCRUB), LONG)
# A notification whose task has not begun counts as lost this long after a busy worker would have
# come back to the queue. Sooner, a long queue would hold the same task twice.
LOST_AFTER_SECONDS = 5.0
HEARTBEAT_LOST_AFTER_SECONDS = 15.0
RERUN_REQUEST_SECONDS = 3600


class QueueAwayError(Exception):
    """The broker or the cache cannot be reached just now."""


def _tolerating_outage(otherwise: T) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """While Redis is away the decorated function returns `otherwise` instead of raising."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def tolerant(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except (RedisError, QueueAwayError) as error:
                logger.warning("the queue is away (%s); the next sweep notifies again", error)
                return otherwise

        return tolerant

    return decorate


def workers_after_commit() -> None:
    """Notify the workers once the transaction is committed, outside of one at once.

    The caller's work is done by then, so an error that keeps the notification from being sent is
    logged by Django and not raised (`robust`).
    """
    transaction.on_commit(workers, robust=True)


@_tolerating_outage(otherwise=0)
def workers() -> int:
    """Notify each worker process; returns how many had no notification pending.

    Tasks are numbered, but any process may execute any of them. 0 also while the queue is away.
    """
    return sum(require_task(WORK, number) for number in range(_processes()))


@_tolerating_outage(otherwise=False)
def task(name: str, number: int | str = 0) -> bool:
    """Queue one task; False where it is pending already, or while the queue is away."""
    return require_task(name, number)


def require_task(name: str, number: int | str = 0) -> bool:
    """As `task`, for a caller who must know: raises QueueAwayError."""
    lost_after = float(settings.TASK_WORK_SECONDS) + LOST_AFTER_SECONDS
    if name == BEAT:
        # Repeated well before the group counts as dead.
        lost_after = min(HEARTBEAT_LOST_AFTER_SECONDS, settings.HEARTBEAT_STALE_SECONDS / 2)
    pending = _key("pending", name, number)
    try:
        # Asked first, as during a burst most are: the database's cache takes the write lock to add.
        if cache.get(pending) or not cache.add(pending, 1, lost_after):
            return False
        options = {"timeout": TIMEOUTS[name]} if name in TIMEOUTS else {}
        async_task(name, number, **options)
    except RedisError as error:
        raise QueueAwayError(str(error)) from error
    return True


@_tolerating_outage(otherwise=None)
def acknowledge(name: str, number: int | str = 0) -> None:
    """Every task calls this as it begins: from now on it may be queued again."""
    cache.delete(_key("pending", name, number))


@_tolerating_outage(otherwise=False)
def is_pending(name: str, number: int | str = 0) -> bool:
    """Whether the task is queued and has not begun. False while the queue is away."""
    return bool(cache.get(_key("pending", name, number)))


@_tolerating_outage(otherwise=None)
def request_rerun(name: str, number: int | str = 0) -> None:
    """Ask whoever executes this task now to execute it once more; the request lasts an hour."""
    cache.set(_key("rerun", name, number), 1, RERUN_REQUEST_SECONDS)


@_tolerating_outage(otherwise=False)
def take_rerun_request(name: str, number: int | str = 0) -> bool:
    """Whether a rerun was requested; each request is returned to one caller only."""
    return bool(cache.delete(_key("rerun", name, number)))


@_tolerating_outage(otherwise=None)
def reset(worker_id: str) -> None:
    """A cluster starts: what is pending may have been lost with the one before it.

    Imports and workflows stay pending: they are not this group's only, and take long.
    """
    keys = [_key("pending", BEAT, worker_id), _key("pending", FOLLOW_UP, 0)]
    keys += [_key("pending", WORK, number) for number in range(_processes())]
    cache.delete_many(keys)


def _processes() -> int:
    """Worker processes of all living groups; at least this installation's own, as a group that
    starts has no heartbeat yet."""
    return max(WorkerGroup.objects.processes(), settings.Q_WORKERS)


def _key(kind: str, name: str, number: int | str) -> str:
    """Of the cache. `kind`: "pending" or "rerun"."""
    return f"{kind}:{name}:{number}"
