"""Requests a minute that come in, counted in this process's memory: cheaper than what it holds off.

Calls that go out to HrFlow and Flatchr are limited by `sync.services.peers.rate_limits`.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

# Whoever comes from more addresses than this pushes the oldest out.
MOST_KEYS = 2000
SECONDS = 60


class Limiter:
    """Counts by key in windows of a minute."""

    def __init__(self, *, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[str, int], int] = OrderedDict()

    def has_room(self, key: str) -> bool:
        with self._lock:
            return self._counts.get((key, _window()), 0) < self.per_minute

    def count(self, key: str) -> None:
        with self._lock:
            place = (key, _window())
            self._counts[place] = self._counts.pop(place, 0) + 1
            while len(self._counts) > MOST_KEYS:
                self._counts.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()


def _window() -> int:
    return int(time.monotonic() // SECONDS)
