"""A request to stop, as seen by whoever is at work in this process.

It comes by signal (a service manager signals every process of a group) or by the file the watcher
writes. A busy worker brings home what is in flight; an idle one leaves at once.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

WORKER_ID = "WORKER_ID"
STOP_FILE = "WORKER_STOP_FILE"
WATCHER_PID = "WORKER_WATCHER_PID"

requested = threading.Event()
_busy = threading.Event()


def is_requested() -> bool:
    stop_file = os.environ.get(STOP_FILE)
    if stop_file and not requested.is_set() and (Path(stop_file).exists() or _is_orphan()):
        requested.set()
    return requested.is_set()


def _is_orphan() -> bool:
    """The watcher has died without a word: nobody would ever stop this group."""
    watcher = os.environ.get(WATCHER_PID)
    if not watcher:
        return False
    try:
        os.kill(int(watcher), 0)
    except ProcessLookupError:
        return True
    return False


def install(**_: Any) -> None:
    """In a worker process, as it begins (django-q2's `post_spawn`)."""
    signal.signal(signal.SIGTERM, _on_signal)


def begin_task(**_: Any) -> None:
    _busy.set()


def end_task(**_: Any) -> None:
    """After a task: who was asked to stop meanwhile leaves, once its result is handed on."""
    _busy.clear()
    if is_requested():
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()


def _on_signal(*_: Any) -> None:
    requested.set()
    if not _busy.is_set():
        # Raised inside the queue's `get`, so its lock is released on the way out.
        raise SystemExit(0)
