"""First and last name of a candidate, from whatever a profile holds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sync.exceptions import FormattingError
from sync.mapping.candidate import format_profile
from tests.mapping.profiles import full_profile, named


def names_of(profile: dict[str, Any]) -> tuple[str, str]:
    body = format_profile(profile)
    return body["firstname"], body["lastname"]


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Jean Dupont", "Jean", "Dupont"),
        ("Jean-Pierre DE LA TOUR", "Jean-Pierre", "DE LA TOUR"),
        ("DE LA TOUR Jean-Pierre", "Jean-Pierre", "DE LA TOUR"),
        ("DUPONT, Jean", "Jean", "DUPONT"),
        ("Anne-Sophie de La Tour", "Anne-Sophie", "de La Tour"),
        ("JEAN DUPONT", "JEAN", "DUPONT"),
        ("JP Martin", "JP", "Martin"),
        ("Bruce LI", "Bruce", "LI"),
        ("Mme Marie Curie", "Marie", "Curie"),
        ("  Jean \u00a0 Dupont  ", "Jean", "Dupont"),
        ("ИВАНОВ Иван", "Ivan", "IVANOV"),
    ],
)
def test_it_splits_a_full_name(full: str, first: str, last: str) -> None:
    assert names_of(named(full)) == (first, last)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("Jean Dupont", "Jean", None), ("Jean", "Dupont")),
        (("Dupont Jean", "Jean", ""), ("Jean", "Dupont")),
        (("Marie Anne Le Goff", "Marie Anne", None), ("Marie Anne", "Le Goff")),
        (("Jean Dupont", None, "Dupont"), ("Jean", "Dupont")),
        (("jean dupont", "", "DUPONT"), ("jean", "DUPONT")),
        (("Jean Dupont", "N/A", "Undefined"), ("Jean", "Dupont")),
        (("N/A", "Jean", "Dupont"), ("Jean", "Dupont")),
        ((None, "Jean Dupont", None), ("Jean", "Dupont")),
        (("Jean Undefined", None, "Dupont"), ("Jean", "Dupont")),
        (("J. Durand", "Jean", None), ("Jean", "Durand")),
    ],
)
def test_it_completes_a_name_from_its_other_parts(
    parts: tuple[Any, Any, Any], expected: tuple[str, str]
) -> None:
    assert names_of(named(*parts)) == expected


@pytest.mark.parametrize("written", ["Madonna", "Madonna N/A", "Madonna 123"])
def test_it_shows_a_single_name_twice_and_says_so(written: str) -> None:
    body = format_profile(named(written))
    assert (body["firstname"], body["lastname"]) == ("Madonna", "Madonna")
    assert "only one name" in body["comment"]


@pytest.mark.parametrize("nothing", [None, "", "  ", "N/A", "Undefined", "---", "123", "😀", 7, []])
def test_it_names_the_field_of_a_missing_name(nothing: Any) -> None:
    with pytest.raises(FormattingError) as caught:
        format_profile(named(nothing, nothing, nothing))
    assert caught.value.field == "info.full_name"
    assert "info.full_name" in str(caught.value)


@pytest.mark.parametrize("nothing", [None, [], "profile", 3, {}])
def test_it_refuses_what_is_no_profile(nothing: Any) -> None:
    with pytest.raises(FormattingError):
        format_profile(nothing)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("王小明", "XiaoMing", "Wang"),
        ("王 小明", "XiaoMing", "Wang"),
        ("Ольга Иванова", "Ol'ga", "Ivanova"),
        ("Νίκος Παπαδόπουλος", "Nikos", "Papadopoylos"),
    ],
)
def test_it_romanises_a_name_and_keeps_the_original(written: str, first: str, last: str) -> None:
    body = format_profile(named(written))
    assert (body["firstname"], body["lastname"]) == (first, last)
    assert written in body["comment"]


def test_it_keeps_the_original_beside_the_summary() -> None:
    body = format_profile(full_profile(full_name="محمد الأحمد", first_name=None, last_name=None))
    assert body["comment"].startswith("Développeuse")
    assert body["comment"].endswith("محمد الأحمد")
    assert re.fullmatch(r"[A-Za-z' -]+", body["firstname"] + body["lastname"])
