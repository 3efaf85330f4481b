"""The worker loop: claims due pushes and carries them in threads, until none is left or time is up.

The thread that runs the loop owns the database; the pool's threads speak HTTP only and hand their
database work to it (`queue.writer`).
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from sync.clients.transport import close_sessions
from sync.models import Push, Run
from sync.services.pushing.transfer import transfer
from sync.services.queue import shutdown
from sync.services.queue.heartbeat import BEAT_SECONDS, beat, worker_id
from sync.services.queue.writer import SingleWriter
from sync.services.reconciling.existing_applicants import ExistingApplicants

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
SHORTEST_WAIT_SECONDS = 0.05
# Claims are made in batches; a batch waits for a few free threads.
FEWEST_FREE = 4
NEVER = float("inf")


def run_worker(seconds: float, *, threads: int | None = None, wait: bool = True) -> int:
    """Push what is due for about `seconds`; returns how many tries were made.

    `wait`: whether a push that falls due within that time is waited for.
    """
    return WorkerLoop(seconds, threads=threads, wait=wait).run()


class WorkerLoop:
    """One run of the loop. Its moments are monotonic seconds."""

    def __init__(self, seconds: float, *, threads: int | None = None, wait: bool = True) -> None:
        self.threads = threads or settings.PUSH_CONCURRENCY
        self.ends = time.monotonic() + seconds
        self.wait = wait
        self.writer = SingleWriter(self.ends)
        self.existing = ExistingApplicants(self.writer)
        self.in_flight: dict[Future[None], Push] = {}
        self.tries = 0
        self._claim_at = self._renew_at = self._beat_at = 0.0

    def run(self) -> int:
        """Returns how many tries were made.

        The task's time limit is an exception that may be raised at any line of this thread: then
        the pushes in flight get a last while, and after that no thread is waited for. Those that
        were left find the writer closed; their leases run out, and the sweep takes them up.
        """
        Push.objects.note_held()
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="push")
        try:
            self._work(pool)
            self._drain()
            list(pool.map(lambda _: close_sessions(), range(self.threads)))
        except BaseException:
            self._drain(until=time.monotonic() + shutdown.stop_seconds())
            raise
        finally:
            self.writer.close()
            pool.shutdown(wait=not self.in_flight, cancel_futures=True)
        Run.objects.finish_done()
        return self.tries

    def _work(self, pool: ThreadPoolExecutor) -> None:
        while self._is_needed():
            self._claim(pool)
            self._serve()
            self._keep_alive()

    @property
    def is_over(self) -> bool:
        return shutdown.is_requested() or time.monotonic() >= self.ends

    def _is_needed(self) -> bool:
        return not self.is_over and (bool(self.in_flight) or self._claim_at != NEVER)

    def _claim(self, pool: ThreadPoolExecutor) -> None:
        """Claim for the free threads; claim again at once while there is more, else when the next
        push falls due."""
        free = self.threads - len(self.in_flight)
        is_time = time.monotonic() >= self._claim_at and free >= min(FEWEST_FREE, self.threads)
        if self.is_over or not is_time:
            return
        suspects = [] if self.in_flight else Push.objects.claim_suspect()
        pushes = suspects or Push.objects.claim(free)
        for push in pushes:
            future = pool.submit(transfer, push, self.writer, self.existing, worker_id())
            self.in_flight[future] = push
            future.add_done_callback(lambda _: self.writer.wake())
        if suspects:
            self._claim_at = NEVER  # Until it is done: `_collect` lets the next be claimed.
        else:
            self._claim_at = 0.0 if len(pushes) == free else self._next_claim()

    def _next_claim(self) -> float:
        seconds = seconds_to_next() if self.wait else None
        if seconds is not None:
            due = time.monotonic() + max(seconds, SHORTEST_WAIT_SECONDS)
            if due < self.ends:
                return due
        # Those in flight may give their pushes back before the end.
        return time.monotonic() + TICK_SECONDS if self.in_flight else NEVER

    def _serve(self) -> None:
        """Commit what the threads report, until the next moment at which there is something else
        to do."""
        if not self._is_needed():
            return
        now = time.monotonic()
        until = min(now + TICK_SECONDS, self.ends)
        if self._claim_at > now:
            until = min(until, self._claim_at)
        self.writer.serve(until - now)
        self._collect()

    def _collect(self) -> None:
        for future in [future for future in self.in_flight if future.done()]:
            push = self.in_flight.pop(future)
            self.tries += 1
            if error := future.exception():
                # Its lease runs out and the sweep takes it up: nothing is lost.
                logger.error("push %s: broke off", push.pk, exc_info=error)
            if not self.in_flight:
                self._claim_at = 0.0  # All threads are free.

    def _keep_alive(self) -> None:
        """What has its own period: leases, heartbeat, runs that are done."""
        now = time.monotonic()
        if now >= self._renew_at:
            self._renew_at = now + settings.PUSH_LEASE_SECONDS / 3
            tokens = {push.claim_token for push in self.in_flight.values() if push.claim_token}
            if tokens:
                Push.objects.renew(sorted(tokens))
        if now >= self._beat_at:
            self._beat_at = now + BEAT_SECONDS
            beat()
            Run.objects.finish_done()

    def _drain(self, until: float = NEVER) -> None:
        """Claim no more; wait until the pushes in flight have ended, or until a monotonic time.

        Also when the database has gone: the threads wait for an answer, be it an error, and
        without one this process would wait for them.
        """
        while self.in_flight and time.monotonic() < until:
            self.writer.serve(TICK_SECONDS)
            self._collect()
            try:
                self._keep_alive()
            except DatabaseError as error:
                logger.warning("while finishing the pushes in flight: %s", error)
                connection.close_if_unusable_or_obsolete()


def seconds_to_next() -> float | None:
    """Seconds until the next startable push falls due, by the database's clock; None: none does."""
    due = Push.objects.startable().filter(next_attempt_at__isnull=False)
    times = due.order_by("next_attempt_at").values_list("next_attempt_at", Now()).first()
    return (times[0] - times[1]).total_seconds() if times and times[0] else None
