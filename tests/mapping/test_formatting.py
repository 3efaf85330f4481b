"""The candidate made from a profile: its fields, its CV, and what Flatchr cannot take."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from sync.exceptions import FormattingError, PermanentError
from sync.mapping.candidate import (
    Candidate,
    check_candidate,
    choose_resume,
    format_profile,
    normalise_result,
)
from sync.vocabulary import ErrorCode
from tests.mapping.exotic import exotic
from tests.mapping.mutations import damaged_profiles
from tests.mapping.profiles import full_profile, named, old_profile

KEYS = {"firstname", "lastname", "email", "phone", "comment", "urls", "type", "resume"}


def test_it_fills_every_field_a_profile_can_fill() -> None:
    assert format_profile(full_profile()) == {
        "firstname": "Élodie",
        "lastname": "Marchand",
        "email": "elodie.marchand@exemple.fr",
        "phone": "+33 6 95 46 82 31",
        "comment": 'Développeuse "senior" - 8 ans d\'expérience...\n- Python\n- Django',
        "urls": {
            "linkedin": "https://linkedin.com/in/elodie-marchand",
            "other": "https://github.com/elodie",
        },
        "type": "link",
        "resume": "https://files.example/resume.pdf",
    }


def test_it_leaves_out_keys_without_a_value() -> None:
    assert format_profile(named("Jean Dupont")) == {"firstname": "Jean", "lastname": "Dupont"}


def test_it_leaves_the_profile_as_it_was() -> None:
    profile = full_profile()
    format_profile(profile)
    assert profile == full_profile()


def test_it_chooses_the_processed_cv_before_the_original() -> None:
    chosen = choose_resume(full_profile())
    assert chosen is not None
    assert (chosen.kind, chosen.url) == ("resume", "https://files.example/resume.pdf")
    assert (chosen.file_name, chosen.extension, chosen.size) == ("CV Élodie.pdf", ".pdf", 30720)


def test_it_knows_the_cv_of_older_profiles_by_its_file_name() -> None:
    chosen = choose_resume(old_profile())
    assert chosen is not None
    assert (chosen.kind, chosen.url, chosen.size) == ("resume", "https://files.example/r.pdf", None)
    assert chosen.extension == ".pdf"


def test_it_falls_back_on_the_original() -> None:
    profile = old_profile()
    profile["attachments"][1]["public_url"] = None
    chosen = choose_resume(profile)
    assert chosen is not None
    assert chosen.kind == "original"


def test_it_chooses_the_newest_of_equals() -> None:
    attachments = [
        {"type": "resume", "public_url": "https://f/1", "created_at": "2024-01-01T00:00:00"},
        {"type": "resume", "public_url": "https://f/2", "created_at": "2024-03-01T00:00:00+02:00"},
        {"type": "resume", "public_url": "https://f/3", "created_at": {"iso8601": "2024-02-01"}},
        {"type": "resume", "public_url": "https://f/4", "created_at": None},
    ]
    chosen = choose_resume({"attachments": attachments})
    assert chosen is not None
    assert chosen.url == "https://f/2"


@pytest.mark.parametrize(
    "attachments",
    [None, {}, "x", [], [None], [{}], [{"type": "resume"}], [{"type": "photo", "public_url": "u"}]],
)
def test_it_finds_no_cv_where_there_is_none(attachments: Any) -> None:
    assert choose_resume({"attachments": attachments}) is None


def test_a_candidate_carries_its_profile_and_enrichment() -> None:
    profile = full_profile()
    candidate = normalise_result(format_profile(profile), profile)
    assert candidate.profile is profile
    assert candidate.enrichment is not None
    assert candidate.enrichment["experience"] == 7


def test_it_takes_the_seed_time_shape() -> None:
    create = {"vacancy": "v", "token": "t", "firstname": "A", "lastname": "B", "email": None}
    enrich = {"type": "applicants", "name": "parsing", "value": {"experience": 3}}
    result = {"create_profile_body": create, "enrich_profile_body": enrich}
    candidate = normalise_result(result, {})
    assert candidate == {"firstname": "A", "lastname": "B"}
    assert candidate.enrichment == {"experience": 3}


def test_it_makes_the_enrichment_that_a_format_does_not() -> None:
    result = {"create_profile_body": {"firstname": "A"}, "enrich_profile_body": None}
    candidate = normalise_result(result, full_profile())
    assert candidate.enrichment is not None
    assert candidate.enrichment["name"]["family"] == "Marchand"


def test_it_keeps_the_enrichment_of_a_candidate() -> None:
    made = Candidate({"firstname": "A"}, profile={}, enrichment={"experience": 1})
    assert normalise_result(made, full_profile()).enrichment == {"experience": 1}


@pytest.mark.parametrize(
    "result", [None, "text", [], 3, {}, {"create_profile_body": None}, {"create_profile_body": 1}]
)
def test_a_format_that_returns_no_candidate_is_named(result: Any) -> None:
    with pytest.raises(PermanentError) as caught:
        normalise_result(result, full_profile(), "my_format")
    assert caught.value.code == ErrorCode.FORMAT_EMPTY
    assert "my_format" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"firstname": "A"}, "lastname"),
        ({"firstname": "王", "lastname": "B"}, "firstname"),
        ({"firstname": "A", "lastname": "B", "comment": object()}, "comment"),
        ({"firstname": "A", "lastname": "B", "score": float("nan")}, "score"),
    ],
)
def test_it_finds_what_flatchr_cannot_take(body: dict[str, Any], field: str) -> None:
    with pytest.raises(FormattingError) as caught:
        check_candidate(body)
    assert caught.value.field == field


def assert_wire_rules(body: dict[str, Any]) -> None:
    assert set(body) <= KEYS
    for key in ("firstname", "lastname"):
        assert re.search("[a-zA-Z]", body[key])
        assert body[key].lower() not in ("n/a", "undefined", "null", "none")
    assert all(isinstance(value, str) and value for key, value in body.items() if key != "urls")
    assert not exotic("".join(value for key, value in body.items() if key != "urls"))
    urls = body.get("urls", {"other": "https://x"})
    assert urls
    assert set(urls) <= {"facebook", "linkedin", "twitter", "other"}
    assert all(re.match(r"https?://[^\s]+$", url) and url.isascii() for url in urls.values())
    assert ("type" in body) == ("resume" in body)
    json.dumps(body, allow_nan=False).encode()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(damaged_profiles())
def test_damaged_profiles_give_a_valid_candidate_or_a_clear_error(profile: dict[str, Any]) -> None:
    try:
        body = format_profile(profile)
    except FormattingError as error:
        named_field = error.field
    else:
        named_field = "info.full_name"
        assert_wire_rules(body)
        check_candidate(normalise_result(body, profile))
    assert named_field == "info.full_name"
