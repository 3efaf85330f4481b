"""A push that kills its workers takes no other down with it for long."""

from __future__ import annotations

from typing import Any

import pytest

from sync.models import Push
from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import expire_leases, finish
from tests.rows import make_push, make_run

pytestmark = pytest.mark.django_db
S = PushStatus


def crash() -> None:
    """The worker has died with all that it had claimed."""
    expire_leases()
    Push.objects.release_expired()


def lost_with_their_worker(count: int, times: int) -> list[Push]:
    run = make_run()
    pushes = [make_push(run=run) for _ in range(count)]
    for _ in range(times):
        assert len(Push.objects.claim(count)) == count
        crash()
    return pushes


def test_what_was_lost_once_is_tried_among_others() -> None:
    lost_with_their_worker(5, 1)
    assert Push.objects.claim_suspect() == []
    assert len(Push.objects.claim(10)) == 5


def test_what_was_lost_twice_is_tried_alone() -> None:
    lost_with_their_worker(5, 2)
    fresh = make_push()
    assert [push.pk for push in Push.objects.claim(10)] == [fresh.pk]
    assert len(Push.objects.claim_suspect()) == 1


def test_only_the_one_that_kills_is_given_up(settings: Any) -> None:
    culprit, *others = lost_with_their_worker(20, 2)
    for _ in range(100):
        suspects = Push.objects.claim_suspect()
        if not suspects:
            break
        [suspect] = suspects
        if suspect.pk == culprit.pk:
            crash()
        else:
            suspect.begin_create(firstname="A", lastname="B", email="", phone="")
            suspect.succeed()
    culprit.refresh_from_db()
    assert (culprit.status, culprit.error_code) == (S.FAILED, ErrorCode.ATTEMPTS_EXHAUSTED)
    assert culprit.attempts == settings.PUSH_MAX_ATTEMPTS
    succeeded = Push.objects.filter(status=S.SUCCEEDED)
    assert succeeded.count() == len(others)


def test_the_worker_loop_pushes_suspects_one_by_one_and_then_the_rest(world: World) -> None:
    world.dispatch(*world.keys(6), source=world.bulk)
    suspects = list(Push.objects.order_by("pk").values_list("pk", flat=True)[:3])
    rows = Push.objects.filter(pk__in=suspects)
    rows.update(status=S.RETRYING, attempts=2, error_code=ErrorCode.WORKER_LOST)
    world.work()
    finish(world)
    assert Push.objects.filter(status=S.SUCCEEDED).count() == 6
    assert len(world.sandbox.received()) == 6
    ended = Push.objects.order_by("closed_at", "pk").values_list("pk", flat=True)
    assert sorted(ended[:3]) == suspects
