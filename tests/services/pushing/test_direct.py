"""The call of the seed connector: what it returns, also after a lost answer."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from sync.clients import flatchr_answers
from sync.models import Push, Run
from sync.services import Flatchr
from sync.vocabulary import ErrorCode
from tests import ROOT
from tests.pushing import CREATED_THEN_LOST, LOST_BEFORE, fault, lose_create
from tests.sandbox_fixture import SandboxHandle
from tests.services.pushing.direct_calls import parameters, push

# The seed's example, word for word, with its comma after the format and a format that returns.
EXAMPLE = """
import logging
from sync.services import Flatchr, ReadMode


logging.basicConfig(level=logging.INFO)


def my_format(profile):
    from sync.mapping.candidate import format_profile

    return format_profile(profile)


result = Flatchr.push_profile(
    workflow_id="some_string_identifier",
    action_parameters=dict(
        logics=[],
        format=my_format,  # Put your code logic here
        read_mode=ReadMode.sync,
    ),
    origin_parameters=dict(
        api_secret="your_api_secret",
        api_user="your_api_user",
        source_key="your_source_key",
        profile_key="your_profile_key",
    ),
    target_parameters=dict(
        auth="your_auth",
        vacancy="your_vacancy",
        company="your_company",
    )
)
print(result.status, result.events)
"""


# --- the example --------------------------------------------------------------------------------


def run_example(sandbox: SandboxHandle, script: str) -> subprocess.CompletedProcess[str]:
    """As an integrator does: a script of their own, at the project's root, nothing set up."""
    given = parameters(sandbox, sandbox.troubles["dates_1969"])
    for name, value in {**given["origin_parameters"], **given["target_parameters"]}.items():
        script = script.replace(f'"your_{name}"', repr(value))
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DJANGO")
    }
    environment |= {
        "HRFLOW_API_URL": sandbox.hrflow_url,
        "FLATCHR_API_URL": sandbox.flatchr_api_url,
        "FLATCHR_CAREERS_URL": sandbox.flatchr_careers_url,
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_seeds_example_runs_as_a_plain_script(sandbox: SandboxHandle) -> None:
    done = run_example(sandbox, EXAMPLE)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "succeeded {'read_success': 1, 'write_success': 1}\n"
    [applicant] = sandbox.received()
    assert applicant["resume"]["profile_key"] == sandbox.troubles["dates_1969"]
    assert sandbox.violations() == []
    said = done.stdout + done.stderr
    assert sandbox.api_secret not in said and sandbox.company()["auth"] not in said


def test_it_leaves_no_rows(sandbox: SandboxHandle, db: None) -> None:
    push(sandbox)
    assert (Push.objects.count(), Run.objects.count()) == (0, 0)


# --- what comes out -----------------------------------------------------------------------------


def test_a_success(sandbox: SandboxHandle) -> None:
    result = push(sandbox)
    assert (result.status, result.reason, result.code) == ("succeeded", "", "")
    assert result.events == {"read_success": 1, "write_success": 1}
    assert result.steps[0]["stage"] == "read"
    assert result.steps[-1]["stage"] == "create"


def test_a_second_call_finds_them_there(sandbox: SandboxHandle) -> None:
    push(sandbox)
    result = push(sandbox)
    assert (result.status, result.events) == (
        "already_there",
        {"read_success": 1, "already_there": 1},
    )
    assert len(sandbox.received()) == 1


FAILURES: list[tuple[str, str, dict[str, int]]] = [
    ("no_resume", ErrorCode.RESUME_MISSING, {"read_success": 1, "write_failure": 1}),
    ("no_name", ErrorCode.FORMAT_FAILED, {"read_success": 1, "format_failure": 1}),
    ("resume_12mb", ErrorCode.RESUME_TOO_LARGE, {"read_success": 1, "write_failure": 1}),
]


@pytest.mark.parametrize(("trouble", "code", "events"), FAILURES)
def test_a_failure_says_why(
    sandbox: SandboxHandle, trouble: str, code: str, events: dict[str, int]
) -> None:
    result = push(sandbox, trouble)
    assert (result.status, result.code, result.events) == ("failed", code, events)
    assert result.reason


def test_a_logic_that_says_no_is_named(sandbox: SandboxHandle) -> None:
    def only_night_shifts(candidate: dict[str, Any]) -> None:
        return None

    result = push(sandbox, logics=[only_night_shifts])
    assert result.status == "discarded" and "only_night_shifts" in result.reason
    assert result.events == {"read_success": 1, "logics_discard": 1}


def test_a_logic_sees_the_candidate_and_may_change_it(sandbox: SandboxHandle) -> None:
    def thank(candidate: dict[str, Any]) -> dict[str, Any]:
        return {**candidate, "comment": "Merci"}

    assert push(sandbox, logics=[thank]).status == "succeeded"
    assert sandbox.received()[0]["comment"] == "Merci"


def test_the_shape_of_the_seeds_time_is_taken(sandbox: SandboxHandle) -> None:
    def old_format(profile: dict[str, Any]) -> dict[str, Any]:
        from sync.mapping.candidate import format_profile

        return {"create_profile_body": format_profile(profile), "enrich_profile_body": {}}

    assert push(sandbox, format=old_format).status == "succeeded"


def test_a_format_that_returns_nothing_is_a_format_failure(sandbox: SandboxHandle) -> None:
    result = push(sandbox, format=lambda *args, **kwargs: None)
    assert (result.status, result.code) == ("failed", ErrorCode.FORMAT_EMPTY)
    assert result.events == {"read_success": 1, "format_failure": 1}


def test_a_logic_that_breaks_is_a_logics_failure(sandbox: SandboxHandle) -> None:
    result = push(sandbox, logics=[lambda candidate: candidate["no such field"]])
    assert (result.status, result.events) == ("failed", {"read_success": 1, "logics_failure": 1})


def test_the_log_says_where_a_logic_broke_and_nothing_of_the_person(
    sandbox: SandboxHandle, caplog: pytest.LogCaptureFixture
) -> None:
    seen = []

    def only_seniors(candidate: dict[str, Any]) -> dict[str, Any]:
        seen.append(candidate["lastname"])
        raise ValueError(candidate["lastname"])

    caplog.set_level("INFO", logger="sync")
    result = push(sandbox, logics=[only_seniors])
    assert result.status == "failed"
    lines = [record.getMessage() for record in caplog.records]
    assert any("in only_seniors" in line and "ValueError" in line for line in lines)
    assert seen[0] and not any(seen[0] in line for line in lines)


def test_who_looks_like_somebody_on_the_vacancy_is_not_sent(sandbox: SandboxHandle) -> None:
    """A couple with one e-mail: whether it is one person, a person would have to say."""
    assert push(sandbox, "shared_email_1").status == "succeeded"
    result = push(sandbox, "shared_email_2")
    assert (result.status, result.code) == ("failed", ErrorCode.LOOKALIKE)
    assert sandbox.requests()["create"] == 1
    assert push(sandbox, "shared_email_1").status == "already_there"


# --- lost answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", CREATED_THEN_LOST)
def test_a_lost_answer_is_looked_up_and_found(
    sandbox: SandboxHandle, settings: Any, how: str
) -> None:
    settings.HTTP_TIMEOUT_SECONDS = 1
    sandbox.set_faults(lose_create(CREATED_THEN_LOST[how]))
    result = push(sandbox)
    assert (result.status, result.events) == ("succeeded", {"read_success": 1, "write_success": 1})
    assert sandbox.requests()["create"] == 1


@pytest.mark.parametrize("how", LOST_BEFORE)
def test_a_lost_answer_is_never_sent_again(sandbox: SandboxHandle, settings: Any, how: str) -> None:
    settings.HTTP_TIMEOUT_SECONDS = 1
    sandbox.set_faults(lose_create(LOST_BEFORE[how]))
    result = push(sandbox)
    assert (result.status, result.code) == ("unconfirmed", ErrorCode.FLATCHR_AMBIGUOUS)
    assert sandbox.requests()["create"] == 1
    assert sandbox.received() == []


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_look_up_that_fails_does_not_make_a_lost_answer_certain(
    sandbox: SandboxHandle, status: int
) -> None:
    rules = [fault("search", "latency", times=2, delay_ms=0)]  # those before the create
    rules.append(fault("search", "status", status=status, times=None))
    sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]), *rules)
    result = push(sandbox)
    assert (result.status, result.code) == ("unconfirmed", ErrorCode.FLATCHR_AMBIGUOUS)


