"""The commands: exit status 0 only when all of it happened, and JSON for machines."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from sync.management.commands.push import Command
from sync.models import (
    FlatchrCompany,
    FlatchrVacancy,
    HrFlowSource,
    Profile,
    Push,
    Run,
    WorkerGroup,
)
from sync.models.states import PushStatus
from sync.services import batch
from tests.bells import Bells, bells
from tests.conftest import World
from tests.pushing import fault, finish, slow_clock

pytestmark = pytest.mark.django_db
__all__ = ["bells", "slow_clock"]
S = PushStatus


class Ran:
    """A command's exit status and what it wrote."""

    def __init__(self, name: str, *arguments: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.status, self.problem = 0, ""
        try:
            call_command(name, *arguments, stdout=out, stderr=err)
        except SystemExit as exit_:
            self.status = int(exit_.code or 0)
        except CommandError as error:
            self.status, self.problem = error.returncode, str(error)
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def json(self) -> dict[str, Any]:
        """Exactly one object, and nothing else."""
        return dict(json.loads(self.out))


def push(world: World, *arguments: str, source: str = "bulk") -> Ran:
    where = ["--source", source, "--vacancy", world.vacancy().slug]
    return Ran("push", *where, *arguments)


def keys(world: World, count: int) -> list[str]:
    found = world.keys(count)
    return [flag for key in found for flag in ("--profile-key", key)]


@pytest.fixture
def worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker comes by between two polls of `--wait`."""
    monkeypatch.setattr("sync.services.batch.time.sleep", lambda _: world.work())


# --- push ---------------------------------------------------------------------------------------


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
    report_of = batch.report_of

    def meanwhile(*args: Any, **more: Any) -> batch.Report:
        report = report_of(*args, **more)
        report.pushes = [dataclasses.replace(line, status=status) for line in report.pushes]
        return report

    monkeypatch.setattr(batch, "report_of", meanwhile)
    ran = push(world, *keys(world, 2), "--json")
    assert (ran.status, ran.json["success"]) == (0, True)


@pytest.mark.usefixtures("worker")
def test_wait_ends_with_every_push(world: World) -> None:
    ran = push(world, *keys(world, 5), "--wait", "--json")
    assert (ran.status, ran.json["counts"]) == (0, {"succeeded": 5})
    assert len(world.sandbox.received()) == 5


@pytest.mark.usefixtures("worker")
def test_wait_is_a_failure_where_one_push_failed(world: World) -> None:
    flags = ["--profile-key", world.key("no_resume"), "--profile-key", world.key("dates_1969")]
    ran = push(world, *flags, "--wait", source="main")
    assert ran.status == 1
    assert "1 failed, 1 in Flatchr" in ran.out
    assert "no CV" in ran.out


@pytest.mark.usefixtures("worker")
def test_who_was_already_there_counts_as_done(world: World) -> None:
    key = world.sandbox.add_profile("bulk", info={"email": "zoe@example.org"})
    info = world.sandbox.change_profile(key, "bulk")["info"]
    world.sandbox.add_applicant(
        world.vacancy().slug,
        firstname=info["first_name"],
        lastname=info["last_name"],
        email="zoe@example.org",
    )
    ran = push(world, "--profile-key", key, "--wait", "--json")
    assert (ran.status, ran.json["counts"]) == (0, {"already_there": 1})


@pytest.mark.usefixtures("worker", "slow_clock")
@pytest.mark.parametrize("endpoint", ["create", "read"])
def test_wait_does_not_wait_for_a_paused_account(world: World, endpoint: str) -> None:
    flags = keys(world, 6)
    world.sandbox.set_faults(fault(endpoint, "status", status=401, times=None))
    ran = push(world, *flags, "--wait", "--json")
    assert ran.status == 1
    assert "paused" in ran.json["problem"]


@pytest.mark.usefixtures("slow_clock")
def test_wait_does_not_need_the_doorbell(
    world: World, bells: Bells, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bell got lost: while it waits, the command sweeps, and so rings again."""
    monkeypatch.setattr(batch, "SWEEP_SECONDS", 0.0)

    def sleep(_: float) -> None:
        if bells.count:
            world.work()

    monkeypatch.setattr("sync.services.batch.time.sleep", sleep)
    ran = push(world, *keys(world, 1), "--wait", "--json")
    assert ran.json["counts"] == {"succeeded": 1}


def test_wait_does_not_wait_for_a_worker_that_nobody_started(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEARTBEAT_STALE_SECONDS = 2
    long_ago = Now() - timedelta(minutes=5)
    WorkerGroup.objects.create(worker_id="dead", host="h", beat_at=long_ago)
    ran = push(world, *keys(world, 2), "--wait", "--json")
    assert (ran.status, ran.json["counts"]) == (1, {"queued": 2})
    assert "No worker is running" in ran.json["problem"]
    assert Push.objects.due().count() == 2, "what is queued stays queued"


def test_wait_goes_on_while_a_worker_is_busy(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEARTBEAT_STALE_SECONDS = 0.2
    WorkerGroup.objects.create(worker_id="w", host="h")
    turns = iter([*range(5), None])

    def sleep(_: float) -> None:
        WorkerGroup.objects.update(beat_at=Now())
        if next(turns) is None:
            world.work()
        threading.Event().wait(0.1)

    monkeypatch.setattr("sync.services.batch.time.sleep", sleep)
    ran = push(world, *keys(world, 1), "--wait", "--json")
    assert ran.json["counts"] == {"succeeded": 1}


def test_an_unconfirmed_push_is_no_success(world: World) -> None:
    result = world.dispatch(*world.keys(1), source=world.bulk)
    [claimed] = Push.objects.claim(1)
    claimed.begin_create(firstname="A", lastname="B", email="", phone="")
    from sync.exceptions import PermanentError
    from sync.vocabulary import ErrorCode

    claimed.leave_to_person(PermanentError(ErrorCode.FLATCHR_AMBIGUOUS))
    report = batch.report_of(result, asked=1, waited=True)
    assert not report.is_success
    assert report.pushes[0].code == ErrorCode.FLATCHR_AMBIGUOUS


# --- wrong calls --------------------------------------------------------------------------------


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


# --- the others ---------------------------------------------------------------------------------


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


def test_json_says_what_is_wrong_with_the_call_as_an_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        call_command("push", "--source", "nobody", "--vacancy", "none", "--all", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (stopped.value.code, report["success"]) == (1, False)
    assert "nobody" in report["problem"]
