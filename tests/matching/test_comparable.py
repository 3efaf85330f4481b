"""The forms in which two people are compared."""

from __future__ import annotations

import pytest

from sync.matching import (
    Found,
    Likeness,
    Person,
    already_there,
    candidate_person,
    comparable_email,
    comparable_name,
    comparable_phone,
    compare,
    doubt,
)
from tests.cases import Case
from tests.cases.people import returned_names as names
from tests.cases.people import same_person


@pytest.mark.parametrize("written", ["zoe@example.org", " Zoe@Example.ORG ", "ZOE@EXAMPLE.ORG\n"])
def test_an_email_is_compared_without_case_and_spaces(written: str) -> None:
    assert comparable_email(written) == "zoe@example.org"


def test_a_comparable_email_is_its_own_comparable_form() -> None:
    """A row keeps this form; what is read from it is compared with what is made comparable anew."""
    for written in ("Zoé@Straße.example", "İ@example.org", "ΑΣ@example.org"):
        form = comparable_email(written)
        assert comparable_email(form) == form


def test_two_domains_do_not_become_one() -> None:
    assert comparable_email("a@straße.example") != comparable_email("a@strasse.example")


@pytest.mark.parametrize("written", ["Jean-Éric  DUPÂT", "jean eric dupat", "JEAN-ERIC DUPAT "])
def test_a_name_is_compared_without_case_accents_and_signs(written: str) -> None:
    assert comparable_name(written) == "dupat eric jean"


@pytest.mark.parametrize("case", names.CASES, ids=str)
def test_names_are_compared_as_they_come_back(case: Case) -> None:
    sent, found = map(comparable_name, case.input)
    assert (sent == found) is case.right
    assert comparable_name(sent) == sent, "its own comparable form"


@pytest.mark.parametrize("case", same_person.CASES, ids=str)
def test_who_is_there_is_not_sent_and_who_may_be_is_asked_about(case: Case) -> None:
    wanted, there = (
        Person.of(name=name, email=email, phone=phone) for name, email, phone in case.input
    )
    if already_there(wanted, [Found("1", "", there)]):
        assert case.right == "there"
    else:
        assert case.right == ("ask" if doubt(wanted, there) else "send")


def test_names_of_another_script_stay_apart() -> None:
    assert comparable_name("王小明") != comparable_name("Wang Xiaoming")


@pytest.mark.parametrize("written", ["+33 6 95 46 82 31", "06 95 46 82 31", "0033.6.95.46.82.31"])
def test_a_phone_is_compared_without_its_country_code(written: str) -> None:
    assert comparable_phone(written) == "695468231"


def test_a_phone_that_a_format_gives_as_a_number_is_compared() -> None:
    """Flatchr documents the phone as an integer."""
    wanted = candidate_person({"firstname": "Zoé", "lastname": "Riou", "phone": 33695468231})
    there = Person.of(name="zoe riou", phone="06 95 46 82 31")
    assert compare(wanted, there) is Likeness.SAME
