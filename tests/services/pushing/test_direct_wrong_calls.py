"""The call of the seed connector: wrong, missing and unknown parameters."""

from __future__ import annotations

import pytest

from sync.services import Flatchr
from sync.vocabulary import ErrorCode
from tests.sandbox_fixture import SandboxHandle
from tests.services.pushing.direct_calls import parameters, push

WRONG: list[tuple[str, str, str, dict[str, int]]] = [
    ("origin_parameters", "profile_key", ErrorCode.PROFILE_NOT_FOUND, {"read_failure": 1}),
    ("origin_parameters", "api_secret", ErrorCode.HRFLOW_CREDENTIALS, {"read_failure": 1}),
    (
        "target_parameters",
        "auth",
        ErrorCode.FLATCHR_CREDENTIALS,
        {"read_success": 1, "write_failure": 1},
    ),
    (
        "target_parameters",
        "vacancy",
        ErrorCode.FLATCHR_NOT_FOUND,
        {"read_success": 1, "write_failure": 1},
    ),
]


@pytest.mark.parametrize(("group", "name", "code", "events"), WRONG)
def test_a_wrong_parameter_is_told(
    sandbox: SandboxHandle, group: str, name: str, code: str, events: dict[str, int]
) -> None:
    given = parameters(sandbox, sandbox.troubles["dates_1969"])
    given[group][name] = "wrong-wrong-wrong"
    result = Flatchr.push_profile(**given)
    assert (result.status, result.code, result.events) == ("failed", code, events)
    assert name not in ("api_secret", "auth") or "wrong-wrong" not in str(result.steps)


REQUIRED = [
    ("origin_parameters", "api_secret"),
    ("origin_parameters", "api_user"),
    ("origin_parameters", "source_key"),
    ("origin_parameters", "profile_key"),
    ("target_parameters", "auth"),
    ("target_parameters", "vacancy"),
    ("target_parameters", "company"),
]


@pytest.mark.parametrize(("group", "name"), REQUIRED)
@pytest.mark.parametrize("how", ["missing", "None", "empty"])
def test_what_is_missing_is_named(sandbox: SandboxHandle, group: str, name: str, how: str) -> None:
    given = parameters(sandbox, "key")
    del given[group][name]
    if how != "missing":
        given[group][name] = None if how == "None" else ""
    with pytest.raises(TypeError, match=rf"{group}.*{name}"):
        Flatchr.push_profile(**given)
    assert sandbox.requests() == {}


@pytest.mark.parametrize("group", ["action_parameters", "origin_parameters", "target_parameters"])
def test_what_nobody_knows_is_named(sandbox: SandboxHandle, group: str) -> None:
    given = parameters(sandbox, "key")
    given[group]["vacancies"] = "typo"
    with pytest.raises(TypeError, match="vacancies"):
        Flatchr.push_profile(**given)


def test_an_unknown_read_mode_is_a_wrong_call(sandbox: SandboxHandle) -> None:
    with pytest.raises(ValueError, match="sometimes"):
        push(sandbox, read_mode="sometimes")


def test_the_parameters_of_the_action_are_all_optional(sandbox: SandboxHandle) -> None:
    given = parameters(sandbox, sandbox.troubles["dates_1969"])
    given["action_parameters"] = {}
    assert Flatchr.push_profile(**given).status == "succeeded"
