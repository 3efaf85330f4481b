"""Imports and workflows that people have set to happen by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sync import tasks
from sync.models import HrFlowSource, Push, Workflow
from sync.services.queue import notify, schedules
from tests.conftest import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("minutes_ago", "notified"), [(None, 1), (31, 1), (5, 0)])
def test_it_notifies_of_an_import_whose_interval_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch, minutes_ago: int | None, notified: int
) -> None:
    notifications: list[tuple[str, int]] = []
    monkeypatch.setattr(
        notify, "async_task", lambda task, pk, **_: notifications.append((task, pk))
    )
    last = timezone.now() - timedelta(minutes=minutes_ago) if minutes_ago else None
    HrFlowSource.objects.filter(pk=world.bulk.pk).update(import_every_minutes=30, imported_at=last)
    schedules.notify_due()
    schedules.notify_due()
    assert notifications == [(notify.IMPORT, world.bulk.pk)] * notified


def test_a_workflow_delivered_twice_runs_once(world: World) -> None:
    workflow = Workflow.objects.create(
        workflow_id="w", source=world.bulk, vacancy=world.vacancy(), every_minutes=60
    )
    tasks.run_workflow(workflow.pk)
    tasks.run_workflow(workflow.pk)
    assert workflow.run_set.count() == 1
    assert Push.objects.count() == 60


def test_a_workflow_that_is_switched_off_does_not_run(world: World) -> None:
    workflow = Workflow.objects.create(
        workflow_id="w",
        source=world.bulk,
        vacancy=world.vacancy(),
        every_minutes=60,
        is_active=False,
    )
    tasks.run_workflow(workflow.pk)
    assert Push.objects.count() == 0


def test_every_installation_has_a_sweep() -> None:
    from django_q.models import Schedule

    schedules.ensure_schedules()
    schedules.ensure_schedules()
    assert Schedule.objects.filter(func="sync.tasks.sweep").count() == 1
