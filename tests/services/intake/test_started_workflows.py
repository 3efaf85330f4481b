"""A workflow that a person starts: the run is there at once, a worker reads the source into it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from sync import tasks
from sync.models import Push, Run, RunKind, RunStatus, Workflow
from sync.services.intake import workflows
from sync.services.intake.workflows import run_workflow, start_workflow
from sync.services.peers import profile_pages
from sync.services.pushing.dispatch import add_pushes
from sync.services.queue import notify, shutdown
from sync.services.queue.recovery import recover
from sync.vocabulary import ReadMode
from tests.conftest import World
from tests.notifications import Notifications, notifications
from tests.pushing import fault, finish, slow_clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["notifications", "slow_clock"]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_pages, "PAGE", 20)


@pytest.fixture
def workflow(world: World) -> Workflow:
    return Workflow.objects.create(
        workflow_id="accounting",
        source=world.bulk,
        vacancy=world.vacancy(),
        read_mode=ReadMode.incremental,
    )


def start(workflow: Workflow) -> Run:
    return start_workflow(workflow, User.objects.get_or_create(username="operator")[0])


def test_the_run_is_there_at_once_and_nothing_was_asked_of_hrflow(
    world: World,
    workflow: Workflow,
    notifications: Notifications,
    django_capture_on_commit_callbacks: Any,
) -> None:
    before = world.sandbox.requests().get("list", 0)
    with django_capture_on_commit_callbacks(execute=True):
        run = start(workflow)
        assert notifications.count == 0, "not before it is committed"
    assert notifications.take() == [("sync.tasks.read_workflow", (run.pk,))]
    assert notify.TIMEOUTS[notify.READ_WORKFLOW] == 6 * 3600
    assert world.sandbox.requests().get("list", 0) == before
    run.refresh_from_db()
    assert (run.kind, run.status, run.workflow) == (RunKind.WORKFLOW, RunStatus.RUNNING, workflow)
    assert (run.is_complete, run.started_at, run.pushes.count()) == (False, None, 0)
    assert run.requested_by == User.objects.get(username="operator")
    assert run.beat_at


def test_a_start_that_is_rolled_back_notifies_nobody(
    workflow: Workflow, notifications: Notifications, django_capture_on_commit_callbacks: Any
) -> None:
    def break_off() -> None:
        with transaction.atomic():
            start(workflow)
            raise RuntimeError("the request broke off")

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
        break_off()
    assert (Run.objects.count(), notifications.count) == (0, 0)


def test_a_worker_reads_the_source_into_the_run(world: World, workflow: Workflow) -> None:
    run = start(workflow)
    tasks.read_workflow(run.pk)
    run.refresh_from_db()
    assert (run.pushes.count(), run.is_complete, run.reason) == (60, True, "")
    assert run.started_at
    assert set(run.pushes.values_list("requested_by__username", flat=True)) == {"operator"}
    workflow.refresh_from_db()
    assert workflow.cursor and workflow.last_run_at
    finish(world)
    run.refresh_from_db()
    assert (run.status, run.events["write_success"]) == (RunStatus.FINISHED, 60)


def test_a_task_delivered_twice_reads_once(world: World, workflow: Workflow) -> None:
    run = start(workflow)
    tasks.read_workflow(run.pk)
    before = world.sandbox.requests()["list"]
    tasks.read_workflow(run.pk)
    assert world.sandbox.requests()["list"] == before
    assert Run.objects.count() == 1
    assert Push.objects.count() == 60


def test_a_task_delivered_twice_at_the_same_time_reads_once(
    world: World, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, begun = start(workflow), []

    def add_while_another_begins(result: Any, keys: Any) -> None:
        begun.append(workflows.read_started(run.pk))
        add_pushes(result, keys)

    monkeypatch.setattr(workflows, "add_pushes", add_while_another_begins)
    tasks.read_workflow(run.pk)
    assert begun == [None, None, None]
    assert run.pushes.count() == 60


def test_a_run_that_the_request_or_a_schedule_reads_is_not_claimed(workflow: Workflow) -> None:
    result = run_workflow(workflow)
    assert workflows.read_started(result.run.pk) is None
    assert workflows.read_started(0) is None


def test_what_goes_wrong_is_noted_on_the_run(world: World, workflow: Workflow) -> None:
    world.sandbox.set_faults(fault("list", "status", status=401, times=None, match={"page": "2"}))
    run = start(workflow)
    tasks.read_workflow(run.pk)
    run.refresh_from_db()
    assert run.reason and run.is_complete
    assert run.pushes.count() == 20, "what was queued is queued"
    workflow.refresh_from_db()
    assert workflow.cursor is None


def test_a_reading_that_is_stopped_ends_with_its_reason(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(workflow)

    def stop(result: Any, keys: Any) -> None:
        add_pushes(result, keys)
        shutdown.requested.set()

    monkeypatch.setattr(workflows, "add_pushes", stop)
    try:
        tasks.read_workflow(run.pk)
    finally:
        shutdown.requested.clear()
    run.refresh_from_db()
    assert (run.pushes.count(), run.is_complete) == (20, True)
    assert "broke off" in run.reason
    assert Workflow.objects.get().cursor is None


def test_a_run_that_no_worker_has_claimed_is_ended_by_the_sweep_and_not_read_later(
    world: World, workflow: Workflow
) -> None:
    run = start(workflow)
    recover()
    assert not Run.objects.get().is_complete, "perhaps a worker comes"
    Run.objects.update(beat_at=Now() - timedelta(minutes=6))
    recover()
    run.refresh_from_db()
    assert (run.is_complete, run.status) == (True, RunStatus.FINISHED)
    assert "broke off" in run.reason
    tasks.read_workflow(run.pk)
    assert run.pushes.count() == 0


def test_a_run_is_read_from_the_source_it_was_started_for(world: World, workflow: Workflow) -> None:
    """The workflow was sent from another source to another vacancy before a worker came."""
    run = start(workflow)
    workflow.source, workflow.vacancy = world.source, world.vacancy("Développeur Python (H/F)")
    workflow.save()
    Workflow.objects.update(cursor=Now())
    tasks.read_workflow(run.pk)
    assert set(run.pushes.values_list("profile_key", flat=True)) == set(world.keys(60))
    assert not run.pushes.exclude(source=world.bulk).exists()
    before = Workflow.objects.get().cursor
    assert before and before > run.created_at, "the cursor of the new way stays where it was"


def test_a_run_whose_workflow_was_deleted_reads_nothing(world: World, workflow: Workflow) -> None:
    run = start(workflow)
    workflow.delete()
    tasks.read_workflow(run.pk)
    run.refresh_from_db()
    assert (run.status, run.pushes.count()) == (RunStatus.FINISHED, 0)
    assert "broke off" in run.reason


def test_a_workflow_that_is_deleted_while_it_is_read_leaves_a_finished_reading(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(workflow)

    def delete(result: Any, keys: Any) -> None:
        add_pushes(result, keys)
        Workflow.objects.all().delete()

    monkeypatch.setattr(workflows, "add_pushes", delete)
    tasks.read_workflow(run.pk)
    run.refresh_from_db()
    assert (run.is_complete, run.pushes.count()) == (True, 60)
