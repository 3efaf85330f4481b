"""The supervisor of a worker group: starts a django-q2 cluster, restarts it, stops it gently.

A cluster whose idle worker was killed can hang and still report itself alive: the worker held the
lock of the shared queue, and its replacement waits for that lock forever. So the only proof of life
is a heartbeat written by an executed task, and a stale one restarts the whole group.

The cluster runs in a session of its own, with SIGTERM blocked in all but its workers, because
service managers signal whole groups: django-q2's guard would die of it at once, and its main
process, signalled at the same moment, would wait for the guard forever.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F
from django.db.models.functions import Now

from sync.models import WorkerGroup
from sync.services.queue import notify, shutdown
from sync.services.queue.heartbeat import BEAT_SECONDS
from sync.services.queue.recovery import recover

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
SWEEP_SECONDS = 10.0
# Groups that have been silent for so long are deleted.
FORGET_SECONDS = 24 * 3600
# How much of a stop's grace is kept for a cluster whose main process does not end.
BREAK_UP_SECONDS = 5.0


class Supervisor:
    """Runs until SIGTERM or SIGINT. `command` is what starts the cluster."""

    def __init__(self, command: list[str] | None = None) -> None:
        self.command = command or [sys.executable, "manage.py", "qcluster"]
        self.worker_id = f"{socket.gethostname()[:40]}-{uuid.uuid4().hex[:8]}"
        self.stop_file = Path(tempfile.mkdtemp(prefix="worker-")) / "stop"
        # Never written to: its end closes with this process, which the cluster sees at the other.
        self._lifeline, self._held = os.pipe()
        self.cluster: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self._sweep_at = 0.0
        self._stopping = False

    def run(self) -> int:
        """The `worker` command; returns its exit status.

        The group has a row while it runs; those of groups that died long ago are deleted.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        old = Now() - timedelta(seconds=FORGET_SECONDS)
        WorkerGroup.objects.filter(beat_at__lt=old).delete()
        WorkerGroup.objects.create(
            worker_id=self.worker_id, host=socket.gethostname(), processes=settings.Q_WORKERS
        )
        self._start()
        while not self._stopping:
            self._tick()
            time.sleep(TICK_SECONDS)
        self._stop(shutdown.stop_seconds())
        shutil.rmtree(self.stop_file.parent, ignore_errors=True)
        WorkerGroup.objects.filter(worker_id=self.worker_id).delete()
        return 0

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self) -> None:
        """Start the cluster. The next tick sweeps, and notifies of what was pending before."""
        self.stop_file.unlink(missing_ok=True)
        environment = {
            **os.environ,
            shutdown.WORKER_ID: self.worker_id,
            shutdown.STOP_FILE: str(self.stop_file),
            shutdown.LIFELINE: str(self._lifeline),
        }
        # What is blocked here stays blocked in the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            self.cluster = subprocess.Popen(
                self.command,
                env=environment,
                cwd=settings.BASE_DIR,
                start_new_session=True,
                pass_fds=(self._lifeline,),
            )
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        self.started = time.monotonic()
        logger.info("worker %s: cluster %s started", self.worker_id, self.cluster.pid)
        self._sweep_at = 0.0
        notify.reset(self.worker_id)

    def _tick(self) -> None:
        """Restart a dead cluster; sweep every `SWEEP_SECONDS`.

        A database that is away for a moment must not end the supervisor.
        """
        assert self.cluster is not None
        try:
            if self.cluster.poll() is not None:
                # Its workers live on: what they have in flight is worth waiting for.
                self._restart("its main process has ended", grace=shutdown.stop_seconds())
            elif self._silent_for() > settings.HEARTBEAT_STALE_SECONDS:
                self._restart("no task was executed for too long", grace=5.0)
            if time.monotonic() >= self._sweep_at:
                self._sweep_at = time.monotonic() + SWEEP_SECONDS
                recover()
        except (DatabaseError, OSError) as error:
            logger.warning("worker %s: %s", self.worker_id, error)
            connection.close()

    def _silent_for(self) -> float:
        """Seconds since the last heartbeat, or since the start where there was none yet.

        Queues a task that beats where the cluster has been silent for a while: it may be idle.
        """
        since_start = time.monotonic() - self.started
        rows = WorkerGroup.objects.filter(worker_id=self.worker_id)
        beat_at, now = rows.values_list("beat_at", Now()).first() or (None, None)
        since_beat = (now - beat_at).total_seconds() if beat_at and now else float("inf")
        if since_beat > BEAT_SECONDS:
            notify.task(notify.BEAT, self.worker_id)
        return min(since_start, since_beat)

    def _restart(self, reason: str, *, grace: float) -> None:
        logger.error("worker %s: restarting the cluster: %s", self.worker_id, reason)
        WorkerGroup.objects.filter(worker_id=self.worker_id).update(restarts=F("restarts") + 1)
        self._stop(grace)
        self._start()

    def _stop(self, grace: float) -> None:
        """Workers finish what is in flight; those that have not within `grace` seconds are killed.

        The main process is asked first; without it, or where it does not end, every process is.
        """
        assert self.cluster is not None
        give_up = time.monotonic() + grace
        self.stop_file.touch()
        if self.cluster.poll() is None:
            shutdown.signal_main(self.cluster.pid, signal.SIGINT)
            try:
                self.cluster.wait(grace - min(grace / 2, BREAK_UP_SECONDS))
            except subprocess.TimeoutExpired:
                logger.warning("worker %s: the cluster does not stop by itself", self.worker_id)
        shutdown.break_up_cluster(self.cluster.pid)
        while self._is_cluster_alive() and time.monotonic() < give_up:
            time.sleep(0.1)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.cluster.pid, signal.SIGKILL)
        self.cluster.wait()

    def _is_cluster_alive(self) -> bool:
        """Whether any process of the cluster's group is left."""
        assert self.cluster is not None
        # As a container's first process this one inherits orphans, and until they are waited for
        # dead ones count as alive.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-self.cluster.pid, os.WNOHANG)[0]:
                pass
        try:
            os.killpg(self.cluster.pid, 0)
        except ProcessLookupError:
            return False
        return True
