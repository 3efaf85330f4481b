"""Ringing for work: a task says that there is work, the rows say which.

A bell is rung by the name of its task, so that no service imports the tasks. Each bell is hung up
until its task begins (or a little while has passed, lest a flushed broker silence it for ever), so
that a long queue is never queued twice.
"""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django_q.tasks import async_task

from sync.models import WorkerGroup

WORK = "sync.tasks.work"
FOLLOW_UP = "sync.tasks.follow_up"
BEAT = "sync.tasks.beat"
IMPORT = "sync.tasks.import_source"
# A bell whose task never began (lost by the broker) may be rung again after this.
SILENT_SECONDS = 15


def ring_after_commit() -> None:
    transaction.on_commit(ring)


def ring() -> int:
    """Ring one bell for each process that could answer; returns how many were not ringing yet."""
    return sum(ring_bell(WORK, number) for number in range(_processes()))


def _processes() -> int:
    return max(WorkerGroup.objects.processes(), settings.Q_WORKERS)


def ring_bell(task: str, number: int | str = 0) -> bool:
    if not cache.add(_key(task, number), 1, SILENT_SECONDS):
        return False
    async_task(task, number)
    return True


def answer(task: str, number: int | str = 0) -> None:
    """The task has begun: whoever comes now rings again."""
    cache.delete(_key(task, number))


def _key(task: str, number: int | str) -> str:
    return f"bell:{task}:{number}"
