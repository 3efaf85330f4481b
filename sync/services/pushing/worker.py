"""One doorbell's work: carry due pushes through a bounded pool until none is left or time is up.

The thread that calls `work` owns the database; the pool's threads only speak HTTP (see `writer`).
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
from sync.services.pushing.transfer import Transfer
from sync.services.queue import shutdown
from sync.services.queue.heartbeat import BEAT_SECONDS, beat, worker_id
from sync.services.queue.writer import SingleWriter
from sync.services.reconciling.existing_applicants import ExistingApplicants

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
# Claims are made in batches; a batch waits for a few free threads.
FEWEST_FREE = 4


class Worker:
    """Claims pushes, hands them to threads, commits what they report, renews their leases."""

    def __init__(self, seconds: float, *, threads: int | None = None, wait: bool = True) -> None:
        self.threads = threads or settings.PUSH_CONCURRENCY
        self.ends = time.monotonic() + seconds
        # Whether a push that falls due within the shift is waited for.
        self.wait = wait
        self.writer = SingleWriter()
        self.existing = ExistingApplicants(self.writer)
        self.in_flight: dict[Future[None], Push] = {}
        self.carried = 0
        self._renew_at = self._beat_at = self._finish_at = 0.0
        self._look_at = 0.0

    def run(self) -> int:
        """Returns how many tries were made."""
        with ThreadPoolExecutor(self.threads, thread_name_prefix="push") as pool:
            try:
                while self._goes_on():
                    self._claim(pool)
                    self._serve()
                    self._keep_up()
            finally:
                self._drain()
                list(pool.map(lambda _: close_sessions(), range(self.threads)))
        Run.objects.finish_done()
        return self.carried

    @property
    def is_over(self) -> bool:
        return shutdown.is_requested() or time.monotonic() >= self.ends

    def _goes_on(self) -> bool:
        if self.is_over:
            return False
        return bool(self.in_flight) or self._look_at != float("inf")

    # --- claiming -------------------------------------------------------------------------------

    def _claim(self, pool: ThreadPoolExecutor) -> None:
        free = self.threads - len(self.in_flight)
        enough = free >= min(FEWEST_FREE, self.threads)
        if self.is_over or not enough or time.monotonic() < self._look_at:
            return
        pushes = Push.objects.claim(free)
        for push in pushes:
            transfer = Transfer(push, self.writer, self.existing, worker_id())
            future = pool.submit(transfer.run)
            self.in_flight[future] = push
            future.add_done_callback(lambda _: self.writer.wake())
        self._look_at = self._next_look(found=len(pushes), asked=free)

    def _next_look(self, *, found: int, asked: int) -> float:
        """When to claim again: at once while there is more, else when the next push falls due."""
        if found == asked:
            return 0.0
        seconds = seconds_to_next()
        if seconds is None or not self.wait:
            return time.monotonic() + TICK_SECONDS if self.in_flight else float("inf")
        due = time.monotonic() + max(seconds, 0.05)
        if due < self.ends:
            return due
        return time.monotonic() + TICK_SECONDS if self.in_flight else float("inf")

    # --- serving --------------------------------------------------------------------------------

    def _serve(self) -> None:
        if not self._goes_on():
            return
        now = time.monotonic()
        until = min(now + TICK_SECONDS, self.ends)
        if self._look_at > now:
            until = min(until, self._look_at)
        self.writer.serve(until - now)
        self._collect()

    def _collect(self) -> None:
        for future in [future for future in self.in_flight if future.done()]:
            push = self.in_flight.pop(future)
            self.carried += 1
            if error := future.exception():
                # Its lease runs out and the sweep takes it up: nothing is lost.
                logger.error("push %s: broke off", push.pk, exc_info=error)
            if not self.in_flight:
                self._look_at = 0.0  # All threads are free: no need to await the next look.

    def _keep_up(self) -> None:
        """What has its own time: leases, heartbeat, runs that are done."""
        now = time.monotonic()
        if now >= self._renew_at:
            self._renew_at = now + settings.PUSH_LEASE_SECONDS / 3
            self._renew()
        if now >= self._beat_at:
            self._beat_at = now + BEAT_SECONDS
            beat()
            Run.objects.finish_done()

    def _renew(self) -> None:
        tokens = {push.claim_token for push in self.in_flight.values() if push.claim_token}
        if tokens:
            Push.objects.renew(sorted(tokens))

    def _drain(self) -> None:
        """No more claims: what is in flight comes to its end.

        Also when the database has gone: the threads wait for an answer, be it an error, and
        without one this process would wait for them.
        """
        while self.in_flight:
            self.writer.serve(TICK_SECONDS)
            self._collect()
            try:
                self._keep_up()
            except DatabaseError as error:
                logger.warning("while bringing pushes home: %s", error)
                connection.close_if_unusable_or_obsolete()


def seconds_to_next() -> float | None:
    """Seconds until the next waiting push falls due, by the database's clock; None without any."""
    due = Push.objects.waiting().unpaused().filter(next_attempt_at__isnull=False)
    times = due.order_by("next_attempt_at").values_list("next_attempt_at", Now()).first()
    return (times[0] - times[1]).total_seconds() if times and times[0] else None


def run_worker(seconds: float, *, threads: int | None = None, wait: bool = True) -> int:
    """Carry due pushes for about `seconds`; returns how many tries were made."""
    return Worker(seconds, threads=threads, wait=wait).run()
