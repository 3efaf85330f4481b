"""The heartbeat of a worker group: the only proof that tasks are executed.

A group is one `worker` command with its django-q2 cluster (`sync.models.WorkerGroup`).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from sync.models import WorkerGroup
from sync.services.queue.shutdown import WORKER_ID

# A group at work writes a heartbeat this often; an idle one is sent a task for it.
BEAT_SECONDS = 5.0


def worker_id() -> str:
    """The worker group this process belongs to; empty outside of one (a command, a test)."""
    return os.environ.get(WORKER_ID, "")


def beat() -> None:
    """Record that this process's group executes a task now.

    Every task calls it as it begins, a long one again and again. No write outside of a group.
    """
    if worker := worker_id():
        WorkerGroup.objects.filter(worker_id=worker).update(beat_at=Now())


def announce_silence(seconds: float) -> None:
    """For a statement that may block every group: of those alive now, no heartbeat is missed for so
    long. 0: it is over."""
    alive_since = Now() - timedelta(seconds=settings.HEARTBEAT_STALE_SECONDS if seconds else 0)
    alive = WorkerGroup.objects.filter(beat_at__gte=alive_since)
    alive.update(beat_at=Now() + timedelta(seconds=seconds))


@dataclass
class PeriodicHeartbeat:
    """For a loop that turns more often than a heartbeat is wanted."""

    next_at: float = 0.0  # monotonic

    def beat(self) -> None:
        if time.monotonic() >= self.next_at:
            self.next_at = time.monotonic() + BEAT_SECONDS
            beat()
