"""Who is who: total, the same from both sides, and whatever the order of a search's answer."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.matching import (
    Found,
    Likeness,
    LookUpVerdict,
    Person,
    Rival,
    Siblings,
    already_there,
    candidate_person,
    compare,
    judge,
    lookalikes,
    own_applicant,
)
from tests.fuzz.budget import fuzz
from tests.fuzz.json_shapes import anything, texts
from tests.fuzz.peers import emails, phones

pytestmark = pytest.mark.once

# Few of each, so that people meet.
_NAMES = ["Zoé Roux", "ROUX Zoe", "Zo&eacute; Roux", "Jean D'Angelo", "Jean D&#39;Angelo", ""]
_EMAILS, _PHONES = ["", "a@x.fr", " A@X.FR", "b@x.fr"], ["", "0639980102", "+33 6 39 98 01 02", "1"]
people = st.builds(
    lambda name, email, phone: Person.of(name=name, email=email, phone=phone),
    st.sampled_from(_NAMES) | texts,
    st.sampled_from(_EMAILS) | st.sampled_from(_EMAILS) | emails,
    st.sampled_from(_PHONES) | texts,
)
_ids = st.sampled_from(["a", "b", "c", "d"])
answers = st.lists(
    st.builds(Found, _ids, st.just("Nouveau"), people), max_size=4, unique_by=lambda one: one.id
)
some_ids = st.frozensets(_ids, max_size=3)
siblings = st.builds(
    Siblings,
    identities=st.frozensets(people.map(lambda person: person.identity), max_size=2),
    attributed=some_ids,
    created=st.integers(0, 2),
    unknown=st.integers(0, 2),
)


@fuzz(150)
@given(people, people)
def test_two_people_are_compared_the_same_from_both_sides(one: Person, other: Person) -> None:
    assert compare(one, one) is not Likeness.OTHER
    if bool(one.email) == bool(other.email):
        assert compare(one, other) is compare(other, one)
    if one.email and compare(one, other) is Likeness.SAME:
        assert one.identity == other.identity


@fuzz(80)
@given(
    st.dictionaries(
        st.sampled_from(["firstname", "lastname", "email", "phone"]), emails | phones | anything
    )
)
def test_every_candidate_is_somebody(candidate: dict[str, Any]) -> None:
    person = candidate_person(candidate)
    assert all(isinstance(part, str) for part in (person.email, person.name, person.phone))


@fuzz(150)
@given(people, answers, some_ids, siblings, st.randoms())
def test_a_look_up_judges_alike_in_any_order_and_takes_nobody_elses_applicant(
    wanted: Person, found: list[Found], known: frozenset[str], others: Siblings, luck: Any
) -> None:
    verdict, applicant = judge(wanted, found, known=known, siblings=others)
    mixed = luck.sample(found, len(found))
    assert judge(wanted, mixed, known=known, siblings=others) == (verdict, applicant)
    if applicant is not None:
        assert verdict is LookUpVerdict.FOUND
        assert applicant.id not in known | others.attributed
        assert compare(wanted, applicant.person) is Likeness.SAME
    if verdict is LookUpVerdict.ABSENT and not (others.created or others.unknown):
        free = [a for a in found if a.id not in known | others.attributed]
        assert all(compare(wanted, a.person) is not Likeness.SAME for a in free)


@fuzz(100)
@given(people, answers)
def test_who_is_there_already_is_certain(wanted: Person, found: list[Found]) -> None:
    there = already_there(wanted, found)
    assert there is None or compare(wanted, there.person) is Likeness.SAME
    assert set(lookalikes(wanted, found)) >= ({there.id} if there else set())


@fuzz(60)
@given(people, answers, some_ids, st.lists(st.builds(Rival, people, some_ids, st.booleans())))
def test_an_applicant_is_given_to_one_push_in_any_order(
    wanted: Person, free: list[Found], known: frozenset[str], rivals: list[Rival]
) -> None:
    given_ = {
        own.id if (own := own_applicant(wanted, order, known=known, rivals=rivals)) else None
        for order in itertools.islice(itertools.permutations(free), 6)
    }
    assert len(given_) == 1
    assert given_.isdisjoint(known)
