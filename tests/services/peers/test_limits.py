"""Requests a minute, kept by all threads and workers; waiting for a turn costs no attempt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from sync.exceptions import RetryableError
from sync.models import FlatchrCompany, Push, RateState
from sync.models.states import PushStatus
from sync.services.peers import rate_limits
from sync.services.queue import shutdown
from sync.services.queue.writer import DirectWriter, SingleWriter
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import slow_clock, unknown_outcomes
from tests.rows import make_company, make_source

S = PushStatus
__all__ = ["slow_clock"]


def in_threads(count: int, work: Callable[[], None]) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_one_limit() -> None:
    """600 a minute is one every 100 ms, whoever asks."""
    turns: list[float] = []
    begun = time.monotonic()

    def work() -> None:
        writer = DirectWriter()
        for _ in range(5):
            rate_limits.wait_for_turn("key", 600, writer, ErrorCode.FLATCHR_RATE_LIMITED)
            turns.append(time.monotonic())

    in_threads(2, work)
    assert len(turns) == 10
    assert max(turns) - begun >= 0.9 - 0.01
    assert RateState.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_thread_starves() -> None:
    served: list[int] = []

    def work() -> None:
        rate_limits.wait_for_turn("key", 1200, DirectWriter(), ErrorCode.FLATCHR_RATE_LIMITED)
        served.append(1)

    in_threads(12, work)
    assert len(served) == 12


@pytest.mark.django_db
def test_threads_of_a_worker_loop_wait_through_their_writer() -> None:
    writer, done, begun = SingleWriter(), list[float](), time.monotonic()

    def work() -> None:
        rate_limits.wait_for_turn("key", 1200, writer, ErrorCode.FLATCHR_RATE_LIMITED)
        done.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        writer.serve(0.02)
    assert len(done) == 5
    assert max(done) - begun >= 0.2 - 0.01


@pytest.mark.django_db
def test_keys_do_not_share_their_turns() -> None:
    assert rate_limits.reserve("one", 1) == 0
    assert rate_limits.reserve("two", 1) == 0
    assert 59 < rate_limits.reserve("one", 1) <= 60


@pytest.mark.django_db
def test_a_turn_too_far_away_is_not_taken() -> None:
    rate_limits.reserve("key", 1)
    waits = [rate_limits.reserve("key", 1) for _ in range(5)]
    assert all(59 < wait <= 60 for wait in waits), "asking in vain must not push the others back"
    with pytest.raises(rate_limits.RateLimitedError) as caught:
        rate_limits.wait_for_turn("key", 1, DirectWriter(), ErrorCode.FLATCHR_RATE_LIMITED)
    assert caught.value.retry_after and caught.value.retry_after > 59


@pytest.mark.django_db
def test_unused_turns_are_not_saved_up_for_a_burst() -> None:
    rate_limits.reserve("key", 600)
    time.sleep(0.35)
    waits = [rate_limits.reserve("key", 600) for _ in range(3)]
    assert waits[0] == 0
    assert 0.05 < waits[1] <= 0.1 and 0.15 < waits[2] <= 0.2


@pytest.mark.django_db
def test_a_raised_limit_holds_from_the_next_turn_on() -> None:
    for _ in range(3):
        rate_limits.reserve("key", 60)
    assert rate_limits.reserve("key", 6000) <= 3.1


@pytest.mark.django_db
def test_without_a_limit_there_is_no_throttle(settings: Any) -> None:
    settings.HRFLOW_REQUESTS_PER_MINUTE = 0
    assert rate_limits.company_throttle(make_company(), DirectWriter()) is None
    assert rate_limits.hrflow_throttle(make_source(), DirectWriter()) is None


@pytest.mark.django_db
def test_hrflows_limit_belongs_to_the_user_whatever_the_source(settings: Any) -> None:
    settings.HRFLOW_REQUESTS_PER_MINUTE = 1
    for source in (make_source(), make_source()):
        throttle = rate_limits.hrflow_throttle(source, DirectWriter())
        assert throttle is not None
        if not RateState.objects.exists():
            throttle()
            continue
        with pytest.raises(RetryableError):
            throttle()


@pytest.mark.django_db
def test_a_stop_ends_the_wait_for_a_turn() -> None:
    rate_limits.reserve("key", 60)
    rate_limits.reserve("key", 60)
    shutdown.requested.set()
    try:
        begun = time.monotonic()
        with pytest.raises(rate_limits.RateLimitedError):
            rate_limits.wait_for_turn("key", 60, DirectWriter(), ErrorCode.FLATCHR_RATE_LIMITED)
        assert time.monotonic() - begun < 0.5
    finally:
        shutdown.requested.clear()


# --- over HTTP ----------------------------------------------------------------------------------


def limit(world: World, per_minute: int) -> None:
    FlatchrCompany.objects.filter(pk=world.company.pk).update(requests_per_minute=per_minute)


@pytest.mark.django_db
def test_a_companys_requests_keep_their_distance(world: World) -> None:
    limit(world, 600)
    world.dispatch(*world.keys(9), source=world.bulk)
    world.sandbox.clear()
    world.work(wait=True)
    assert Push.objects.filter(status=S.SUCCEEDED).count() == 9
    times = world.sandbox.state()["request_times"][world.company.company]
    assert len(times) == 10  # one search, nine candidates
    assert times[-1] - times[0] >= 0.8


@pytest.mark.django_db
@pytest.mark.usefixtures("slow_clock")
def test_who_must_wait_long_is_put_off_before_anything_is_read(world: World) -> None:
    limit(world, 1)
    world.dispatch(*world.keys(6), source=world.bulk)
    world.work()
    requests = world.sandbox.requests()
    assert requests.get("search", 0) + requests.get("create", 0) == 1
    assert requests["read"] <= 6
    waiting = Push.objects.waiting()
    assert waiting.count() == 6
    assert set(waiting.values_list("attempts", flat=True)) == {0}
    assert set(waiting.values_list("error_code", flat=True)) == {ErrorCode.FLATCHR_RATE_LIMITED}
    before = requests["read"]
    Push.objects.waiting().update(next_attempt_at=Push.objects.waiting()[0].created_at)
    world.work()
    assert world.sandbox.requests()["read"] == before, "nothing is read for a turn that is far off"


@pytest.mark.django_db
@pytest.mark.usefixtures("slow_clock")
def test_no_intent_is_left_behind_by_a_wait_for_a_turn(world: World) -> None:
    """The turn is taken before the intent: put off means that certainly nothing was sent."""
    limit(world, 1)
    world.dispatch(*world.keys(3), source=world.bulk)
    world.work()
    assert unknown_outcomes() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-24, 24])
def test_a_machine_whose_clock_is_wrong_keeps_the_limit(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """The turns of all machines are counted by one clock, the database's."""
    assert rate_limits.reserve("key", 60) == 0
    ours = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: ours + hours * 3600 * 10**9)
    monkeypatch.setattr(time, "time", lambda: ours / 10**9 + hours * 3600)
    assert 0.5 < rate_limits.reserve("key", 60) <= 1
