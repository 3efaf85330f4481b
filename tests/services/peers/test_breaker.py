"""An account that keeps failing is left alone for a while; its pushes wait instead of failing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync.clients.http import Answer, HttpDoor
from sync.exceptions import RetryableError
from sync.models import FlatchrCompany, HrFlowSource, Push
from sync.models.circuit_breaker import FAULTS_TO_OPEN, LONGEST_PAUSE
from sync.models.states import PushStatus
from sync.services.peers import circuit_breakers
from sync.services.peers.rate_limits import RateLimitedError
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import expire_leases, fault, finish, make_due, slow_clock, unknown_outcomes
from tests.rows import make_company, make_push, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


def company(world: World) -> FlatchrCompany:
    return FlatchrCompany.objects.get(pk=world.company.pk)


def source(world: World) -> HrFlowSource:
    return HrFlowSource.objects.get(pk=world.bulk.pk)


def states(*codes: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Push.objects.values_list("status", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def pause_ends(account: FlatchrCompany | HrFlowSource) -> None:
    """The pause is over: the breaker is half open."""
    type(account).objects.filter(pk=account.pk).update(paused_until=Now() - timedelta(seconds=1))
    make_due()


def break_key(world: World, endpoint: str, status: int = 401) -> None:
    world.sandbox.set_faults(fault(endpoint, "status", status=status, times=None))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("endpoint", ["create", "read"])
def test_three_refusals_pause_the_account_and_the_others_wait(
    world: World, endpoint: str, status: int
) -> None:
    break_key(world, endpoint, status)
    for key in world.keys(6):
        world.dispatch(key, source=world.bulk)
        world.work()
    account = company(world) if endpoint == "create" else source(world)
    assert account.is_paused
    code = ErrorCode.FLATCHR_CREDENTIALS if endpoint == "create" else ErrorCode.HRFLOW_CREDENTIALS
    assert account.pause_code == code
    assert world.sandbox.requests()[endpoint] == 3, "the rest of the pushes burn no request"
    # The first two failed, with the reason; who opened the breaker and who came after it wait.
    assert states() == {S.FAILED: 2, S.RETRYING: 1, S.QUEUED: 3}
    failed = Push.objects.filter(status=S.FAILED).values_list("error_code", flat=True)
    assert set(failed) == {code}
    waiting = Push.objects.get(status=S.RETRYING)
    assert (waiting.error_code, waiting.attempts) == (code, 0)
    assert waiting.explanation and waiting.next_step


def test_the_other_account_works_on(world: World) -> None:
    break_key(world, "read")
    for key in world.keys(3):
        world.dispatch(key, source=world.bulk)
        world.work()
    assert source(world).is_paused and not company(world).is_paused
    world.sandbox.set_faults()
    push = world.push(world.key("dates_1969"))  # from another source, to the same company
    assert push.status == S.SUCCEEDED


def paused_world(world: World, count: int = 8) -> None:
    """A company paused for its key, with `count` pushes waiting."""
    keys = world.keys(count + 2)
    break_key(world, "create")
    for key in keys[:3]:
        world.dispatch(key, source=world.bulk)
        world.work()
    world.dispatch(*keys[3:], source=world.bulk)
    assert company(world).is_paused
    assert Push.objects.waiting().count() == count
    world.sandbox.clear()


def test_half_open_lets_one_through_and_its_failure_pauses_for_longer(
    world: World, settings: Any
) -> None:
    settings.BREAKER_PAUSE_SECONDS = 60
    paused_world(world)
    pause_ends(company(world))
    world.work()
    assert world.sandbox.requests().get("create", 0) == 1
    account = company(world)
    assert account.is_paused and account.paused_until
    left = (account.paused_until - timezone.now()).total_seconds()
    assert 110 < left <= 120, "twice the first pause"
    assert Push.objects.waiting().count() == 8
    assert set(Push.objects.waiting().values_list("attempts", flat=True)) == {0}


def test_one_success_closes_the_breaker_by_itself(world: World) -> None:
    paused_world(world)
    world.sandbox.set_faults()
    pause_ends(company(world))
    finish(world)
    account = company(world)
    assert not account.is_paused and account.paused_until is None
    assert (account.failures_in_a_row, account.pauses_in_a_row, account.probing) == (0, 0, False)
    assert Push.objects.filter(status=S.SUCCEEDED).count() == 8
    assert len(world.sandbox.received()) == 8


def test_it_is_closed_by_hand(world: World) -> None:
    paused_world(world)
    world.sandbox.set_faults()
    company(world).close()
    finish(world)
    assert Push.objects.filter(status=S.SUCCEEDED).count() == 8


def test_a_probe_that_told_nothing_gives_way_to_the_next(world: World) -> None:
    """The one that was let through had no CV, so Flatchr was never asked."""
    paused_world(world, count=1)
    world.sandbox.set_faults()
    Push.objects.waiting().update(next_attempt_at=Now() + timedelta(hours=1))
    world.dispatch(world.key("no_resume"))
    FlatchrCompany.objects.update(paused_until=Now() - timedelta(seconds=1))
    world.work()
    account = company(world)
    assert Push.objects.get(profile_key=world.key("no_resume")).status == S.FAILED
    assert account.paused_until and not account.is_paused and not account.probing
    finish(world)
    assert company(world).paused_until is None


def test_a_refused_candidate_shows_that_the_account_works(world: World) -> None:
    paused_world(world)
    world.sandbox.set_faults(fault("create", "status", status=400))
    pause_ends(company(world))
    world.work()
    assert company(world).paused_until is None


def test_a_probe_that_dies_is_not_waited_for_for_ever(world: World, settings: Any) -> None:
    paused_world(world)
    account = company(world)
    pause_ends(account)
    assert account.begin_probe(80)
    assert not account.begin_probe(80)
    account = company(world)
    assert account.is_paused and account.paused_until
    assert account.paused_until - timezone.now() < timedelta(seconds=81)
    expire_leases()
    pause_ends(account)
    assert company(world).begin_probe(80)


def test_a_run_of_faults_pauses_too(world: World) -> None:
    keys = world.keys(FAULTS_TO_OPEN + 3)
    break_key(world, "create", 503)
    for number, key in enumerate(keys, start=1):
        world.dispatch(key, source=world.bulk)
        world.work()
        assert company(world).is_paused == (number >= FAULTS_TO_OPEN), number
    account = company(world)
    assert account.pause_code == ErrorCode.FLATCHR_FAULT
    assert world.sandbox.requests()["create"] == FAULTS_TO_OPEN
    assert states() == {S.RETRYING: FAULTS_TO_OPEN, S.QUEUED: 3}
    unknown = unknown_outcomes()
    assert unknown == FAULTS_TO_OPEN, "waiting does not make an unknown outcome certain"


def test_faults_that_are_not_in_a_row_pause_nothing(world: World) -> None:
    keys = world.keys(2 * FAULTS_TO_OPEN)
    for number, key in enumerate(keys):
        rule = fault("create", "status", status=500, times=1 if number % 2 else 0)
        world.sandbox.set_faults(rule)
        world.dispatch(key, source=world.bulk)
        world.work()
    assert not company(world).is_paused
    assert Push.objects.filter(status=S.SUCCEEDED).count() == FAULTS_TO_OPEN


def test_a_refused_create_is_not_forgiven_for_a_search_that_worked(world: World) -> None:
    """A key may be good for one host and refused by the other."""
    break_key(world, "create")
    keys = world.keys(3)
    for title, key in zip(
        ["Comptable", "Développeur Python (H/F)", "Comptable"], keys, strict=True
    ):
        world.dispatch(key, source=world.bulk, vacancy=world.vacancy(title))
        world.work()
    assert world.sandbox.requests()["search"] == 3
    assert company(world).is_paused


def test_a_push_does_not_wait_for_a_refused_account_past_its_deadline(world: World) -> None:
    paused_world(world, count=1)
    pause_ends(company(world))
    Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    world.work()
    push = Push.objects.latest("pk")
    assert push.status == S.FAILED
    assert push.error_code in (ErrorCode.FLATCHR_CREDENTIALS, ErrorCode.DEADLINE_PASSED)


def test_a_look_up_waits_for_a_paused_account_and_keeps_its_intent(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status_after", status=500))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    break_key(world, "search")
    for _ in range(4):
        make_due()
        world.work()
    assert company(world).is_paused
    push = Push.objects.get()
    assert push.has_unknown_outcome and push.status == S.RETRYING
    world.sandbox.set_faults()
    pause_ends(company(world))
    finish(world)
    assert Push.objects.get().status == S.SUCCEEDED
    assert len(world.sandbox.received()) == 1


# --- the row alone ------------------------------------------------------------------------------


def test_a_look_up_that_is_refused_past_the_deadline_is_left_to_a_person(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    [key] = world.keys(1)
    world.sandbox.set_faults(fault("create", "status_after", status=500))
    world.dispatch(key, source=world.bulk)
    world.work()
    break_key(world, "search")
    FlatchrCompany.objects.update(failures_in_a_row=5)
    Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    make_due()
    world.work()
    push = Push.objects.get()
    assert (push.status, push.error_code) == (S.UNCONFIRMED, ErrorCode.FLATCHR_AMBIGUOUS)
    assert "contradicts" not in caplog.text, "decided, not caught by the last net"


def test_a_refusal_inside_an_envelope_of_200_counts_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, request = world.keys(6), HttpDoor.request

    def refuse(self: HttpDoor, *args: Any, **options: Any) -> Answer:
        answer, body = request(self, *args, **options), b'{"code": 401, "message": "no"}'
        return replace(answer, body=body) if self.service == "hrflow" else answer

    monkeypatch.setattr(HttpDoor, "request", refuse)
    for key in keys:
        world.dispatch(key, source=world.bulk)
        world.work()
    assert source(world).is_paused
    assert states() == {S.FAILED: 2, S.RETRYING: 1, S.QUEUED: 3}


def test_pauses_grow_and_have_an_end(settings: Any) -> None:
    settings.BREAKER_PAUSE_SECONDS = 60
    account = make_company()
    lengths = []
    for _ in range(8):
        account.note_failures(ErrorCode.FLATCHR_CREDENTIALS, 3, opens_at=3)
        row = FlatchrCompany.objects.get(pk=account.pk)
        assert row.paused_until is not None
        lengths.append(round((row.paused_until - timezone.now()).total_seconds() / 60))
        FlatchrCompany.objects.update(paused_until=Now())
    assert lengths[:4] == [1, 2, 4, 8]
    assert lengths[-1] == LONGEST_PAUSE.total_seconds() / 60


def test_failures_during_a_pause_do_not_prolong_it(settings: Any) -> None:
    settings.BREAKER_PAUSE_SECONDS = 60
    account = make_company()
    for _ in range(5):
        assert account.note_failures(ErrorCode.FLATCHR_CREDENTIALS, 3, opens_at=3)
    account.refresh_from_db()
    assert account.paused_until and account.pauses_in_a_row == 1
    assert account.paused_until - timezone.now() <= timedelta(seconds=60)


def test_two_accounts_half_open_are_probed_together_or_not_at_all() -> None:
    push = make_push(make_run())
    ended = timezone.now() - timedelta(seconds=1)
    HrFlowSource.objects.update(paused_until=ended)
    FlatchrCompany.objects.update(paused_until=ended)
    [push] = Push.objects.claim(1)
    assert push.vacancy.company.begin_probe(60), "somebody else is trying the company"
    with pytest.raises(RateLimitedError) as caught:
        circuit_breakers.check_let_through(push)
    assert isinstance(caught.value, RetryableError) and caught.value.retry_after
    assert HrFlowSource.objects.get().paused_until == ended, "the source was not tried"
