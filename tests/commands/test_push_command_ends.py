"""How the command ends when somebody stops it, and what it says of what it does not push."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sync.management.commands.push import Command
from sync.models import FlatchrVacancy, Push, Run
from sync.services.pushing import command
from tests import ROOT
from tests.commands.command_calls import Ran, push
from tests.conftest import World

pytestmark = pytest.mark.django_db


def test_blocked_keys_are_named(world: World) -> None:
    first, second = world.keys(2)
    world.push(first, source=world.bulk)
    ran = push(world, "--profile-key", first, "--profile-key", second, "--json")
    assert (ran.json["blocked"], ran.json["blocked_keys"]) == (1, [first])


def test_a_closed_vacancy_is_said_at_once(world: World) -> None:
    slug = world.vacancy().slug
    FlatchrVacancy.objects.update(is_open=False)
    ran = Ran("push", "--source", "bulk", "--vacancy", slug, "--all", "--json")
    assert ran.status == 1 and "closed" in ran.json["problem"]
    assert not Push.objects.exists() and not Run.objects.exists()


def test_ctrl_c_while_waiting_names_the_run_that_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "wait_for", interrupt)
    errors = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(
            Command(),
            source=world.bulk.name,
            vacancy=world.vacancy().slug,
            profile_key=world.keys(1),
            wait=True,
            stderr=errors,
        )
    assert end.value.code == 130
    assert f"Run {Run.objects.get().pk} goes on" in errors.getvalue()
    assert Push.objects.count() == 1


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """`push … | head` closes the pipe before the report is written."""
    code = (
        "import django; django.setup()\n"
        "from sync.management.commands.push import Command\n"
        "from sync.services.pushing.command import Line, Report\n"
        "LINES = [Line('k' * 200, '', 'queued')] * 9999\n"
        "c = Command(); c._report = lambda o: Report(1, pushes=LINES)\n"
        "c.handle(json=False)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "connector_site.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert "Traceback" not in errors and "BrokenPipe" not in errors


def test_a_wrong_name_is_still_a_command_error(world: World) -> None:
    with pytest.raises(CommandError):
        call_command(Command(), source="none", vacancy="x", profile_key=["k"])
