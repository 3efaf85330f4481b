"""A workflow's runs: everything, or what is new; the cursor never runs ahead of the queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync import tasks
from sync.exceptions import CredentialsError, RetryableError
from sync.models import Push, Run, RunKind, RunStatus, Workflow
from sync.models.states import PushStatus
from sync.services.intake import workflows
from sync.services.intake.workflows import run_workflow
from sync.services.peers import profile_pages
from sync.services.pushing.dispatch import add_pushes
from sync.services.queue import shutdown
from sync.services.queue.recovery import recover
from sync.vocabulary import ReadMode
from tests.conftest import World
from tests.pushing import fault, finish, slow_clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_pages, "PAGE", 20)


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
    assert run_workflow(workflow).blocked == [key], "as it was, it would fail again"
    world.sandbox.change_profile(key, "bulk", info={"summary": "mended"})
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
    monkeypatch.setattr(profile_pages, "PAGE", 20)
    assert run_workflow(workflow).created == 40


def test_a_run_whose_reader_died_is_finished_by_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = make_workflow(world)

    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workflows, "_move_cursor", die)
    with pytest.raises(KeyboardInterrupt):
        run_workflow(workflow)
    finish(world)
    recover()
    assert Run.objects.get().status == RunStatus.RUNNING, "perhaps it still reads"
    Run.objects.update(beat_at=Now() - timedelta(minutes=6))
    recover()
    run = Run.objects.get()
    assert (run.status, run.events["write_success"]) == (RunStatus.FINISHED, 60)
    assert "broke off" in run.reason


def test_a_run_that_reads_for_hours_shows_that_it_lives(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow, add = make_workflow(world), add_pushes

    def slowly(result: Any, keys: Any) -> None:
        recover()
        assert not Run.objects.get().is_complete
        Run.objects.update(started_at=Now() - timedelta(hours=2))
        add(result, keys)

    monkeypatch.setattr(workflows, "add_pushes", slowly)
    assert run_workflow(workflow).created == 60


def test_a_run_that_is_stopped_goes_on_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow, add = make_workflow(world, every_minutes=60), add_pushes

    def stop(result: Any, keys: Any) -> None:
        add(result, keys)
        shutdown.requested.set()

    monkeypatch.setattr(workflows, "add_pushes", stop)
    try:
        tasks.run_workflow(workflow.pk)
    finally:
        shutdown.requested.clear()
    run = Run.objects.get()
    assert (run.pushes.count(), run.is_complete) == (20, True)
    assert "broke off" in run.reason
    workflow.refresh_from_db()
    assert workflow.cursor is None
    monkeypatch.setattr(workflows, "add_pushes", add)
    tasks.run_workflow(workflow.pk)
    assert Push.objects.count() == 60


def test_a_profile_from_the_future_does_not_take_the_cursor_there(world: World) -> None:
    workflow = make_workflow(world)
    world.sandbox.add_profile("bulk", updated_at="2099-01-01T00:00:00+00:00")
    run_workflow(workflow)
    assert workflow.cursor and workflow.cursor <= timezone.now()
    new = world.sandbox.add_profile("bulk")
    result = run_workflow(workflow)
    assert result.run.pushes.get().profile_key == new


@pytest.mark.parametrize("fields", [None, ["vacancy"]])
def test_a_workflow_sent_another_way_begins_anew(world: World, fields: list[str] | None) -> None:
    workflow = make_workflow(world)
    run_workflow(workflow)
    workflow.vacancy = world.vacancy("Développeur Python (H/F)")
    workflow.save(update_fields=fields)
    assert run_workflow(Workflow.objects.get()).created == 60


def test_a_run_that_began_the_old_way_moves_no_cursor_of_the_new(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow, add = make_workflow(world), add_pushes

    def send_elsewhere(result: Any, keys: Any) -> None:
        add(result, keys)
        changed = Workflow.objects.get()
        changed.vacancy = world.vacancy("Développeur Python (H/F)")
        changed.save()

    monkeypatch.setattr(workflows, "add_pushes", send_elsewhere)
    run_workflow(workflow)
    assert Workflow.objects.get().cursor is None


def test_a_key_that_is_too_long_is_left_out_and_told(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.sandbox.add_profile("bulk", key="k" * 65)
    assert run_workflow(make_workflow(world)).created == 60
    assert "more than 64 characters" in caplog.text


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
