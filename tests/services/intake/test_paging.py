"""HrFlow shows only a part of a source: that part is read, people are told, nobody is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync.exceptions import CredentialsError, RetryableError
from sync.models import HrFlowSource, Profile, Workflow
from sync.services.intake.profiles import import_profiles
from sync.services.intake.workflows import run_workflow
from sync.services.peers import profile_pages
from sync.services.queue import notify, schedules
from sync.vocabulary.explanations import told
from tests.cases import Case
from tests.cases.reading.paging import CASES
from tests.conftest import World
from tests.desk import client_of, make_user
from tests.pushing import fault

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_lists(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RETENTION_DAYS = 36_500
    monkeypatch.setattr(profile_pages, "PAGE", 20)
    monkeypatch.setattr(profile_pages, "USUAL_DEPTH", 40)


def fresh(world: World) -> HrFlowSource:
    return HrFlowSource.objects.get(pk=world.bulk.pk)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_hrflow_shows_is_read_and_the_rest_is_not_gone(world: World, case: Case) -> None:
    count, is_cut = case.right
    world.sandbox.set_faults(**case.input)
    found = import_profiles(world.bulk)
    assert (found.created, found.is_cut) == (count, is_cut)
    assert fresh(world).import_is_cut is is_cut
    world.sandbox.set_faults()
    assert import_profiles(fresh(world), full=True).created == 60 - count
    assert not fresh(world).import_is_cut
    world.sandbox.set_faults(**case.input)
    again = import_profiles(fresh(world), full=True)
    assert (again.gone, Profile.objects.present().count()) == (0, 60)
    workflow = Workflow.objects.create(
        workflow_id="w", source=world.bulk, vacancy=world.vacancy(), read_mode="sync"
    )
    run = run_workflow(workflow)
    assert (run.created, "only a part" in told(run.run.reason)) == (count, is_cut)


def test_people_are_told_on_the_page_and_by_the_command(world: World, capsys: Any) -> None:
    from django.core.management import call_command

    world.sandbox.set_faults(list_depth=40)
    call_command("import_profiles", source=world.bulk.name)
    assert "HrFlow showed only a part of this source" in capsys.readouterr().out
    user = make_user("operator")
    user.is_superuser = True
    user.save()
    page = client_of(user).get(f"/admin/sync/hrflowsource/{world.bulk.pk}/change/")
    assert "HrFlow showed only a part of this source" in page.content.decode()
    client_of(user).get("/admin/sync/hrflowsource/")


@pytest.mark.parametrize(
    ("status", "error"), [(401, CredentialsError), (500, RetryableError), (429, RetryableError)]
)
def test_a_fault_in_the_middle_is_a_fault_and_no_end(
    world: World, status: int, error: type[Exception]
) -> None:
    world.sandbox.set_faults(
        fault("list", "status", status=status, times=None, retry_after=60, match={"page": "2"})
    )
    with pytest.raises(error):
        import_profiles(world.bulk)
    assert fresh(world).imported_at is None


def test_a_fault_beyond_the_usual_depth_is_an_end(world: World) -> None:
    """Search engines answer 500 there: it must not make every import fail."""
    world.sandbox.set_faults(fault("list", "status", status=500, times=None, match={"page": "3"}))
    found = import_profiles(world.bulk)
    assert (found.created, found.is_cut) == (40, True)


# --- failing imports ------------------------------------------------------------------------------


def failing(world: World) -> HrFlowSource:
    world.sandbox.set_faults(fault("list", "status", status=401, times=None))
    HrFlowSource.objects.filter(pk=world.bulk.pk).update(import_every_minutes=30)
    return fresh(world)


def test_an_import_that_fails_again_and_again_is_tried_less_and_less(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BREAKER_PAUSE_SECONDS = 60
    asked: list[int] = []
    monkeypatch.setattr(notify, "task", lambda _name, pk: bool(asked.append(pk)) or True)
    source, pauses = failing(world), []
    for _ in range(6):
        with pytest.raises(CredentialsError):
            import_profiles(source)
        source = fresh(world)
        assert source.import_retry_at
        pauses.append(round((source.import_retry_at - timezone.now()).total_seconds() / 60))
        schedules.notify_due()
        assert asked == []
    assert pauses == [1, 2, 4, 8, 15, 15]
    HrFlowSource.objects.update(import_retry_at=Now() - timedelta(seconds=1))
    schedules.notify_due()
    assert asked == [world.bulk.pk]
    world.sandbox.set_faults()
    import_profiles(fresh(world))
    assert (fresh(world).import_failures, fresh(world).import_retry_at) == (0, None)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_people_are_told_when_it_is_tried_again(world: World, language: str) -> None:
    with pytest.raises(CredentialsError):
        import_profiles(failing(world))
    user = make_user("operator")
    user.is_superuser = True
    user.save()
    address = f"/admin/sync/hrflowsource/{world.bulk.pk}/change/"
    page = client_of(user).get(address, headers={"accept-language": language}).content.decode()
    words = {"en": "It is tried again by itself from", "fr": "Un nouvel essai se fera de lui-même"}
    assert words[language] in page


def test_hrflow_is_not_asked_before_it_wants_to_be(world: World, settings: Any) -> None:
    settings.BREAKER_PAUSE_SECONDS = 1
    world.sandbox.set_faults(fault("list", "status", status=429, times=None, retry_after=300))
    with pytest.raises(RetryableError):
        import_profiles(world.bulk)
    at = fresh(world).import_retry_at
    assert at and at > timezone.now() + timedelta(seconds=250)
