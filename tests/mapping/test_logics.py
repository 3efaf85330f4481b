from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings

from sync.exceptions import FormattingError, PermanentError
from sync.mapping.candidate import Candidate, format_profile, normalise_result
from sync.mapping.parameters import Parameter, ParameterKind
from sync.mapping.pipeline import LogicOutcome, run_format, run_logics
from sync.mapping.registry import (
    Entry,
    Registry,
    formats,
    logics,
    register_format,
    register_logic,
    resolve_format,
    resolve_logics,
    validate_format,
    validate_logics,
)
from sync.vocabulary import ErrorCode
from tests.mapping.mutations import damaged_profiles
from tests.mapping.profiles import full_profile

SHIPPED = [
    "all_skills",
    "any_skill",
    "has_email",
    "has_phone",
    "has_resume",
    "lives_in",
    "minimum_experience",
    "not_refused",
    "updated_within",
]


def candidate_of(profile: dict[str, Any]) -> Candidate:
    return normalise_result(format_profile(profile), profile)


def passes(profile: dict[str, Any], name: str, **params: Any) -> bool:
    chosen = resolve_logics([{"name": name, "params": params}])
    return run_logics(candidate_of(profile), chosen).candidate is not None


def test_the_shipped_rules_and_format_are_registered_and_described() -> None:
    entries = {entry.name: entry for entry in logics if entry.function.__module__ == "sync.logics"}
    assert sorted(entries) == SHIPPED
    assert all(str(entry.label) != entry.name for entry in entries.values())
    assert all(str(p.label) for entry in entries.values() for p in entry.parameters)
    assert "format_profile" in formats


@pytest.mark.parametrize(
    ("name", "field"),
    [("has_email", "email"), ("has_phone", "phone")],
)
def test_a_profile_without_a_field_is_left_out(name: str, field: str) -> None:
    assert passes(full_profile(), name)
    assert not passes(full_profile(**{field: None}), name)


def test_a_profile_without_a_cv_is_left_out() -> None:
    assert passes(full_profile(), "has_resume")
    assert not passes(full_profile() | {"attachments": None}, "has_resume")


@pytest.mark.parametrize(("years", "expected"), [(7.6, True), ("7,5", True), (8, False)])
def test_a_minimum_of_experience(years: Any, expected: bool) -> None:
    assert passes(full_profile(), "minimum_experience", years=years) is expected


def test_unknown_experience_counts_as_none() -> None:
    profile = full_profile() | {"experiences_duration": None, "experiences": None}
    assert not passes(profile, "minimum_experience", years=1)
    assert passes(profile, "minimum_experience", years=0)


@pytest.mark.parametrize(
    ("skills", "expected"),
    [
        (["python"], True),
        ("cobol, gestion d'equipe", True),
        (["POSTGRESQL"], True),
        (["Java"], False),
        (["C"], False),
        (["équipe"], True),
    ],
)
def test_at_least_one_of_some_skills(skills: Any, expected: bool) -> None:
    assert passes(full_profile(), "any_skill", skills=skills) is expected


def test_signs_are_part_of_a_skill() -> None:
    profile = full_profile() | {"skills": [{"name": "C++"}, "Node.js 20"]}
    assert passes(profile, "any_skill", skills=["c++"])
    assert passes(profile, "any_skill", skills=["node.js"])
    assert not passes(profile, "any_skill", skills=["c"])


def test_all_of_some_skills() -> None:
    assert passes(full_profile(), "all_skills", skills=["Python", "PostgreSQL"])
    assert not passes(full_profile(), "all_skills", skills=["Python", "Cobol"])


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["paris"], True),
        (["75"], True),
        ("69, ile de france", True),
        (["12"], False),
        (["par"], False),
        (["69"], False),
    ],
)
def test_lives_in_one_of_some_places(places: Any, expected: bool) -> None:
    assert passes(full_profile(), "lives_in", places=places) is expected


