"""`push`: queues what was asked for and says so, also as JSON."""

from __future__ import annotations

import dataclasses
import io
import time
from pathlib import Path
from typing import Any

import pytest

from sync.models import FlatchrCompany, FlatchrVacancy, Profile, Push, Run
from sync.models.states import PushStatus
from sync.services.pushing import command
from tests.commands.command_calls import Ran, keys, push
from tests.conftest import World
from tests.pushing import finish

pytestmark = pytest.mark.django_db
S = PushStatus


def test_push_returns_once_everything_is_queued(world: World) -> None:
    ran = push(world, *keys(world, 3))
    assert ran.status == 0
    assert "3 asked" in ran.out and "3 waiting" in ran.out
    assert set(Push.objects.values_list("status", flat=True)) == {S.QUEUED}


def test_push_all_takes_what_hrflow_lists(world: World) -> None:
    assert not Profile.objects.exists(), "no import is needed for it"
    ran = push(world, "--all", "--json")
    assert (ran.status, ran.json["asked"], len(ran.json["pushes"])) == (0, 60, 60)


def test_push_takes_keys_from_a_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("\n".join(["", *world.keys(2), *world.keys(1), " ", ""]))
    ran = push(world, "--keys-file", str(path), "--json")
    assert (ran.status, ran.json["asked"]) == (0, 2)


def test_push_takes_keys_from_stdin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(world.keys(2))))
    assert push(world, "--keys-file", "-", "--json").json["asked"] == 2


@pytest.mark.parametrize("content", [None, "", "\n \n"])
def test_a_file_without_keys_is_told(world: World, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "keys"
    if content is not None:
        path.write_text(content)
    ran = push(world, "--keys-file", str(path))
    assert ran.status != 0 and "file" in ran.problem
    assert not Run.objects.exists()


def test_json_is_one_object_and_nothing_else(world: World) -> None:
    ran = push(world, *keys(world, 2), "--json")
    assert ran.out.count("\n") == 1
    report = ran.json
    assert report["success"] is True
    assert report["counts"] == {"queued": 2}
    assert report["run"] == Run.objects.get().pk
    assert {line["key"] for line in report["pushes"]} == set(world.keys(2))
    assert set(report["pushes"][0]) == {"key", "name", "status", "code", "reason"}


def test_what_is_blocked_did_not_happen(world: World) -> None:
    push(world, *keys(world, 2))
    ran = push(world, *keys(world, 3), "--json")
    assert ran.status == 1
    assert (ran.json["blocked"], ran.json["counts"], ran.json["success"]) == (
        2,
        {"queued": 1},
        False,
    )


def test_a_dry_run_sends_and_queues_nothing(world: World) -> None:
    ran = push(world, *keys(world, 3), "--dry-run", "--json")
    assert (ran.status, ran.json["counts"]) == (0, {"ready": 3})
    requests = world.sandbox.requests()
    assert "create" not in requests and "search" not in requests and "test" not in requests
    assert not Push.objects.exists() and not Run.objects.exists()


def test_a_dry_run_says_what_would_fail(world: World) -> None:
    flags = ["--profile-key", world.key("no_resume"), "--profile-key", world.key("dates_1969")]
    ran = push(world, *flags, "--dry-run", "--json", source="main")
    assert (ran.status, ran.json["counts"]) == (1, {"failed": 1, "ready": 1})
    [failed] = [line for line in ran.json["pushes"] if line["status"] == "failed"]
    assert (failed["code"], failed["key"]) == ("resume_missing", world.key("no_resume"))
    assert failed["reason"]


@pytest.mark.parametrize("state", [{"is_active": False}, {}])
def test_a_dry_run_knows_what_is_closed(world: World, state: dict[str, bool]) -> None:
    flags = keys(world, 2)
    where = ["--source", "bulk", "--vacancy", world.vacancy().slug]
    world.sandbox.clear()
    if state:
        FlatchrCompany.objects.update(**state)
    else:
        FlatchrVacancy.objects.update(is_open=False)
    ran = Ran("push", *where, *flags, "--dry-run", "--json")
    code = "company_inactive" if state else "vacancy_closed"
    assert (ran.status, {line["code"] for line in ran.json["pushes"]}) == (1, {code})
    assert world.sandbox.requests() == {}, "what our own rows know needs no request"


def test_a_dry_run_keeps_hrflows_limit(world: World, settings: Any) -> None:
    flags = keys(world, 4)
    settings.HRFLOW_REQUESTS_PER_MINUTE = 300
    begun = time.monotonic()
    assert push(world, *flags, "--dry-run").status == 0
    assert time.monotonic() - begun > 0.5


@pytest.mark.parametrize("status", ["running", "retrying", "failed"])
def test_what_a_worker_has_taken_up_already_was_queued(
    world: World, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    report_of = command.report_of

    def meanwhile(*args: Any, **more: Any) -> command.Report:
        report = report_of(*args, **more)
        report.pushes = [dataclasses.replace(line, status=status) for line in report.pushes]
        return report

    monkeypatch.setattr(command, "report_of", meanwhile)
    ran = push(world, *keys(world, 2), "--json")
    assert (ran.status, ran.json["success"]) == (0, True)


def test_a_whole_source_arrives_each_with_its_own_cv(world: World) -> None:
    ran = push(world, "--all", "--json")
    assert ran.status == 0
    finish(world)
    received = world.sandbox.received()
    assert len(received) == 60
    by_email = {push.candidate_email: push.profile_key for push in Push.objects.all()}
    for one in received:
        assert one["resume"]["profile_key"] == by_email[one["email"]]
    assert world.sandbox.violations() == []
