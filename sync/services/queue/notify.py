"""Waking workers: a task says that there is work, the rows say which.

Tasks are named by dotted path, so that no service imports them. A notification is pending until its
task begins, or until it counts as lost (a flushed broker), so a long queue is not queued twice.

Redis may be away for a moment. That is logged and costs time only: the next sweep notifies again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django_q.tasks import async_task
from redis.exceptions import RedisError

from sync.models import WorkerGroup

logger = logging.getLogger(__name__)
T = TypeVar("T")

WORK = "sync.tasks.work"
FOLLOW_UP = "sync.tasks.follow_up"
BEAT = "sync.tasks.beat"
IMPORT = "sync.tasks.import_source"
RUN_WORKFLOW = "sync.tasks.run_workflow"
READ_WORKFLOW = "sync.tasks.read_workflow"
# Reading a whole source takes as long as it takes (seconds).
TIMEOUTS = {IMPORT: 6 * 3600, RUN_WORKFLOW: 6 * 3600, READ_WORKFLOW: 6 * 3600}
# A notification whose task never began is repeated after this. Longer than a busy worker takes to
# come back to the queue, or a long queue would be queued twice.
LOST_AFTER_SECONDS = 5.0
HEARTBEAT_LOST_AFTER_SECONDS = 15.0
RERUN_REQUEST_SECONDS = 3600


class QueueAwayError(Exception):
    """The broker or the cache cannot be reached just now."""


def workers_after_commit() -> None:
    """Robust: whatever keeps the notification from being sent, the caller's work is done."""
    transaction.on_commit(workers, robust=True)


def workers() -> int:
    """Notify each worker process; returns how many had no notification pending."""
    numbers = range(_processes())
    return _tolerating_outage(
        lambda: sum(require_task(WORK, number) for number in numbers), otherwise=0
    )


def task(name: str, number: int | str = 0) -> bool:
    """Queue one task; False where it is pending already, or the queue is away."""
    return _tolerating_outage(lambda: require_task(name, number), otherwise=False)


def require_task(name: str, number: int | str = 0) -> bool:
    """As `task`, for a caller who must know: raises QueueAwayError."""
    try:
        if not cache.add(_pending_key(name, number), 1, _lost_after(name)):
            return False
        more = {"timeout": TIMEOUTS[name]} if name in TIMEOUTS else {}
        async_task(name, number, **more)
    except RedisError as error:
        raise QueueAwayError(str(error)) from error
    return True


def acknowledge(name: str, number: int | str = 0) -> None:
    """The task has begun: from now on it may be queued again."""
    _tolerating_outage(lambda: cache.delete(_pending_key(name, number)), otherwise=False)


def is_pending(name: str, number: int | str = 0) -> bool:
    """Queued, and not begun yet."""
    return _tolerating_outage(lambda: bool(cache.get(_pending_key(name, number))), otherwise=False)


def request_rerun(name: str, number: int | str = 0) -> None:
    """Ask whoever executes this task now to execute it once more."""
    key = _rerun_key(name, number)
    _tolerating_outage(lambda: cache.set(key, 1, RERUN_REQUEST_SECONDS), otherwise=None)


def take_rerun_request(name: str, number: int | str = 0) -> bool:
    return _tolerating_outage(lambda: bool(cache.delete(_rerun_key(name, number))), otherwise=False)


def reset(worker_id: str) -> None:
    """A cluster begins: what is pending may have been lost with the one before it."""
    numbers = range(_processes())
    keys = [_pending_key(BEAT, worker_id), _pending_key(FOLLOW_UP, 0)]
    keys += [_pending_key(WORK, number) for number in numbers]
    _tolerating_outage(lambda: cache.delete_many(keys), otherwise=None)


def _processes() -> int:
    return max(WorkerGroup.objects.processes(), settings.Q_WORKERS)


def _lost_after(name: str) -> float:
    """Seconds. A lost heartbeat task is repeated well before its group counts as dead."""
    if name == BEAT:
        return min(HEARTBEAT_LOST_AFTER_SECONDS, settings.HEARTBEAT_STALE_SECONDS / 2)
    return float(settings.TASK_WORK_SECONDS) + LOST_AFTER_SECONDS


def _tolerating_outage(act: Callable[[], T], *, otherwise: T) -> T:
    try:
        return act()
    except (RedisError, QueueAwayError) as error:
        logger.warning("the queue is away (%s); the next sweep notifies again", error)
        return otherwise


def _pending_key(name: str, number: int | str) -> str:
    return f"pending:{name}:{number}"


def _rerun_key(name: str, number: int | str) -> str:
    return f"rerun:{name}:{number}"
