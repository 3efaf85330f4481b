"""A workflow never pushes again what has ended, unless the profile has changed since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from sync import tasks
from sync.models import Push, Workflow
from sync.models.states import PushStatus
from sync.services.intake.events import take_hrflow_events
from sync.services.intake.workflows import read_started, run_workflow, start_workflow
from tests.cases import Case
from tests.cases.reading.repeats import CASES
from tests.conftest import World
from tests.pushing import finish

pytestmark = pytest.mark.django_db
S = PushStatus


def at(seconds: float = 0) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def end_one(world: World, how: str, workflow: Workflow) -> str:
    """A new profile whose push has ended that way; returns its key."""
    end, _, by = how.partition(" by ")
    failing = {"attachments": []} if end in ("failed", "discarded") else {}
    key = world.sandbox.add_profile("bulk", updated_at=at(-1), **failing)
    if end == "discarded":
        Workflow.objects.filter(pk=workflow.pk).update(logics=["has_resume"])
    elif end == "already_there":
        info = world.sandbox.change_profile(key, "bulk", updated_at=at(-1))["info"]
        names = {"firstname": info["first_name"], "lastname": info["last_name"]}
        world.sandbox.add_applicant(workflow.vacancy.slug, email=info["email"], **names)
    workflow.refresh_from_db()
    if by:
        world.dispatch(key, source=world.bulk, vacancy=workflow.vacancy)
    else:
        run_workflow(workflow)
    if end == "cancelled":
        Push.objects.get(profile_key=key).cancel(None)
    finish(world)
    push = Push.objects.get(profile_key=key)
    assert push.status == end
    return key


def change(world: World, key: str, how: str) -> None:
    change = world.sandbox.change_profile
    if how == "changed":
        change(key, "bulk", updated_at=at(1), info={"summary": "changed"})
    elif how == "changed before":
        change(key, "bulk", updated_at=at(-30), info={"summary": "changed"})
        known = timezone.now() - timedelta(seconds=90)
        Push.objects.filter(profile_key=key).update(profile_updated_at=known)
    elif how == "no date":
        change(key, "bulk", updated_at=None)
    elif how == "older date":
        change(key, "bulk", updated_at="2020-01-01T00:00:00Z")


def run(world: World, workflow: Workflow, key: str, how: str) -> None:
    workflow.refresh_from_db()
    if how == "hand":
        read_started(start_workflow(workflow, None).pk)
    elif how == "event":
        profile = {"key": key, "source": {"key": world.bulk.source_key}}
        take_hrflow_events(world.bulk, {"type": "profile.storing.success", "profile": profile})
    else:
        Workflow.objects.filter(pk=workflow.pk).update(every_minutes=1, last_run_at=None)
        tasks.run_workflow(workflow.pk)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_workflow_repeats_what_has_ended_after_a_change_only(world: World, case: Case) -> None:
    end, since, how = case.input
    mode = how if how in ("sync", "incremental") else "incremental"
    old = datetime.now(UTC) - timedelta(seconds=60)
    vacancy = world.vacancy()
    workflow = Workflow.objects.create(
        workflow_id="w", source=world.bulk, vacancy=vacancy, read_mode="incremental", cursor=old
    )
    key = end_one(world, end, workflow)
    Workflow.objects.filter(pk=workflow.pk).update(read_mode=mode, cursor=old)
    change(world, key, since)
    for _ in range(2):
        run(world, workflow, key, how)
    again = Push.objects.filter(profile_key=key).count() - 1
    assert again == int(case.right)


def test_five_runs_make_one_failed_push(world: World) -> None:
    key = world.sandbox.add_profile("bulk", attachments=[])
    workflow = Workflow.objects.create(
        workflow_id="w", source=world.bulk, vacancy=world.vacancy(), read_mode="sync"
    )
    for _ in range(5):
        run_workflow(workflow)
        finish(world)
    assert Push.objects.filter(profile_key=key).count() == 1
    assert Push.objects.get(profile_key=key).status == S.FAILED


def test_a_change_within_the_same_second_is_seen(world: World) -> None:
    """HrFlow's times are whole seconds; the content tells two states of one second apart."""
    now = at()
    key = world.sandbox.add_profile("bulk", attachments=[], updated_at=now)
    workflow = Workflow.objects.create(
        workflow_id="w", source=world.bulk, vacancy=world.vacancy(), read_mode="sync"
    )
    run_workflow(workflow)
    finish(world)
    world.sandbox.change_profile(key, "bulk", updated_at=now, info={"summary": "mended"})
    run_workflow(workflow)
    assert Push.objects.filter(profile_key=key).count() == 2


def test_an_update_that_is_told_again_does_not_undo_what_a_person_cancelled(world: World) -> None:
    workflow = Workflow.objects.create(
        workflow_id="w", source=world.bulk, vacancy=world.vacancy(), read_mode="sync"
    )
    key = world.sandbox.add_profile("bulk", updated_at=at(-1))
    profile: dict[str, Any] = {"key": key, "source": {"key": world.bulk.source_key}}
    event = {"type": "profile.storing.update", "profile": {**profile, "updated_at": at(-1)}}
    take_hrflow_events(world.bulk, event)
    Push.objects.get(profile_key=key).cancel(None)
    take_hrflow_events(world.bulk, event)
    assert workflow.run_set.count() == 1
    newer = {**profile, "updated_at": at(5)}
    take_hrflow_events(world.bulk, {"type": "profile.storing.update", "profile": newer})
    assert Push.objects.filter(profile_key=key).count() == 2


def test_whom_we_were_asked_to_forget_leaves_no_digest(world: World) -> None:
    key = world.sandbox.add_profile("bulk", attachments=[])
    workflow = Workflow.objects.create(
        workflow_id="w", source=world.bulk, vacancy=world.vacancy(), read_mode="sync"
    )
    run_workflow(workflow)
    finish(world)
    row = Push.objects.filter(profile_key=key)
    assert row.get().profile_mark
    row.forget_person(profile_key="forgotten")
    assert Push.objects.get(profile_key="forgotten").profile_mark == ""
