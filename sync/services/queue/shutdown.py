"""A request to stop, as seen by whoever is at work in this process.

It comes by signal (a service manager signals every process of a group), by the file the supervisor
writes, or because the supervisor has died: a pipe that only the supervisor holds open ends with it. A
busy worker brings home what is in flight; an idle one leaves at once.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings

WORKER_ID = "WORKER_ID"
STOP_FILE = "WORKER_STOP_FILE"
LIFELINE = "WORKER_LIFELINE"

requested = threading.Event()
_busy = threading.Event()


def is_requested() -> bool:
    stop_file = os.environ.get(STOP_FILE)
    if stop_file and not requested.is_set() and (Path(stop_file).exists() or _is_orphan()):
        requested.set()
    return requested.is_set()


def _is_orphan(timeout: float | None = 0) -> bool:
    """The supervisor has died without a word: nobody would ever stop this group."""
    lifeline = os.environ.get(LIFELINE)
    if not lifeline:
        return False
    # Nothing is ever written into it: readable means that its other end is closed.
    return bool(select.select([int(lifeline)], [], [], timeout)[0])


def install(**_: Any) -> None:
    """In a worker process, as it begins (django-q2's `post_spawn`).

    The supervisor starts its cluster with SIGTERM blocked: of all its processes only workers take it.
    """
    signal.signal(signal.SIGTERM, _on_signal)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def follow_supervisor() -> None:
    """In the main process of a cluster, before it forks: none of its processes outlives the
    supervisor for long, whichever of them are left by then."""
    # Under `nohup` it would be ignored, and breaking a cluster up would leave half of it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    _follow()
    os.register_at_fork(after_in_child=_follow)


def _follow() -> None:
    threading.Thread(target=_end_with_supervisor, daemon=True).start()


def _end_with_supervisor() -> None:
    """An orphaned cluster would go on taking bells beside the one that replaces it."""
    if not _is_orphan(timeout=None):
        return
    requested.set()
    group = os.getpgrp()
    # The supervisor may have died while it was asking: its file is there, and the main process gone.
    is_asked = ask_cluster(group) if _is_first_to_stop() else _is_alive(group)
    if not is_asked:
        break_up_cluster(group)
    time.sleep(stop_seconds())
    os.killpg(group, signal.SIGKILL)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_first_to_stop() -> bool:
    """One of the workers asks: django-q2's main process locks itself up when it is asked again
    while it answers."""
    try:
        Path(os.environ[STOP_FILE]).touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError:  # its folder was cleaned away: better asked twice than not at all
        return True
    return True


def stop_seconds() -> float:
    """How long a stop may take: a push in flight takes the step it is in to its end."""
    return settings.HTTP_TIMEOUT_SECONDS + 10


def ask_cluster(main: int) -> bool:
    """Ask a cluster, by the id of its main process, to stop in good order; False without one."""
    try:
        os.kill(main, signal.SIGINT)
    except ProcessLookupError:
        return False
    return True


def break_up_cluster(group: int) -> None:
    """Without its main process nobody stops the rest in order: guard, pusher and monitor, which
    have nothing to lose, end at once; then the workers, each as soon as its pushes are home."""
    for number in (signal.SIGHUP, signal.SIGTERM):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)


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
