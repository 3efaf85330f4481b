"""A search that may end at a limit of Flatchr's: each person is asked for before they are sent."""

from __future__ import annotations

from typing import Any

import pytest

from sync.models import Push
from sync.models.states import PushStatus
from sync.services.peers.client_factory import flatchr_client
from sync.services.pushing import decisions
from sync.services.queue.writer import DirectWriter
from sync.services.reconciling.existing_applicants import ExistingApplicants
from sync.vocabulary import ErrorCode
from tests.cases import Case
from tests.cases.sending.search_lengths import CASES
from tests.conftest import World
from tests.pushing import (
    CREATED_THEN_LOST,
    add_person,
    fault,
    finish,
    fresh,
    lose_create,
    make_due,
    queue,
    searches,
    slow_clock,
)
from tests.raw_server import RawServer, Request, say, serving
from tests.rows import make_company, make_push, make_run, make_vacancy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus
CAP = 50


def crowd(world: World, count: int = CAP) -> None:
    """Strangers on the vacancy, who came before whoever is added next."""
    for number in range(count):
        world.sandbox.add_applicant(
            world.vacancy().slug, firstname="N", lastname=f"N{number}", email=f"n{number}@x.fr"
        )
    world.sandbox.set_faults(search_cap=CAP)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_person_is_asked_for_where_the_answer_may_be_cut(case: Case, settings: Any) -> None:
    count, limit = case.input
    company = make_company()
    vacancy = make_vacancy(company, remote_id="V")
    rows = [
        {"applicant": f"a{n}", "vacancy_id": vacancy.vacancy_id, "firstname": "A", "lastname": "B"}
        for n in range(count)
    ]
    wanted = {"firstname": "Zoé", "lastname": "Riou", "email": "zoe@x.fr"}
    mine = {"applicant": "mine", "vacancy_id": vacancy.vacancy_id, **wanted}

    def answer(server: RawServer, connection: Any, request: Request) -> None:
        by_email = "email" in request.json()
        say(200, [mine] if by_email else rows[: limit or None])(server, connection, request)

    push = make_push(make_run(vacancy=vacancy))
    with serving(answer) as server:
        settings.FLATCHR_API_URL = server.url
        existing = ExistingApplicants(DirectWriter())
        for _ in range(2):
            found = existing.find(push, flatchr_client(company), wanted).applicants
        asked = [request.json().get("email") for request in server.requests]
    assert ("mine" in {one.id for one in found}) == case.right
    assert asked == [None, *["zoe@x.fr"] * (2 * case.right)]


def test_who_is_there_beyond_the_limit_is_not_sent_again(world: World) -> None:
    crowd(world)
    slug = world.vacancy().slug
    there = world.sandbox.add_applicant(
        slug, firstname="Zoé", lastname="Riou", email="zoe@example.org"
    )
    keys = [
        add_person(world, "Zoé", "Riou", email="zoe@example.org"),
        add_person(world, "Paul", "Riou", email="paul@example.org"),
    ]
    pushes = queue(world, *keys)
    world.work()
    first, second = fresh(*pushes)
    assert (first.status, first.applicant_id) == (S.ALREADY_THERE, there["applicant"])
    assert second.status == S.SUCCEEDED
    assert searches(world) == 3, "one for both, and one each"


def test_without_an_e_mail_the_name_and_the_phone_tell(world: World) -> None:
    crowd(world)
    slug, phone = world.vacancy().slug, "+33695468231"
    there = world.sandbox.add_applicant(slug, firstname="Zoé", lastname="Riou", phone=phone)
    [push] = queue(world, add_person(world, "Zoé", "Riou", email="", phone=phone))
    world.work()
    [push] = fresh(push)
    assert (push.status, push.applicant_id) == (S.ALREADY_THERE, there["applicant"])


def test_a_repeat_knows_the_applicants_beyond_the_limit(world: World) -> None:
    """Else a look-up would take the old one for the new."""
    crowd(world)
    key = add_person(world, "Zoé", "Riou", email="zoe@example.org")
    first = world.push(key)
    assert first.status == S.SUCCEEDED
    decisions.repeat(first, requested_by=None)
    world.work()
    again = Push.objects.get(repeat_of=first)
    old, _new = world.sandbox.received(email="zoe@example.org")
    assert again.known_applicants == [old["applicant"]]


def test_a_person_who_cannot_be_asked_for_is_not_sent(world: World) -> None:
    crowd(world)
    key = add_person(world, "Zoé", "Riou", email="zoe@example.org")
    rule = fault("search", "status", times=None, status=500, match={"email": "zoe@example.org"})
    world.sandbox.set_faults(rule, search_cap=CAP)
    [push] = queue(world, key)
    world.work()
    [push] = fresh(push)
    assert (push.status, push.attempts) == (S.RETRYING, 0)
    assert "create" not in world.sandbox.requests()
    world.sandbox.set_faults(search_cap=CAP)
    assert make_due() == 1
    finish(world)
    assert fresh(push)[0].status == S.SUCCEEDED


def test_a_lost_answer_is_left_to_a_person_where_the_look_up_may_be_cut(world: World) -> None:
    """Fifty of one name, and no e-mail to ask for: the fifty-first may be the one just sent."""
    slug, phone = world.vacancy().slug, "+33695468231"
    for number in range(CAP):
        world.sandbox.add_applicant(slug, firstname=f"N{number}", lastname="Riou")
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]), search_cap=CAP)
    [push] = queue(world, add_person(world, "Zoé", "Riou", email="", phone=phone))
    world.work()
    assert make_due() == 1
    world.work()
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.UNCONFIRMED, ErrorCode.FLATCHR_AMBIGUOUS)
    assert world.sandbox.requests()["create"] == 1
