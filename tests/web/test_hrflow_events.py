"""What an event of HrFlow does, and what a repetition of it does."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from sync.models import Push, Run, RunKind, Workflow
from tests.conftest import World
from tests.desk import Desk, S, make_company, make_vacancy
from tests.notifications import Notifications
from tests.web.webhook_calls import (
    KEY,
    SCHEMES,
    SECRET,
    desk,
    event,
    fresh_limits,
    over_body,
    tell_hrflow,
    workflow,
)

pytestmark = pytest.mark.django_db
__all__ = ["desk", "fresh_limits", "workflow"]


KINDS = [
    f"profile.{what}.{how}" for what in ("parsing", "storing") for how in ("success", "update")
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_or_changed_profile_goes_to_the_workflows_of_its_source(
    desk: Desk,
    workflow: Workflow,
    kind: str,
    notifications: Notifications,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_hrflow(desk, event(desk, kind)).status_code == 200
    push = Push.objects.get()
    assert (push.profile_key, push.vacancy, push.status) == (KEY, desk.vacancy, S.QUEUED)
    assert (push.run.kind, push.run.workflow, push.requested_by) == (RunKind.EVENT, workflow, None)
    notified = {name for name, _ in notifications.take()}
    assert notified == {"sync.tasks.import_source", "sync.tasks.work"}


OTHERS = [
    "profile.parsing.error",
    "profile.storing.error",
    "profile.searching.success",
    "profile.searching.update",
    "profile.parsing.success.x",
    "job.parsing.success",
    "",
]


@pytest.mark.parametrize("kind", OTHERS)
def test_every_other_event_is_only_acknowledged(
    desk: Desk,
    workflow: Workflow,
    kind: str,
    notifications: Notifications,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_hrflow(desk, event(desk, kind)).status_code == 200
    assert not Run.objects.exists()
    assert notifications.count == 0


@pytest.mark.parametrize("source", [{"key": "another"}, {"key": None}, {}])
def test_an_event_of_another_source_is_only_acknowledged(
    desk: Desk, workflow: Workflow, source: Any
) -> None:
    assert tell_hrflow(desk, event(desk, source=source)).status_code == 200
    assert not Run.objects.exists()


def test_an_event_taken_twice_does_what_one_does(desk: Desk, workflow: Workflow) -> None:
    for scheme in (*SCHEMES, *SCHEMES):
        assert tell_hrflow(desk, event(desk), sign=scheme).status_code == 200
    for kind in KINDS:
        assert tell_hrflow(desk, event(desk, kind)).status_code == 200
    assert Push.objects.count() == 1
    assert Run.objects.count() == 1


ENDED = [S.SUCCEEDED, S.ALREADY_THERE, S.UNCONFIRMED, S.FAILED, S.DISCARDED, S.CANCELLED]


@pytest.mark.parametrize("status", ENDED)
def test_a_late_repetition_pushes_nothing_again(
    desk: Desk, workflow: Workflow, status: str
) -> None:
    desk.push(status, profile_key=KEY)
    assert tell_hrflow(desk, event(desk)).status_code == 200
    assert Push.objects.count() == 1


@pytest.mark.parametrize("status", ENDED)
def test_a_changed_profile_is_tried_again_only_where_nobody_decided(
    desk: Desk, workflow: Workflow, status: str
) -> None:
    desk.push(status, profile_key=KEY)
    assert tell_hrflow(desk, event(desk, "profile.storing.update")).status_code == 200
    assert Push.objects.count() == (2 if status in (S.FAILED, S.DISCARDED) else 1)


def test_it_leaves_out_workflows_that_cannot_push_now(desk: Desk, workflow: Workflow) -> None:
    closed = make_vacancy(desk.company, is_open=False)
    asleep = make_vacancy(make_company("Asleep", is_active=False))
    for number, vacancy in enumerate((closed, asleep)):
        Workflow.objects.create(workflow_id=f"w{number}", source=desk.source, vacancy=vacancy)
    Workflow.objects.create(
        workflow_id="off", source=desk.source, vacancy=make_vacancy(desk.company), is_active=False
    )
    tell_hrflow(desk, event(desk))
    assert [push.vacancy for push in Push.objects.all()] == [desk.vacancy]


def test_a_broker_that_is_away_does_not_lose_the_push(
    desk: Desk,
    workflow: Workflow,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def away(task: str, *_: Any, **__: Any) -> bool:
        raise OSError("no broker")

    monkeypatch.setattr("sync.services.queue.notify.async_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_hrflow(desk, event(desk)).status_code == 200
    assert Push.objects.get().status == S.QUEUED


def test_an_event_brings_the_profile_into_index_and_flatchr(world: World) -> None:
    """The whole way, over real HTTP, from the event to the applicant."""
    from sync import tasks

    world.source.webhook_secret = SECRET
    world.source.save()
    vacancy = world.vacancy()
    Workflow.objects.create(workflow_id="w", source=world.source, vacancy=vacancy)
    key = world.sandbox.add_profile(info={"full_name": "Zoé Nouvelle", "first_name": "Zoé"})
    body = {
        "type": "profile.storing.success",
        "profile": {"key": key, "source": {"key": world.source.source_key}},
    }
    raw, asked = json.dumps(body).encode(), world.sandbox.requests()
    answer = Client(headers={"HTTP-HRFLOW-SIGNATURE": over_body(raw)}).post(
        f"/hooks/hrflow/{world.source.webhook_token}/", raw, content_type="application/json"
    )
    assert answer.status_code == 200
    assert world.sandbox.requests() == asked, "an event is answered without asking anybody"
    tasks.import_source(world.source.pk)
    world.work()
    assert world.source.profiles.filter(key=key).exists()
    assert Push.objects.get(profile_key=key).status == S.SUCCEEDED
    assert [one["resume"]["profile_key"] for one in world.sandbox.received()] == [key]


def test_an_event_is_answered_at_once(desk: Desk, workflow: Workflow) -> None:
    tell_hrflow(desk, event(desk, key="warm"))
    begun = time.monotonic()
    for number in range(20):
        tell_hrflow(desk, event(desk, key=f"k{number}"))
    assert (time.monotonic() - begun) / 20 < 0.5
