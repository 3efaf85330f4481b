"""A task that runs into its time limit ends: its pool, its threads and its process.

django-q2 raises an exception in the main thread, at whatever line it is. Here an alarm does, too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django_q.exceptions import TimeoutException

from sync.models import Push
from sync.models.states import PushStatus
from sync.services.peers.rate_limits import RateLimitedError, reserve, wait_for_turn
from sync.services.pushing import worker
from sync.services.queue.writer import DirectWriter, SingleWriter, WriterClosedError
from sync.services.reconciling.batches import run_in_threads
from sync.vocabulary import ErrorCode
from tests import ROOT
from tests.conftest import World

LIMIT = 0.3


@pytest.fixture(autouse=True)
def _alarm() -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise TimeoutException("the time limit")

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def limited(act: Callable[[], Any], seconds: float = LIMIT) -> float:
    """Seconds that `act` takes to end by its limit."""
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with pytest.raises(TimeoutException):
        act()
    return time.monotonic() - began


def pool_threads() -> int:
    names = ("push", "ThreadPoolExecutor")
    return sum(thread.name.startswith(names) for thread in threading.enumerate())


def ends_soon(count: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and pool_threads() > count:
        time.sleep(0.02)
    return pool_threads() <= count


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Pushes that wait for something, and then for the database."""
    free = threading.Event()

    def transfer(_push: Push, writer: SingleWriter, *_: Any) -> None:
        free.wait(30)
        writer.run(lambda: None)

    monkeypatch.setattr(worker, "transfer", transfer)
    monkeypatch.setattr("sync.services.queue.shutdown.stop_seconds", lambda: 0.2)
    yield free
    free.set()


@pytest.mark.django_db
@pytest.mark.parametrize("seconds", [20.0, 0.1])
def test_the_alarm_ends_the_loop_at_work_and_while_it_drains(
    world: World, hanging: threading.Event, seconds: float
) -> None:
    before = pool_threads()
    world.dispatch(*world.keys(3), source=world.bulk)
    assert limited(lambda: world.work(seconds)) < 2
    hanging.set()
    assert ends_soon(before)
    assert set(Push.objects.values_list("status", flat=True)) == {PushStatus.RUNNING}


@pytest.mark.django_db
def test_the_alarm_during_a_commit_leaves_nobody_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = pool_threads(), SingleWriter._commit

    def slow(writer: SingleWriter, entries: list[Any]) -> None:
        time.sleep(5)
        real(writer, entries)

    monkeypatch.setattr(SingleWriter, "_commit", slow)
    monkeypatch.setattr("sync.services.queue.shutdown.stop_seconds", lambda: 0)
    world.dispatch(*world.keys(2), source=world.bulk)
    assert limited(lambda: world.work(20), 1) < 3
    assert ends_soon(before)


@pytest.mark.django_db
def test_the_alarm_during_a_read_back_leaves_nobody_waiting() -> None:
    before, free = pool_threads(), threading.Event()

    def search(_item: int, writer: Any) -> None:
        free.wait(30)
        writer.run(lambda: None)

    assert limited(lambda: run_in_threads(search, range(20), time.monotonic() + 20)) < 1
    free.set()
    assert ends_soon(before)


def test_work_handed_to_a_closed_writer_gets_an_answer() -> None:
    writer = SingleWriter()
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(writer.run, lambda: None) for _ in range(2)]
        while len(writer._waiting) < 2:
            time.sleep(0.001)
        writer.close()
        late = pool.submit(writer.run, lambda: None)
        for future in (*waiting, late):
            with pytest.raises(WriterClosedError):
                future.result(5)


@pytest.mark.django_db
@pytest.mark.parametrize(("left", "waits"), [(60, True), (0.5, False), (-5, False)])
def test_no_turn_is_waited_for_beyond_the_end_of_the_task(left: float, waits: bool) -> None:
    reserve("flatchr:1", 30)  # the next turn comes in two seconds
    writer = SingleWriter(time.monotonic() + left)
    began = time.monotonic()
    if waits:
        wait_for_turn("flatchr:1", 30, writer, ErrorCode.FLATCHR_RATE_LIMITED)
        assert time.monotonic() - began > 1.5
        return
    with pytest.raises(RateLimitedError):
        wait_for_turn("flatchr:1", 30, writer, ErrorCode.FLATCHR_RATE_LIMITED)
    assert time.monotonic() - began < 0.4
    assert 1 < reserve("flatchr:1", 30) <= 2, "a turn that nobody waits for is not taken"


@pytest.mark.django_db
def test_a_company_of_two_a_minute_does_not_hold_a_task(world: World) -> None:
    world.company.requests_per_minute = 2
    world.company.save()
    world.dispatch(*world.keys(4), source=world.bulk)
    began = time.monotonic()
    world.work(1)
    assert time.monotonic() - began < 4
    assert not Push.objects.filter(status=PushStatus.RUNNING).exists()


def test_code_that_owns_its_thread_waits_as_before() -> None:
    assert DirectWriter().ends == float("inf")


STUCK = """
import os, signal, threading, time
import django; django.setup()
from django.test import override_settings
from sync.services.queue import shutdown
shutdown.OVERTIME_SECONDS = 0.2
shutdown.stop_seconds = lambda: 0.2
shutdown.install()
shutdown.begin_task(task={"func": "sync.tasks.work"})
def a_rule_that_waits():
    time.sleep(60)
threading.Thread(target=a_rule_that_waits).start()
if %(signalled)s:
    os.kill(os.getpid(), signal.SIGTERM)
    assert shutdown.requested.is_set()
    time.sleep(60)
"""


@pytest.mark.parametrize("signalled", [True, False])
def test_the_process_ends_where_a_thread_does_not(signalled: bool) -> None:
    """At its limit, or asked to stop while busy."""
    limit = "import django.conf; django.conf.settings.Q_CLUSTER['timeout'] = 0.5\n"
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", limit + STUCK % {"signalled": signalled}],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "connector_site.settings"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1 and "its task does not end" in done.stderr
    assert "in a_rule_that_waits" in done.stderr
    assert time.monotonic() - began < 15