def test_updated_lately() -> None:
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    assert passes(full_profile() | {"updated_at": yesterday}, "updated_within", days=2)
    assert not passes(full_profile(), "updated_within", days=2)
    unknown = full_profile() | {"updated_at": None, "created_at": None}
    assert not passes(unknown, "updated_within", days=10**9)


def test_a_refused_profile_is_left_out_for_that_job_or_any() -> None:
    assert not passes(full_profile(), "not_refused")
    assert not passes(full_profile(), "not_refused", job="DEV-42")
    assert passes(full_profile(), "not_refused", job="another")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(damaged_profiles())
def test_no_shipped_rule_raises_over_a_damaged_profile(profile: dict[str, Any]) -> None:
    candidate = Candidate({"firstname": "A", "lastname": "B"}, profile=profile)
    params: dict[str, dict[str, Any]] = {
        "all_skills": {"skills": ["python"]},
        "any_skill": {"skills": ["python"]},
        "lives_in": {"places": ["75", "lyon"]},
        "minimum_experience": {"years": 2},
        "updated_within": {"days": 700},
    }
    for name in SHIPPED:
        chosen = resolve_logics([{"name": name, "params": params.get(name, {})}])
        assert isinstance(run_logics(candidate, chosen), LogicOutcome)


def test_the_rule_that_leaves_a_candidate_out_is_named_and_ends_it() -> None:
    seen: list[str] = []
    outcome = run_logics(
        candidate_of(full_profile()), resolve_logics([lambda c: None, seen.append])
    )
    assert outcome == LogicOutcome(None, "<lambda>")
    assert seen == []


def test_a_rule_may_return_a_new_dict_and_the_next_still_sees_the_profile() -> None:
    def renamed(candidate: dict[str, Any]) -> dict[str, Any]:
        return {**candidate, "lastname": "Curie"}

    chosen = resolve_logics([renamed, {"name": "minimum_experience", "params": {"years": 7}}])
    outcome = run_logics(candidate_of(full_profile()), chosen)
    assert outcome.candidate is not None
    assert outcome.candidate["lastname"] == "Curie"
    assert outcome.candidate.enrichment is not None


@pytest.mark.parametrize(
    ("result", "problem"), [(True, "returned bool"), ("x", "returned str"), ([], "returned list")]
)
def test_a_rule_that_returns_no_candidate_fails(result: Any, problem: str) -> None:
    with pytest.raises(PermanentError) as caught:
        run_logics(candidate_of(full_profile()), resolve_logics([lambda c: result]))
    assert caught.value.code == ErrorCode.LOGIC_FAILED
    assert "<lambda>" in str(caught.value) and problem in str(caught.value)


def test_a_rule_that_raises_is_named_without_personal_data() -> None:
    def strict(candidate: dict[str, Any]) -> None:
        raise ValueError(f"bad e-mail {candidate['email']}")

    with pytest.raises(PermanentError) as caught:
        run_logics(candidate_of(full_profile()), resolve_logics([strict]))
    assert caught.value.code == ErrorCode.LOGIC_FAILED
    assert caught.value.params == {"name": "strict", "problem": "ValueError"}


def test_an_unknown_rule_is_named() -> None:
    with pytest.raises(PermanentError) as caught:
        resolve_logics(["has_email", "has_emial"])
    assert caught.value.code == ErrorCode.LOGIC_UNKNOWN
    assert "has_emial" in str(caught.value)


