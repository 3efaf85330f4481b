"""Phone numbers: the table of tests/cases/people/phones.py, and what holds for any text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.mapping.candidate import format_profile, normalise_result
from sync.mapping.enrichment import format_enrichment
from sync.mapping.phones import format_phone
from sync.matching import comparable_phone
from tests.cases import Case
from tests.cases.people.phones import CASES
from tests.mapping.profiles import full_profile

TEXTS = [case for case in CASES if case.right and isinstance(case.input[0], str | int)]


def profile_of(phone: Any, country: str = "") -> dict[str, Any]:
    return full_profile(phone=phone, location={"fields": {"country": country}})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_sent_is_a_phone_number_or_nothing(case: Case) -> None:
    profile = profile_of(*case.input)
    assert format_profile(profile).get("phone", "") == case.right
    enriched = format_enrichment(profile).get("phone", [{"dialNumber": ""}])
    assert enriched[0]["dialNumber"] == case.right


@pytest.mark.parametrize("case", TEXTS, ids=str)
def test_what_is_sent_is_compared_as_what_was_written(case: Case) -> None:
    """Somebody may have typed into Flatchr what stands in the profile."""
    glued = ("a space between", "nothing between", "Java", "the letter O", "a date and")
    if not any(word in case.name for word in glued):
        assert comparable_phone(str(case.input[0])) == comparable_phone(case.right)


def test_what_is_no_phone_number_is_told() -> None:
    def left_out(profile: dict[str, Any]) -> list[str]:
        return normalise_result(format_profile(profile), profile).left_out

    [sentence] = left_out(profile_of("12/04/1990"))
    assert "12/04/1990" in sentence
    assert left_out(profile_of("06 95 46 82 31")) == left_out(profile_of(None)) == []


@given(st.text(st.sampled_from("0123456789+() ./-,EeOo@xé"), max_size=40))
def test_whatever_is_sent_is_sent_unchanged_the_second_time(text: str) -> None:
    sent = format_phone(text)
    assert format_phone(sent) == sent
    assert not sent or 7 <= len(re.sub(r"\D", "", sent)) <= 15


@given(st.one_of(st.text(), st.floats(), st.integers(), st.just(None), st.binary()))
def test_nothing_that_stands_in_the_field_raises(value: Any) -> None:
    assert format_phone(value, "FR") == "" or re.search(r"\d", format_phone(value, "FR"))
