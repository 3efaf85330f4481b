"""A batch of items, worked on in threads until a deadline."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import DatabaseError

from sync.services.queue import shutdown
from sync.services.queue.heartbeat import PeriodicHeartbeat
from sync.services.queue.writer import SingleWriter, Writer

T = TypeVar("T")
R = TypeVar("R")
THREADS = 8
SERVE_SECONDS = 0.05


def is_over(deadline: float) -> bool:
    """Whether to begin nothing more: `deadline` (monotonic) has passed, or a stop was requested."""
    return shutdown.is_requested() or time.monotonic() >= deadline


def run_in_threads(
    work: Callable[[T, Writer], R], items: Iterable[T], deadline: float
) -> dict[T, R]:
    """The result of `work` for each item. It does HTTP; this thread writes for all of them, and
    beats.

    Items that have not begun by the deadline are left out: their claim runs out. So are all where
    the task's time limit is raised in here; no thread is waited for then.
    """
    writer, heartbeat = SingleWriter(deadline), PeriodicHeartbeat()
    pool = ThreadPoolExecutor(THREADS)
    try:
        futures = {item: pool.submit(work, item, writer) for item in items}
        while not all(future.done() for future in futures.values()):
            writer.serve(SERVE_SECONDS)
            # Without a database too: the threads wait for the writer's answer.
            with contextlib.suppress(DatabaseError):
                heartbeat.beat()
            if is_over(deadline):
                for future in futures.values():
                    future.cancel()
    finally:
        writer.close()
        pool.shutdown(wait=False, cancel_futures=True)
    return {item: future.result() for item, future in futures.items() if not future.cancelled()}
