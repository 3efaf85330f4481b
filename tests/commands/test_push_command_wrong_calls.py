"""`push` with wrong arguments says what is wrong, also as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from sync.management.commands.push import Command
from sync.models import FlatchrCompany, FlatchrVacancy, Run
from tests.commands.command_calls import Ran, push
from tests.conftest import World
from tests.pushing import fault

pytestmark = pytest.mark.django_db


def test_an_unknown_source_is_told_with_those_there_are(world: World) -> None:
    ran = push(world, "--all", source="nonsense")
    assert ran.status == 1
    assert "nonsense" in ran.problem and "bulk" in ran.problem and "main" in ran.problem
    assert ran.out == ""


def test_without_any_source_it_says_so(db: None) -> None:
    ran = Ran("push", "--source", "x", "--vacancy", "y", "--all")
    assert "none" in ran.problem


def test_an_unknown_vacancy_is_told_with_what_to_do(world: World) -> None:
    ran = Ran("push", "--source", "bulk", "--vacancy", "nonsense", "--all")
    assert ran.status == 1
    assert "nonsense" in ran.problem and "sync_vacancies" in ran.problem


def test_a_slug_of_two_companies_is_told(world: World) -> None:
    other = FlatchrCompany.objects.create(name="other", company="other", auth="key")
    slug = world.vacancy().slug
    FlatchrVacancy.objects.create(company=other, slug=slug, title="Comptable")
    assert "Several" in push(world, "--all").problem


@pytest.mark.parametrize("arguments", [[], ["--all", "--profile-key", "x"]])
def test_what_to_push_must_be_said_once(world: World, arguments: list[str]) -> None:
    assert push(world, *arguments).status != 0
    assert not Run.objects.exists()


@pytest.mark.parametrize("by_file", [False, True])
def test_a_key_that_is_too_long_is_told(world: World, tmp_path: Path, by_file: bool) -> None:
    path = tmp_path / "keys"
    path.write_text("k" * 100)
    flags = ["--keys-file", str(path)] if by_file else ["--profile-key", "k" * 100]
    ran = push(world, *flags, "--json")
    assert (ran.status, ran.json["success"]) == (1, False)
    assert "at most 64 characters" in ran.json["problem"]
    assert not Run.objects.exists()


@pytest.mark.parametrize("arguments", [["--json"], ["--json", "--source", "s", "--nonsense"]])
def test_a_wrong_call_is_told_as_json_too(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "push", *arguments])
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (ended.value.code, report["success"], err) == (2, False, "")
    assert "required" in report["problem"]


def test_a_wrong_call_without_json_is_told_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "push"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert "--source" in err


def test_hrflow_being_away_is_told_and_queues_nothing(world: World) -> None:
    world.sandbox.set_faults(fault("list", "status", status=401, times=None))
    ran = push(world, "--all", "--json")
    assert ran.status == 1 and "HrFlow" in ran.json["problem"]
    assert not Run.objects.exists()


def test_json_says_what_is_wrong_with_the_call_as_an_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        call_command("push", "--source", "nobody", "--vacancy", "none", "--all", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (stopped.value.code, report["success"]) == (1, False)
    assert "nobody" in report["problem"]
