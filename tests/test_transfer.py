"""One push, from a claimed row to an applicant, over real HTTP."""

from __future__ import annotations

import pytest

from sync.models import Push
from sync.models.states import PushStatus
from tests.conftest import World

pytestmark = pytest.mark.django_db


def test_it_creates_one_candidate_with_its_own_cv(world: World) -> None:
    key = world.keys(1)[0]
    push = world.push(key, source=world.bulk)
    assert (push.status, push.explanation) == (PushStatus.SUCCEEDED, "")
    received = world.sandbox.received()
    assert len(received) == 1
    assert received[0]["resume"]["profile_key"] == key
    assert world.sandbox.violations() == []


def test_it_pushes_every_pushable_profile_of_a_source_and_says_why_not(world: World) -> None:
    from sync.services.batch import keys_of

    done = world.dispatch(*keys_of(world.source))
    world.work(seconds=60, wait=True)
    pushes = {push.profile_key: push for push in done.run.pushes.all()}
    wrong = {world.sandbox.troubles[k]: k for k in world.sandbox.unpushable}
    for key, push in pushes.items():
        expected = {PushStatus.FAILED} if key in wrong else {PushStatus.SUCCEEDED}
        assert push.status in expected, (wrong.get(key), push.status, push.explanation)
    assert world.sandbox.violations() == []
    assert Push.objects.filter(status=PushStatus.FAILED, error_code="").count() == 0
