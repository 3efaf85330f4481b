"""A workflow's runs: everything, or what is new; the cursor never runs ahead of the queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from sync.exceptions import CredentialsError, RetryableError
from sync.models import Push, Run, RunKind, RunStatus, Workflow
from sync.models.states import PushStatus
from sync.services import importing, workflows
from sync.services.dispatch import add_pushes
from sync.services.workflows import run_workflow
from sync.vocabulary import ReadMode
from tests.conftest import World
from tests.pushing import fault, finish, slow_clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PAGE", 20)


def make_workflow(world: World, **more: Any) -> Workflow:
    values = {"source": world.bulk, "vacancy": world.vacancy(), "read_mode": ReadMode.incremental}
    return Workflow.objects.create(workflow_id="accounting", **{**values, **more})


def now(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def test_the_first_run_queues_everything(world: World) -> None:
    workflow = make_workflow(world)
    result = run_workflow(workflow)
    assert result.created == 60
    assert (result.run.kind, result.run.workflow) == (RunKind.WORKFLOW, workflow)
    assert workflow.cursor and workflow.last_run_at
    assert result.run.is_complete


def test_the_next_one_takes_what_is_new(world: World) -> None:
    workflow = make_workflow(world)
    run_workflow(workflow)
    before = world.sandbox.requests()["list"]
    new = world.sandbox.add_profile("bulk")
    result = run_workflow(workflow)
    assert (result.created, result.run.pushes.get().profile_key) == (1, new)
    assert world.sandbox.requests()["list"] - before == 1


def test_a_profile_that_changed_is_not_pushed_twice(world: World) -> None:
    workflow = make_workflow(world)
    run_workflow(workflow)
    [key] = world.keys(1)
    world.sandbox.change_profile(key, "bulk", info={"phone": "+33 6 39 98 00 00"})
    result = run_workflow(workflow)
    assert (result.created, result.blocked) == (0, [key])
    assert result.run.status == RunStatus.FINISHED


def test_what_failed_and_was_mended_is_pushed_again(world: World) -> None:
    key = world.sandbox.add_profile("bulk", attachments=[])
    workflow = make_workflow(world, cursor=datetime.now(UTC) - timedelta(seconds=30))
    run_workflow(workflow)
    finish(world)
    assert Push.objects.get(profile_key=key).status == S.FAILED
    again = run_workflow(workflow)
    assert again.run.pushes.filter(profile_key=key).exists()


def test_sync_reads_everything_every_time(world: World) -> None:
    workflow = make_workflow(world, read_mode=ReadMode.sync)
    run_workflow(workflow)
    before = world.sandbox.requests()["list"]
    result = run_workflow(workflow)
    assert (result.created, len(result.blocked)) == (0, 60)
    assert world.sandbox.requests()["list"] - before == 3


def test_a_run_that_breaks_off_does_not_move_the_cursor(world: World) -> None:
    workflow = make_workflow(world)
    world.sandbox.set_faults(fault("list", "status", status=401, times=None, match={"page": "2"}))
    with pytest.raises(CredentialsError):
        run_workflow(workflow)
    workflow.refresh_from_db()
    assert workflow.cursor is None
    run = Run.objects.get()
    assert run.reason and run.is_complete
    assert run.pushes.count() == 20, "what was queued is queued"
    world.sandbox.set_faults()
    result = run_workflow(workflow)
    assert (result.created, len(result.blocked)) == (40, 20)
    assert workflow.cursor


def test_a_later_run_that_breaks_off_keeps_the_cursor_where_it_was(world: World) -> None:
    workflow = make_workflow(world)
    run_workflow(workflow)
    cursor = workflow.cursor
    new = world.sandbox.add_profile("bulk")
    world.sandbox.set_faults(fault("list", "status", status=500, times=None))
    with pytest.raises(RetryableError):
        run_workflow(workflow)
    workflow.refresh_from_db()
    assert workflow.cursor == cursor
    world.sandbox.set_faults()
    run_workflow(workflow)
    assert Push.objects.filter(profile_key=new).exists()


def test_the_cursor_moves_only_past_what_is_in_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = make_workflow(world)
    add = add_pushes

    def break_off(result: Any, keys: Any) -> None:
        add(result, keys)
        if result.created >= 40:
            raise KeyboardInterrupt

    monkeypatch.setattr(workflows, "add_pushes", break_off)
    with pytest.raises(KeyboardInterrupt):
        run_workflow(workflow)
    workflow.refresh_from_db()
    assert workflow.cursor is None
    assert Push.objects.count() == 20, "the page that broke off was not committed"
    monkeypatch.undo()
    monkeypatch.setattr(importing, "PAGE", 20)
    assert run_workflow(workflow).created == 40


def test_a_run_left_open_by_a_dead_process_is_closed_by_a_later_one(world: World) -> None:
    workflow = make_workflow(world)
    dead = Run.objects.create(
        kind=RunKind.WORKFLOW,
        workflow=workflow,
        started_at=Now() - timedelta(hours=7),
        is_complete=False,
    )
    run_workflow(workflow)
    Run.objects.finish_done()
    dead.refresh_from_db()
    assert dead.status == RunStatus.FINISHED


def test_a_run_works_under_the_rules_of_its_workflow(world: World) -> None:
    rule = {"name": "minimum_experience", "params": {"years": 10}}
    workflow = make_workflow(world, logics=[rule])
    result = run_workflow(workflow)
    assert result.run.logics == [rule]
    finish(world)
    states = set(result.run.pushes.values_list("status", flat=True))
    assert states == {S.SUCCEEDED, S.DISCARDED}
    result.run.refresh_from_db()
    events = result.run.events
    assert result.run.status == RunStatus.FINISHED
    assert events["write_success"] + events["logics_discard"] == events["read_success"] == 60
