"""Ringing for work: a task says that there is work, the rows say which.

A bell is rung by the name of its task, so that no service imports the tasks. Each bell is hung up
until its task begins (or a little while has passed, lest a flushed broker silence it for ever), so
that a long queue is never queued twice.

The queue may be away for a moment (Redis is restarted). That costs no more than time: it is logged,
the rows stay the truth, and the next sweep rings.
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
# Reading a whole source takes as long as it takes (seconds).
TIMEOUTS = {IMPORT: 6 * 3600, RUN_WORKFLOW: 6 * 3600}
# A bell whose task never began (lost by the broker) may be rung again after this. It is longer
# than busy workers take to come back to the queue, or a long queue would be queued twice.
SILENT_SECONDS = 5.0
LONGEST_SILENT_BEAT_SECONDS = 15.0
NOTE_SECONDS = 3600


class QueueAwayError(Exception):
    """The broker or the cache cannot be reached just now."""


def ring_after_commit() -> None:
    """Robust: whatever keeps the bell from ringing, the caller's work is done."""
    transaction.on_commit(ring, robust=True)


def ring() -> int:
    """Ring one bell for each process that could answer; returns how many were not ringing yet."""
    bells = range(_processes())
    return _tolerantly(lambda: sum(ask(WORK, number) for number in bells), otherwise=0)


def _processes() -> int:
    return max(WorkerGroup.objects.processes(), settings.Q_WORKERS)


def ring_bell(task: str, number: int | str = 0) -> bool:
    """False where it hangs already, or the queue is away."""
    return _tolerantly(lambda: ask(task, number), otherwise=False)


def ask(task: str, number: int | str = 0) -> bool:
    """`ring_bell` for somebody who wants to know: raises QueueAwayError."""
    try:
        return _ring(task, number)
    except RedisError as error:
        raise QueueAwayError(str(error)) from error


def _ring(task: str, number: int | str) -> bool:
    if not cache.add(_key(task, number), 1, _silent_seconds(task)):
        return False
    more = {"timeout": TIMEOUTS[task]} if task in TIMEOUTS else {}
    async_task(task, number, **more)
    return True


def _tolerantly(act: Callable[[], T], *, otherwise: T) -> T:
    try:
        return act()
    except (RedisError, QueueAwayError) as error:
        logger.warning("the queue is away (%s); the sweep rings later", error)
        return otherwise


def _silent_seconds(task: str) -> float:
    """A lost heartbeat bell is repeated well before its group counts as dead."""
    if task == BEAT:
        return min(LONGEST_SILENT_BEAT_SECONDS, settings.HEARTBEAT_STALE_SECONDS / 2)
    return float(settings.DOORBELL_SECONDS) + SILENT_SECONDS


def forget(worker_id: str) -> None:
    """A cluster begins: bells that hang may have ended with the one before it."""
    numbers = range(_processes())
    names = [_key(BEAT, worker_id), _key(FOLLOW_UP, 0), *(_key(WORK, n) for n in numbers)]
    _tolerantly(lambda: cache.delete_many(names), otherwise=None)


def answer(task: str, number: int | str = 0) -> None:
    """The task has begun: whoever comes now rings again."""
    _tolerantly(lambda: cache.delete(_key(task, number)), otherwise=False)


def hangs(task: str, number: int | str = 0) -> bool:
    """It was rung, and nobody has answered yet."""
    return _tolerantly(lambda: bool(cache.get(_key(task, number))), otherwise=False)


def leave_note(task: str, number: int | str = 0) -> None:
    """For the one who is doing this already: do it once more."""
    name = f"note:{_key(task, number)}"
    _tolerantly(lambda: cache.set(name, 1, NOTE_SECONDS), otherwise=None)


def take_note(task: str, number: int | str = 0) -> bool:
    name = f"note:{_key(task, number)}"
    return _tolerantly(lambda: bool(cache.delete(name)), otherwise=False)


def _key(task: str, number: int | str) -> str:
    return f"bell:{task}:{number}"
