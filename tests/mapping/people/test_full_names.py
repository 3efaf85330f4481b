"""First and last name from the one field `full_name`: the table of tests/cases/people/names.py.

Measured on its 99 full names, a single name counted as right in either place, middle names with
whichever of first and last name makes it right: nameparser 2.6.0 reads 50, probablepeople 0.5.6
(trained on American names) 50, our rules before this table 32, now all. The libraries take DUPONT
of `DUPONT Jean` for the first name and a town after a comma too, and know no first names of two
words; so none is used.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.exceptions import FormattingError
from sync.mapping.candidate import format_profile
from sync.mapping.names import read_name
from sync.mapping.text import has_latin_letter, search_form
from tests.cases import Case
from tests.cases.people.names import CASES
from tests.mapping.profiles import named

WORDS = [
    "Jean",
    "DUPONT",
    "de",
    "La",
    "van",
    "Dr",
    "M.",
    "Marie",
    "Claire",
    "née",
    "PhD",
    "Jr",
    "CV",
]
SIGNS = [
    ",",
    "-",
    "|",
    "(",
    ")",
    '"',
    "'",
    "_",
    "1",
    "N/A",
    "a.b@c.fr",
    "x_y.pdf",
    "王",
    "Chef",
    ".",
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_name_is_read_as_people_read_it(case: Case) -> None:
    parts = case.input if isinstance(case.input, tuple) else (case.input,)
    if case.right is None:
        with pytest.raises(FormattingError, match=r"info\.full_name"):
            format_profile(named(*parts))
        return
    body = format_profile(named(*parts))
    assert (body["firstname"], body["lastname"]) == case.right


def test_what_is_left_out_of_a_name_is_told_in_the_comment() -> None:
    told = format_profile(named("Jeanne Petit (née Martin), PhD"))["comment"]
    assert "Jeanne Petit (née Martin), PhD" in told
    assert "comment" not in format_profile(named("Mme Jeanne PETIT"))


@given(st.lists(st.sampled_from(WORDS + SIGNS), max_size=8).map(" ".join))
def test_a_full_name_never_fails_otherwise_than_by_having_no_name(full: str) -> None:
    try:
        name = read_name(named(full))
    except FormattingError:
        return
    assert has_latin_letter(name.first) and has_latin_letter(name.last)
    # Nothing is made up: each word of it was written there.
    words = re.findall(r"[^\W_]+", search_form(name.full))
    assert all(word in search_form(full) for word in words)
