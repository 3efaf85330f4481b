"""A request to stop, as a process of a worker group sees it.

It comes as a signal (a service manager signals every process of a group), as the file that the
supervisor writes, or because the supervisor has died: it alone held the other end of a pipe open. A
busy worker finishes what is in flight; an idle one ends at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from django.conf import settings

from sync.services.queue import notify

logger = logging.getLogger(__name__)

# Environment variables that the supervisor sets for its cluster.
WORKER_ID = "WORKER_ID"
STOP_FILE = "WORKER_STOP_FILE"
LIFELINE = "WORKER_LIFELINE"  # the file descriptor of the pipe's end to read from

requested = threading.Event()
_busy = threading.Event()
# How long a task that has run into its time limit may take to end in good order, and how much
# longer its process may.
OVERTIME_SECONDS = 10.0


class _Watchdog:
    """Ends this worker process where a task, or what it left behind, does not end by itself.

    django-q2 raises an exception at a task's time limit and then waits for the process's threads;
    one that waits for a name server, or for ever, would keep the process and its memory.
    """

    def __init__(self) -> None:
        self.is_worker = False
        self._timer: threading.Timer | None = None
        self._limit_at = 0.0  # monotonic

    def begin(self, limit: float) -> None:
        if self.is_worker:
            self._limit_at = time.monotonic() + limit
            self._start(limit + stop_seconds() + OVERTIME_SECONDS)

    def end(self) -> None:
        """After the time limit it stays: the process is about to end."""
        if self._timer is not None and time.monotonic() < self._limit_at:
            self._timer.cancel()

    def hurry(self) -> None:
        """A stop was requested: so long and no longer."""
        self._start(stop_seconds() + OVERTIME_SECONDS)

    def _start(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, self._end_process)
        self._timer.daemon = True
        self._timer.start()

    def _end_process(self) -> None:
        # Where every thread is: the function of the rule or format that does not return among them.
        # Places only, no values: those may be personal data.
        frames = sys._current_frames().values()
        stacks = "\n".join("".join(traceback.format_stack(frame)) for frame in frames)
        logger.error(
            "process %s: its task does not end; the process is ended. Its threads:\n%s",
            os.getpid(),
            stacks,
        )
        os._exit(1)


_watchdog = _Watchdog()


def is_requested() -> bool:
    """Whether to begin nothing more; stays true once it is.

    Outside of a worker group (a command, a test): whether `requested` is set.
    """
    stop_file = os.environ.get(STOP_FILE)
    if stop_file and not requested.is_set() and (Path(stop_file).exists() or _is_orphan()):
        requested.set()
    return requested.is_set()


def _is_orphan(timeout: float | None = 0) -> bool:
    """Whether the supervisor has died; waits up to `timeout` seconds for that (None: forever).

    False at once outside of a worker group.
    """
    lifeline = os.environ.get(LIFELINE)
    if not lifeline:
        return False
    # Nothing is ever written into it: readable means that its other end is closed.
    return bool(select.select([int(lifeline)], [], [], timeout)[0])


def stop_seconds() -> float:
    """How long a stop may take: a push in flight finishes the step it is in."""
    return settings.HTTP_TIMEOUT_SECONDS + 10


# --- in a worker process: django-q2's signals ---------------------------------------------------


def install(**_: Any) -> None:
    """In a worker process, as it begins (django-q2's `post_spawn`).

    The supervisor starts its cluster with SIGTERM blocked; only workers unblock it.
    """
    signal.signal(signal.SIGTERM, _on_signal)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _watchdog.is_worker = True


def _on_signal(*_: Any) -> None:
    requested.set()
    if not _busy.is_set():
        # Raised inside the queue's `get`, so its lock is released on the way out.
        raise SystemExit(0)
    _watchdog.hurry()


def begin_task(task: dict[str, Any], **_: Any) -> None:
    """Before a task (django-q2's `pre_execute`)."""
    _busy.set()
    _watchdog.begin(notify.TIMEOUTS.get(task["func"], settings.Q_CLUSTER["timeout"]))


def end_task(**_: Any) -> None:
    """After a task (django-q2's `post_execute_in_worker`): a worker that was asked to stop
    meanwhile ends, half a second later, once its result is handed on."""
    _busy.clear()
    _watchdog.end()
    if is_requested():
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()


# --- in every process of a cluster: the supervisor's death --------------------------------------


def follow_supervisor() -> None:
    """In the main process of a cluster, before it forks (`sync.apps`).

    From then on none of its processes outlives the supervisor for long, whichever are left.
    """
    # Under `nohup` SIGHUP would be ignored, and `break_up_cluster` would leave half of the cluster.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    _start_following()
    os.register_at_fork(after_in_child=_start_following)


def _start_following() -> None:
    """A thread does not survive a fork, so each process starts its own."""
    threading.Thread(target=_end_with_supervisor, daemon=True).start()


def _end_with_supervisor() -> None:
    """Wait for the supervisor's death, then stop the cluster and kill what is left of it.

    An orphaned cluster would take notifications from the one that replaces it.
    """
    if not _is_orphan(timeout=None):
        return
    requested.set()
    group = os.getpgrp()
    # One process asks: django-q2's main process deadlocks when it is asked again while it answers.
    number: int = signal.SIGINT
    try:
        Path(os.environ[STOP_FILE]).touch(exist_ok=False)
    except FileExistsError:
        # The supervisor asked, and may have died doing so after the main process: only check.
        number = 0
    except OSError:
        pass  # The file's folder was cleaned away: better asked twice than not at all.
    if not signal_main(group, number):
        break_up_cluster(group)
    time.sleep(stop_seconds())
    os.killpg(group, signal.SIGKILL)


def signal_main(main: int, number: int) -> bool:
    """Signal a cluster's main process by its id; False where it is gone.

    SIGINT asks it to stop the cluster in good order; 0 only checks that it is there.
    """
    try:
        os.kill(main, number)
    except ProcessLookupError:
        return False
    return True


def break_up_cluster(group: int) -> None:
    """Stop a cluster without its main process, which nobody else does in order.

    SIGHUP ends guard, pusher and monitor at once, which have nothing to lose; SIGTERM ends the
    workers, each as soon as its pushes in flight are finished.
    """
    for number in (signal.SIGHUP, signal.SIGTERM):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)
