"""A profile that HrFlow has archived is left out, however its push is asked for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync.models import Profile, Push, Workflow
from sync.models.states import PushStatus
from sync.services import Flatchr
from sync.services.intake.events import take_hrflow_events
from sync.services.intake.profiles import import_profiles
from sync.services.intake.workflows import run_workflow
from sync.services.pushing import command
from sync.vocabulary import ErrorCode
from tests.cases import Case
from tests.cases.reading.archived import CASES
from tests.conftest import World
from tests.pushing import finish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_retention(settings: Any) -> None:
    settings.RETENTION_DAYS = 36_500


def prepare(world: World, when: str) -> str:
    key = world.sandbox.add_profile("bulk")
    if when in ("before the import", "taken out again"):
        world.sandbox.archive_profile(key, "bulk")
    import_profiles(world.bulk)
    if when == "after the import":
        world.sandbox.archive_profile(key, "bulk")
    elif when == "taken out again":
        world.sandbox.change_profile(key, "bulk", archived_at=None)
    elif when == "deleted":
        world.sandbox.delete_profile(key, "bulk")
        world.bulk.refresh_from_db()
        import_profiles(world.bulk, full=True)
    return key


def ask(world: World, key: str, way: str) -> None:
    since = datetime.now(UTC) - timedelta(seconds=30)
    workflow = Workflow.objects.create(
        workflow_id="w", source=world.bulk, vacancy=world.vacancy(), cursor=since
    )
    if way == "command":
        command.queue(world.bulk, world.vacancy(), [key])
    elif way.startswith("event"):
        profile: dict[str, Any] = {"key": key, "source": {"key": world.bulk.source_key}}
        if way.endswith("profile"):
            [row] = [one for one in shown(world) if one["key"] == key]
            profile |= row
        take_hrflow_events(world.bulk, {"type": "profile.storing.success", "profile": profile})
    else:
        Workflow.objects.filter(pk=workflow.pk).update(read_mode=way)
        workflow.refresh_from_db()
        run_workflow(workflow)


def shown(world: World) -> list[dict[str, Any]]:
    from sync.services.peers.client_factory import hrflow_client
    from sync.services.peers.profile_pages import pages

    listed = pages(hrflow_client(world.bulk), world.bulk.source_key)
    return [one for page in listed for one in page.profiles]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_archived_profile_is_sent_on_no_way(world: World, case: Case) -> None:
    when, way = case.input
    key = prepare(world, when)
    ask(world, key, way)
    if when == "after queueing":
        world.sandbox.archive_profile(key, "bulk")
    finish(world)
    mine = Push.objects.filter(profile_key=key)
    assert Counter(mine.values_list("status", flat=True)) == Counter(case.right)
    assert {one.error_code for one in mine.filter(status=PushStatus.FAILED)} <= {
        ErrorCode.PROFILE_ARCHIVED
    }
    sent = {one["resume"].get("profile_key") for one in world.sandbox.received()}
    assert (key in sent) is ("succeeded" in case.right)


def test_a_command_tells_of_an_archived_profile_and_does_not_succeed(world: World) -> None:
    key = prepare(world, "before the import")
    report = command.queue(world.bulk, world.vacancy(), [key, world.keys(3)[2]])
    assert not report.is_success
    [line] = report.not_tried
    assert (line.key, line.code) == (key, ErrorCode.PROFILE_ARCHIVED)
    assert line in report.pushes
    [tried] = command.try_out(world.bulk, world.vacancy(), [key]).pushes
    assert tried.code == ErrorCode.PROFILE_ARCHIVED


def test_the_call_from_python_sends_nobody_archived(world: World) -> None:
    key = prepare(world, "after the import")
    result = Flatchr.push_profile(
        workflow_id="w",
        action_parameters={},
        origin_parameters={
            "api_secret": world.bulk.api_secret,
            "api_user": world.bulk.api_user,
            "source_key": world.bulk.source_key,
            "profile_key": key,
        },
        target_parameters={
            "auth": world.company.auth,
            "vacancy": world.vacancy().slug,
            "company": world.company.company,
        },
    )
    assert (result.status, result.code) == ("failed", ErrorCode.PROFILE_ARCHIVED)
    assert world.sandbox.received() == []


def test_whom_a_person_ticked_is_sent_where_the_index_was_out_of_date(world: World) -> None:
    """The desk leaves archived profiles out, and a tick overrules the index, not HrFlow."""
    key = prepare(world, "taken out again")
    assert Profile.objects.get(key=key).archived_at
    from sync.models import RunKind
    from sync.services.pushing.dispatch import dispatch

    dispatch(source=world.bulk, vacancy=world.vacancy(), keys=[key], kind=RunKind.BATCH)
    finish(world)
    assert Push.objects.get(profile_key=key).status == PushStatus.SUCCEEDED
