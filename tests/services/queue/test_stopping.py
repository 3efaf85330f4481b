"""What a worker leaves behind: on a stop, on a spoilt transaction, and where two pushes meet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db.models.functions import Now
from django.db.transaction import mark_for_rollback_on_error

from sync.models import Push, PushAttempt, RateState
from sync.models.states import PushStatus
from sync.services.pushing.transfer import transfer
from sync.services.queue import shutdown
from sync.services.queue.writer import DirectWriter, SingleWriter
from sync.services.reconciling.existing_applicants import ExistingApplicants
from sync.services.reconciling.follow_up import follow_up
from tests.conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked_to_stop() -> Iterator[None]:
    shutdown.requested.set()
    yield
    shutdown.requested.clear()


def test_a_push_of_which_nothing_was_sent_is_handed_back_on_a_stop(
    world: World, asked_to_stop: None
) -> None:
    world.dispatch(*world.keys(1), source=world.bulk)
    (push,) = Push.objects.claim(1)
    writer = DirectWriter()
    transfer(push, writer, ExistingApplicants(writer))
    push.refresh_from_db()
    assert (push.status, push.attempts, push.create_started_at) == (PushStatus.RETRYING, 0, None)
    assert PushAttempt.objects.get().outcome == "handed_back"
    assert "create" not in world.sandbox.requests()
    assert Push.objects.due().get() == push


def spoil() -> None:
    """What a value that the database's driver cannot take does, whatever the database."""
    with mark_for_rollback_on_error("default"):
        raise ValueError("a string with NUL")


@pytest.mark.django_db(transaction=True)
def test_what_was_called_committed_is_committed_whatever_came_with_it() -> None:
    writer = SingleWriter()
    with ThreadPoolExecutor(2) as pool:
        good = pool.submit(writer.run, lambda: RateState.objects.create(key="kept"))
        while writer._inbox.qsize() < 1:
            time.sleep(0.001)
        bad = pool.submit(writer.run, spoil)
        while writer._inbox.qsize() < 2:
            time.sleep(0.001)
        assert writer.serve(1) == 2
        assert good.result(5).key == "kept"
        with pytest.raises(ValueError, match="NUL"):
            bad.result(5)
    assert RateState.objects.filter(key="kept").count() == 1


def test_an_applicant_that_another_push_only_pointed_at_is_still_its_own(world: World) -> None:
    """One person under two profiles: the second push ends at the first one's applicant."""
    first, second = world.keys(2)
    sent = world.push(first, source=world.bulk)
    applicant = world.sandbox.received()[0]["applicant"]
    other = world.dispatch(second, source=world.bulk).run.pushes
    other.update(
        status=PushStatus.ALREADY_THERE,
        applicant_id=applicant,
        next_attempt_at=None,
        closed_at=Now(),
    )
    Push.objects.filter(pk=sent.pk).update(confirm_after=Now(), applicant_id="")
    follow_up(5)
    sent.refresh_from_db()
    assert (sent.applicant_id, sent.error_code) == (applicant, "")
