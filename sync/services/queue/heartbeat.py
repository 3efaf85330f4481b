"""The heartbeat of a worker group: the only proof that tasks are executed."""

from __future__ import annotations

import os
import time

from django.db.models.functions import Now

from sync.models import WorkerGroup
from sync.services.queue.shutdown import WORKER_ID

BEAT_SECONDS = 5.0


def worker_id() -> str:
    """The worker group this process belongs to; empty outside of one."""
    return os.environ.get(WORKER_ID, "")


def beat() -> None:
    """This group executes a task just now; a long task says so again and again."""
    if worker := worker_id():
        WorkerGroup.objects.filter(worker_id=worker).update(beat_at=Now())


class PeriodicHeartbeat:
    """The heartbeat of a loop that turns more often than a beat is wanted."""

    def __init__(self) -> None:
        self._next = 0.0

    def beat(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + BEAT_SECONDS
            beat()
