"""`import_profiles`, `sync_vacancies` and `check_connections` say what they found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Run, Workflow
from tests.commands.command_calls import Ran
from tests.conftest import World
from tests.pushing import fault

pytestmark = pytest.mark.django_db


def test_import_profiles_says_what_it_found(world: World, settings: Any) -> None:
    settings.RETENTION_DAYS = 36_500
    ran = Ran("import_profiles", "--source", "bulk")
    assert ran.status == 0 and "60 new, 0 changed" in ran.out
    assert "0 gone" in Ran("import_profiles", "--source", "bulk", "--full").out


def test_import_profiles_says_what_went_wrong(world: World) -> None:
    assert "nonsense" in Ran("import_profiles", "--source", "nonsense").problem
    HrFlowSource.objects.filter(name="bulk").update(import_beat_at=Now())
    ran = Ran("import_profiles", "--source", "bulk")
    assert ran.status == 1 and "at work" in ran.problem
    HrFlowSource.objects.update(import_beat_at=Now() - timedelta(hours=1))
    world.sandbox.set_faults(fault("list", "status", status=401, times=None))
    ran = Ran("import_profiles", "--source", "bulk")
    assert ran.status == 1 and "HrFlow" in ran.problem


def test_sync_vacancies_says_what_it_found(world: World) -> None:
    FlatchrVacancy.objects.all().delete()
    ran = Ran("sync_vacancies", "--company", world.company.name)
    assert ran.status == 0 and "6 new vacancies, 0 changed, 0 closed" in ran.out
    ran = Ran("sync_vacancies", "--company", "nonsense")
    assert ran.status == 1 and world.company.name in ran.problem
    world.sandbox.set_faults(fault("vacancies", "status", status=401, times=None))
    assert "Flatchr" in Ran("sync_vacancies", "--company", world.company.name).problem


def test_check_connections_tells_each_account(world: World) -> None:
    ran = Ran("check_connections")
    assert (ran.status, ran.out.count("ok ")) == (0, 3)
    world.company.auth = "wrong-key"
    world.company.save()
    ran = Ran("check_connections")
    assert (ran.status, ran.out.count("ok "), ran.out.count("FAILED")) == (1, 2, 1)
    assert "wrong-key" not in ran.out


def test_check_connections_leaves_what_is_switched_off(world: World) -> None:
    FlatchrCompany.objects.update(is_active=False)
    HrFlowSource.objects.update(is_active=False)
    ran = Ran("check_connections")
    assert ran.status == 1 and "Nothing is set up" in ran.out


def test_run_workflow_queues_the_profiles_of_its_source(world: World) -> None:
    Workflow.objects.create(workflow_id="night", source=world.bulk, vacancy=world.vacancy())
    ran = Ran("run_workflow", "--workflow", "night")
    run = Run.objects.get()
    assert (ran.status, run.pushes.count()) == (0, 60)
    assert f"Run {run.pk}: 60 pushes queued" in ran.out
    assert "night" in Ran("run_workflow", "--workflow", "day").problem
    world.sandbox.set_faults(fault("list", "status", status=401, times=None))
    assert "HrFlow" in Ran("run_workflow", "--workflow", "night").problem
