"""The one thread of a worker that writes: what arrives together is committed together.

A worker carries many pushes at once, in threads that only speak HTTP. Each hands its database work
to the writer and waits until it is committed. One connection a process, one commit (one fsync) for
all who came meanwhile, and no thread ever meets another's lock.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from django.db import DatabaseError, transaction

T = TypeVar("T")
MOST_AT_ONCE = 64
_NOTHING: tuple[Any, BaseException | None] = (None, None)

# A piece of work changes rows and nothing else: it may be run again after a rollback.
Work = Callable[[], T]
# One statement for what many pieces of work want to write.
Together = Callable[[list[T]], Any]


class Writer(Protocol):
    def run(self, work: Work[T]) -> T:
        """Run `work` in a transaction; return once it is committed, or raise what it raised."""
        ...

    def shared(self, read: Work[T]) -> T:
        """Inside a piece of work: what `read` returns, asked once for all that is committed with
        it."""
        ...

    def later(self, write: Together[T], item: T) -> None:
        """Inside a piece of work, as its last act: have `write` called once with the items of all
        that is committed with it."""
        ...


class DirectWriter:
    """For code that owns its thread: each piece of work is a transaction of its own."""

    def run(self, work: Work[T]) -> T:
        with transaction.atomic():
            return work()

    def shared(self, read: Work[T]) -> T:
        return read()

    def later(self, write: Together[T], item: T) -> None:
        write([item])


class SingleWriter:
    """Threads call `run`; the thread that made the writer calls `serve`."""

    def __init__(self) -> None:
        self._inbox: queue.SimpleQueue[tuple[Work[Any], Future[Any]]] = queue.SimpleQueue()
        self._owner = threading.get_ident()
        self._shared: dict[Work[Any], Any] = {}
        self._later: dict[Together[Any], list[Any]] = {}

    def run(self, work: Work[T]) -> T:
        if threading.get_ident() == self._owner:
            with self._transaction():
                return work()
        future: Future[T] = Future()
        self._inbox.put((work, future))
        return future.result()

    def shared(self, read: Work[T]) -> T:
        if read not in self._shared:
            self._shared[read] = read()
        found: T = self._shared[read]
        return found

    def later(self, write: Together[T], item: T) -> None:
        self._later.setdefault(write, []).append(item)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._shared, self._later = {}, {}
        with transaction.atomic():
            yield
            for write, items in self._later.items():
                write(items)
            _check_whole()

    def wake(self) -> None:
        """Let `serve` return early: something else than work has happened."""
        self._inbox.put((lambda: None, Future()))

    def serve(self, timeout: float) -> int:
        """Wait up to `timeout` seconds for work, then commit all there is; returns how much."""
        entries = self._take(timeout)
        if entries:
            self._commit(entries)
        return len(entries)

    def _take(self, timeout: float) -> list[tuple[Work[Any], Future[Any]]]:
        try:
            entries = [self._inbox.get(timeout=max(timeout, 0.001))]
        except queue.Empty:
            return []
        while len(entries) < MOST_AT_ONCE:
            try:
                entries.append(self._inbox.get_nowait())
            except queue.Empty:
                break
        return entries

    def _commit(self, entries: list[tuple[Work[Any], Future[Any]]]) -> None:
        try:
            with self._transaction():
                results = [_attempt(work) for work, _ in entries]
        except DatabaseError:
            # One piece broke the transaction for all: each on its own, so only that one fails.
            results = [self._alone(work) for work, _ in entries]
        for (_, future), (result, error) in zip(entries, results, strict=True):
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    def _alone(self, work: Work[Any], *, tries: int = 3) -> tuple[Any, BaseException | None]:
        """A database that is away for a moment (restarted, failing over) gets another chance."""
        spoilt: BaseException | None = None
        for attempt in range(tries):
            spoilt, result = None, _NOTHING
            try:
                with self._transaction():
                    result = _attempt(work)
            except DatabaseError as error:
                spoilt = error
                transaction.get_connection().close_if_unusable_or_obsolete()
            # What the work raised itself says more than the transaction that it spoilt.
            if spoilt is None or result[1] is not None:
                return result
            time.sleep(0.05 * (attempt + 1))
        return None, spoilt


def _check_whole() -> None:
    """A write that failed for another reason than the database's (a value it cannot hold) marks the
    transaction all the same: leaving it would roll back without a word what the others wrote."""
    if transaction.get_rollback():
        raise DatabaseError("a piece of work has spoilt the transaction")


def _attempt(work: Work[Any]) -> tuple[Any, BaseException | None]:
    try:
        return work(), None
    except DatabaseError:
        raise
    except Exception as error:
        return None, error
