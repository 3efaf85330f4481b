"""Who comes back changed is not sent twice; who may be somebody else waits for a person's word."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync.models import Push
from sync.models.states import PushStatus
from sync.services.pushing import decisions
from sync.vocabulary import ErrorCode
from tests.cases.people import returned_names as names
from tests.conftest import World
from tests.pushing import add_person, finish, fresh, people, push_lookalikes, queue, slow_clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus
PHONE = "+33 6 39 98 11 11"
CHANGED = ["apostrophe as an HTML entity", "ligature written out in capitals", "ö written oe"]


def zoe(world: World, first: str = "Zoé", email: str = "zoe@example.org") -> str:
    return add_person(world, first, "Roux", email=email, phone=PHONE)


def held(push: Push) -> bool:
    [push] = fresh(push)
    return (push.status, push.error_code) == (S.FAILED, ErrorCode.LOOKALIKE)


@pytest.mark.parametrize("name", CHANGED)
def test_a_name_that_comes_back_changed_is_not_sent_a_second_time(world: World, name: str) -> None:
    [case] = [one for one in names.CASES if one.name == name]
    (first, last), found = case.input[0].split(" ", 1), case.input[1].split(" ", 1)
    slug = world.vacancy().slug
    there = {"firstname": found[1], "lastname": found[0], "email": "one@example.org"}
    world.sandbox.add_applicant(slug, **there)
    [push] = queue(world, add_person(world, first, last, email="one@example.org"))
    finish(world)
    assert fresh(push)[0].status == S.ALREADY_THERE
    assert "create" not in world.sandbox.requests()


def test_name_and_phone_of_an_applicant_under_another_email_wait_for_a_word(world: World) -> None:
    slug = world.vacancy().slug
    there = world.sandbox.add_applicant(
        slug, firstname="ZOE", lastname="Roux", email="z.roux@corp.example", phone="0639981111"
    )
    [push] = queue(world, zoe(world))
    finish(world)
    assert held(push)
    [push] = fresh(push)
    assert there["applicant"] in push.explanation
    assert "another e-mail" in push.explanation
    push.mark_same_person(None)
    [push] = fresh(push)
    assert (push.status, push.applicant_id) == (S.ALREADY_THERE, there["applicant"])
    assert "create" not in world.sandbox.requests()


@pytest.mark.parametrize("batch", ["one run", "two runs"])
@pytest.mark.parametrize("differs", ["e-mail", "name"])
def test_our_own_pushes_are_asked_too(world: World, differs: str, batch: str) -> None:
    """In one run the search before it does not show the first of them."""
    other = zoe(world, email="z@corp.example") if differs == "e-mail" else zoe(world, "Marc")
    if batch == "one run":
        pushes = queue(world, zoe(world), other)
        finish(world)
    else:
        pushes = queue(world, zoe(world))
        finish(world)
        pushes += queue(world, other)
        finish(world)
    first, second = sorted(fresh(*pushes), key=lambda push: push.status == S.FAILED)
    assert (first.status, held(second)) == (S.SUCCEEDED, True)
    assert sum(people(world).values()) == 1
    assert push_lookalikes(world) == 1
    assert [push.status for push in fresh(*pushes)] == [S.SUCCEEDED, S.SUCCEEDED]
    assert sum(people(world).values()) == 2


def test_without_an_email_name_and_phone_are_the_same_person(world: World) -> None:
    keys = [add_person(world, "Zoé", "Roux", email=None, phone=PHONE) for _ in range(2)]
    pushes = queue(world, *keys)
    finish(world)
    assert sorted(push.status for push in fresh(*pushes)) == [S.ALREADY_THERE, S.SUCCEEDED]


def test_a_retry_looks_again_and_a_word_is_heard_once(world: World) -> None:
    pushes = queue(world, zoe(world), zoe(world, "Marc"))
    finish(world)
    [second] = [push for push in pushes if held(push)]
    fresh(second)[0].retry(None)
    finish(world)
    assert held(second), "nobody has said who it is"


def test_a_repeat_on_purpose_is_not_asked_about(world: World) -> None:
    pushes = queue(world, zoe(world), zoe(world, "Marc"))
    finish(world)
    [first] = [push for push in fresh(*pushes) if push.status == S.SUCCEEDED]
    again = decisions.repeat(first, requested_by=None)
    finish(world)
    assert fresh(again)[0].status == S.SUCCEEDED


def test_who_was_sent_is_asked_in_one_statement_by_its_indexes(world: World) -> None:
    [push] = queue(world, zoe(world))
    with CaptureQueriesContext(connection) as captured:
        finish(world)
    assert fresh(push)[0].status == S.SUCCEEDED
    [asked] = [
        one["sql"]
        for one in captured
        if '"candidate_phone" =' in one["sql"] and one["sql"].lstrip("(").startswith("SELECT")
    ]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "push_vacancy_email" in plan
        assert "push_vacancy_phone" in plan
