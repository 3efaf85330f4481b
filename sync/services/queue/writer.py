"""The single writer of a worker: one thread that commits the database work of many (group commit).

A worker carries many pushes at once, in threads that only do HTTP. Each hands its database work to
the writer and waits until it is committed. So a process has one connection, one commit (one fsync)
serves all the work that arrived meanwhile, and no thread waits for another's lock.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import DatabaseError, transaction
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_incrementing

T = TypeVar("T")
MOST_AT_ONCE = 64
ALONE_TRIES = 3

# A piece of work changes rows and nothing else: it may be run again after a rollback.
Work = Callable[[], T]
# One statement that writes what many pieces of work hand it.
Together = Callable[[list[T]], Any]
# What a piece of work returned, and what it raised.
Result = tuple[Any, BaseException | None]


class WriterClosedError(DatabaseError):
    """Nobody commits any more; whether this piece of work was committed is unknown."""


class DirectWriter:
    """For code that owns its thread: each piece of work is a transaction of its own."""

    # The monotonic time after which nothing long is to begin; see `SingleWriter`.
    ends = float("inf")

    def run(self, work: Work[T]) -> T:
        """Run `work` in a transaction; return what it returned, once that is committed.

        Raises what `work` raised, or DatabaseError where it cannot be committed.
        """
        with transaction.atomic():
            return work()

    def shared(self, read: Work[T]) -> T:
        """Inside a piece of work: what `read` returns, asked once for all the work that is
        committed with it."""
        return read()

    def later(self, write: Together[T], item: T) -> None:
        """Inside a piece of work, as its last act: call `write` once, with the items of all the
        work that is committed with it."""
        write([item])


class SingleWriter:
    """The same for threads: they call `run`, the thread that made the writer calls `serve` until
    `ends` (monotonic), and `close` at last. No thread waits for a turn beyond `ends`."""

    def __init__(self, ends: float = float("inf")) -> None:
        self.ends = ends
        self._is_closed = False
        # Every piece of work that has no answer yet, wherever it is.
        self._waiting: set[Future[Any]] = set()
        self._inbox: queue.SimpleQueue[tuple[Work[Any], Future[Any]]] = queue.SimpleQueue()
        self._owner = threading.get_ident()
        # Of the transaction that is open: what was read for all, what is written for all.
        self._shared: dict[Work[Any], Any] = {}
        self._later: dict[Together[Any], list[Any]] = {}

    def run(self, work: Work[T]) -> T:
        """As `DirectWriter.run`; the owner's own work is committed at once.

        Raises WriterClosedError where the owner's loop has ended.
        """
        if threading.get_ident() == self._owner:
            with self._transaction():
                return work()
        future: Future[T] = Future()
        self._waiting.add(future)
        try:
            # In this order: `close` marks first and answers those that wait then.
            if self._is_closed:
                raise WriterClosedError
            self._inbox.put((work, future))
            return future.result()
        finally:
            self._waiting.discard(future)

    def shared(self, read: Work[T]) -> T:
        """As `DirectWriter.shared`; `read` itself is the key, so pass a function, no lambda."""
        if read not in self._shared:
            self._shared[read] = read()
        found: T = self._shared[read]
        return found

    def later(self, write: Together[T], item: T) -> None:
        """As `DirectWriter.later`; `write` itself is the key."""
        self._later.setdefault(write, []).append(item)

    def wake(self) -> None:
        """Make `serve` return early: something else than work has happened (a push has ended)."""
        self._inbox.put((lambda: None, Future()))

    def close(self) -> None:
        """The owner's last act, whatever has ended its loop: who waits for an answer gets an error,
        and who asks from now on too."""
        self._is_closed = True
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(WriterClosedError())

    def serve(self, timeout: float) -> int:
        """Wait up to `timeout` seconds for work, then commit all there is.

        Returns how many pieces; what they raised is raised in their threads. Raises nothing itself.
        """
        try:
            entries = [self._inbox.get(timeout=max(timeout, 0.001))]
        except queue.Empty:
            return 0
        with contextlib.suppress(queue.Empty):
            while len(entries) < MOST_AT_ONCE:
                entries.append(self._inbox.get_nowait())
        self._commit(entries)
        return len(entries)

    def _commit(self, entries: list[tuple[Work[Any], Future[Any]]]) -> None:
        """One transaction for all; where one piece has broken it, one for each."""
        try:
            with self._transaction():
                results = [_attempt(work) for work, _ in entries]
        except DatabaseError:
            results = [self._alone(work) for work, _ in entries]
        for (_, future), (result, error) in zip(entries, results, strict=True):
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    @retry(
        retry=retry_if_exception_type(DatabaseError),
        stop=stop_after_attempt(ALONE_TRIES),
        wait=wait_incrementing(start=0.05, increment=0.05),
        retry_error_callback=lambda state: (None, state.outcome and state.outcome.exception()),
    )
    def _alone(self, work: Work[Any]) -> Result:
        """A database that is away for a moment (restarted, failing over) gets another chance."""
        result: Result = (None, None)
        try:
            with self._transaction():
                result = _attempt(work)
        except DatabaseError:
            transaction.get_connection().close_if_unusable_or_obsolete()
            # What the work raised itself says more than the transaction that it has broken.
            if result[1] is None:
                raise
        return result

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Raises DatabaseError instead of rolling back in silence what others wrote: an error that
        is not the database's (a value it cannot hold) marks the transaction for rollback too."""
        self._shared, self._later = {}, {}
        with transaction.atomic():
            yield
            for write, items in self._later.items():
                write(items)
            if transaction.get_rollback():
                raise DatabaseError("a piece of work has broken the transaction")


Writer = DirectWriter | SingleWriter


def _attempt(work: Work[Any]) -> Result:
    """What `work` returned or raised; a DatabaseError is raised, as it breaks the transaction."""
    try:
        return work(), None
    except DatabaseError:
        raise
    except Exception as error:
        return None, error
