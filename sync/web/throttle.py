"""A throttle of incoming requests, counted in this process's memory: refusing a request must cost
less than serving it.

The limits on our own calls to HrFlow and Flatchr, which all workers share, are in
`sync.services.peers.rate_limits`.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

# Keys counted at once: one more forgets the key that was counted longest ago.
MOST_KEYS = 2000
WINDOW_SECONDS = 60


class Throttle:
    """At most `per_minute` counts of a key in each window of a minute. Safe between threads."""

    def __init__(self, *, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[str, int], int] = OrderedDict()

    def has_room(self, key: str) -> bool:
        """Whether `key` may be counted once more in the current window."""
        with self._lock:
            return self._counts.get((key, self._window()), 0) < self.per_minute

    def count(self, key: str) -> None:
        """Count `key` once in the current window. Over MOST_KEYS, the oldest count is forgotten."""
        with self._lock:
            place = (key, self._window())
            self._counts[place] = self._counts.pop(place, 0) + 1
            while len(self._counts) > MOST_KEYS:
                self._counts.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()

    @staticmethod
    def _window() -> int:
        return int(time.monotonic() // WINDOW_SECONDS)