@pytest.mark.parametrize("endpoint", ["read", "file", "search", "vacancies", "create"])
def test_what_certainly_had_no_effect_is_tried_again(sandbox: SandboxHandle, endpoint: str) -> None:
    sandbox.set_faults(fault(endpoint, "status", status=429, times=2))
    assert push(sandbox).status == "succeeded"
    assert len(sandbox.received()) == 1


def test_trying_again_has_an_end(sandbox: SandboxHandle, settings: Any) -> None:
    settings.PUSH_MAX_ATTEMPTS = 2
    sandbox.set_faults(fault("read", "status", status=500, times=None))
    result = push(sandbox)
    assert (result.status, result.code) == ("failed", ErrorCode.HRFLOW_FAULT)
    assert sandbox.requests()["read"] == 2


def test_an_applicant_of_another_vacancy_with_the_same_title_is_another(
    sandbox: SandboxHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flatchr documents no number of the vacancy in what a search finds, only its title."""
    read = flatchr_answers._applicant
    unnumbered = lambda item: replace(read(item), vacancy_id=None)  # noqa: E731
    monkeypatch.setattr(flatchr_answers, "_applicant", unnumbered)
    titles = [v["title"] for v in sandbox.vacancies]
    title = next(title for title in titles if titles.count(title) > 1)
    here, there = [v["slug"] for v in sandbox.vacancies if v["title"] == title][:2]
    assert here != there
    given = parameters(sandbox, sandbox.troubles["dates_1969"])
    given["target_parameters"]["vacancy"] = here
    assert Flatchr.push_profile(**given).status == "succeeded"
    given["target_parameters"]["vacancy"] = there
    assert Flatchr.push_profile(**given).status == "succeeded"
    assert Flatchr.push_profile(**given).status == "already_there"


def test_nobody_waits_an_hour_for_a_call(
    sandbox: SandboxHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("sync.services.pushing.direct.time.sleep", slept.append)
    sandbox.set_faults(fault("create", "status", status=429, retry_after=3600, times=None))
    result = push(sandbox)
    assert (result.status, result.code) == ("failed", ErrorCode.FLATCHR_RATE_LIMITED)
    assert slept == []