def test_wrong_settings_end_a_push_with_the_reason() -> None:
    with pytest.raises(PermanentError) as caught:
        resolve_logics([{"name": "minimum_experience", "params": {"years": "many"}}])
    assert caught.value.code == ErrorCode.LOGIC_FAILED
    assert "number" in str(caught.value)


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ("has_email", "list"),
        (["nobody"], "nobody"),
        ([{"name": "minimum_experience"}], "Years"),
        ([{"name": "minimum_experience", "params": {"years": -1}}], "Years"),
        ([{"name": "minimum_experience", "params": {"years": True}}], "Years"),
        ([{"name": "any_skill", "params": {"skills": [1]}}], "Skills"),
        ([{"name": "any_skill", "params": {"skills": " , "}}], "Skills"),
        ([{"name": "has_email", "params": {"colour": 1}}], "colour"),
        ([None], "None"),
        ([{"params": {}}], "params"),
        ([len], "registered"),
    ],
)
def test_a_wrong_configuration_is_explained(specs: Any, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate_logics(specs)
    assert words in " ".join(caught.value.messages)


def test_every_fault_of_a_configuration_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        validate_logics(["nobody", "has_email", {"name": "any_skill"}])
    assert len(caught.value.messages) == 2


def test_a_right_configuration_is_accepted() -> None:
    specs = ["has_email", {"name": "not_refused", "params": {"job": ""}}, {"name": "has_resume"}]
    validate_logics(specs)
    assert [logic.name for logic in resolve_logics(specs)] == [
        "has_email",
        "not_refused",
        "has_resume",
    ]


def test_no_rules_let_everything_pass() -> None:
    candidate = candidate_of(full_profile())
    assert run_logics(candidate, resolve_logics(None)) == LogicOutcome(candidate)


def test_an_app_registers_its_own_rule_with_or_without_parentheses() -> None:
    @register_logic
    def tests_bare(candidate: Candidate) -> Candidate | None:
        return candidate

    minimum = Parameter("least", "Least", ParameterKind.NUMBER)

    @register_logic("tests.named", label="Named", parameters=[minimum])
    def other(candidate: Candidate, least: float) -> Candidate | None:
        return candidate if least < 2 else None

    assert tests_bare(candidate_of(full_profile())) is not None
    assert passes(full_profile(), "tests_bare")
    assert passes(full_profile(), "tests.named", least=1)
    assert not passes(full_profile(), "tests.named", least=2)


def test_two_functions_cannot_share_a_name() -> None:
    registry = Registry(ErrorCode.LOGIC_UNKNOWN, ErrorCode.LOGIC_FAILED)
    registry.add(Entry("same", passes, "Same"))
    registry.add(Entry("same", passes, "Same"))
    with pytest.raises(ImproperlyConfigured, match="same"):
        registry.add(Entry("same", candidate_of, "Same"))


def test_the_shipped_format_is_the_default() -> None:
    assert resolve_format().name == resolve_format("").name == "format_profile"
    assert run_format(full_profile(), resolve_format())["lastname"] == "Marchand"


def test_a_plain_function_and_a_registered_name_are_formats() -> None:
    @register_format("tests.format", label="Short")
    def short(profile: dict[str, Any]) -> dict[str, Any]:
        return {"firstname": "A", "lastname": "B"}

    assert run_format({}, resolve_format(short)) == {"firstname": "A", "lastname": "B"}
    assert run_format({}, resolve_format("tests.format")) == {"firstname": "A", "lastname": "B"}
    validate_format("tests.format")


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(PermanentError) as caught:
        resolve_format("nobody")
    assert caught.value.code == ErrorCode.FORMAT_UNKNOWN
    with pytest.raises(ValidationError, match="nobody"):
        validate_format("nobody")


def test_a_format_that_raises_is_named_without_personal_data() -> None:
    def careless(profile: dict[str, Any]) -> dict[str, Any]:
        return {"firstname": profile["info"]["nickname"]}

    with pytest.raises(PermanentError) as caught:
        run_format(full_profile(), resolve_format(careless))
    assert caught.value.code == ErrorCode.FORMAT_CRASHED
    assert caught.value.params == {"name": "careless", "problem": "KeyError"}


def test_a_format_may_name_the_field_at_fault() -> None:
    with pytest.raises(FormattingError):
        run_format({"info": None}, resolve_format())


def test_the_seeds_example_format_returns_nothing_and_says_so() -> None:
    with pytest.raises(PermanentError) as caught:
        run_format(full_profile(), resolve_format(lambda *args, **kwargs: None))
    assert caught.value.code == ErrorCode.FORMAT_EMPTY
    assert "<lambda>" in str(caught.value)
