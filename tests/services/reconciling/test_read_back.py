"""Read-back: the applicant of a success is found again, and nobody else's is taken for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync.models import Push
from sync.models.states import EnrichmentStatus, PushStatus
from sync.services.pushing.decisions import repeat
from sync.services.reconciling import read_back
from sync.services.reconciling.follow_up import follow_up
from sync.services.reconciling.read_back import MOST_CONFIRM_TRIES
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import add_person, fault, finish, slow_clock
from tests.services.reconciling.read_back import look, move, pushed, requests

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S, E = PushStatus, EnrichmentStatus


def test_one_search_names_many_applicants(world: World) -> None:
    keys = world.keys(15)
    pushed(world, *keys, source=world.bulk)
    requests(world)
    assert look() == 15
    assert requests(world) == {"search": 1}
    owners = {one["applicant"]: one["resume"]["profile_key"] for one in world.sandbox.received()}
    for push in Push.objects.all():
        assert owners[push.applicant_id] == push.profile_key
        assert push.column == "Nouveaux"
        assert push.confirmed_at and push.confirm_after is None
    assert look() == 0, "nobody is looked for twice"


def test_each_vacancy_is_searched_once(world: World) -> None:
    keys = world.keys(3)
    for title in ("Comptable", "Développeur Python (H/F)"):
        pushed(world, *keys, source=world.bulk, vacancy=world.vacancy(title))
    requests(world)
    look()
    assert requests(world) == {"search": 2}
    assert Push.objects.exclude(applicant_id="").count() == 6


def test_it_does_not_look_before_search_has_settled(world: World, settings: Any) -> None:
    settings.PUSH_SETTLE_SECONDS = 120
    [push] = pushed(world, *world.keys(1), source=world.bulk)
    assert push.confirm_after and push.confirm_after - timezone.now() > timedelta(seconds=115)
    assert follow_up(1) == 0


def test_a_found_applicant_is_in_the_column_of_the_moment(world: World) -> None:
    [push] = pushed(world, *world.keys(1), source=world.bulk)
    move(world, push, "Entretien")
    look()
    assert Push.objects.get().column == "Entretien"


def test_who_is_not_found_is_looked_for_again_and_then_reported(world: World) -> None:
    [push] = pushed(world, *world.keys(1), source=world.bulk)
    [applicant] = world.sandbox.received()
    world.sandbox.remove_applicant(applicant["applicant"])
    for number in range(1, MOST_CONFIRM_TRIES + 1):
        assert look() == 1
        push = Push.objects.get()
        assert push.confirm_tries == number
    assert (push.status, push.error_code) == (S.SUCCEEDED, ErrorCode.FLATCHR_MISMATCH)
    assert push.explanation and push.next_step and push.side
    assert push.confirm_after is None and push.confirmed_at is None
    assert look() == 0
    assert world.sandbox.requests()["create"] == 1


def test_who_turns_up_late_is_found_late(world: World) -> None:
    world.sandbox.set_faults(fault("search", "html", times=3))
    world.dispatch(*world.keys(1), source=world.bulk)
    finish(world)
    world.sandbox.set_faults(fault("search", "html"), fault("search", "status", status=500))
    for _ in range(2):
        look()
        assert Push.objects.get().applicant_id == ""
    look()
    push = Push.objects.get()
    assert push.applicant_id and push.error_code == ""


def test_two_machines_do_not_look_for_the_same(world: World) -> None:
    pushed(world, *world.keys(4), source=world.bulk)
    Push.objects.update(confirm_after=Now())
    first = Push.objects.to_confirm().claim_follow_up("confirm_after", 4)
    second = Push.objects.to_confirm().claim_follow_up("confirm_after", 4)
    assert (len(first), len(second)) == (4, 0)


def test_of_two_applicants_of_one_person_none_is_guessed_to_be_ours(world: World) -> None:
    [push] = pushed(world, add_person(world, "Yann", "Cadiou", email="yann@example.org"))
    by_hand = world.sandbox.add_applicant(
        world.vacancy().slug, firstname="Yann", lastname="Cadiou", email="yann@example.org"
    )
    look()
    assert Push.objects.get().applicant_id == ""
    world.sandbox.remove_applicant(by_hand["applicant"])
    look()
    assert owner(world, Push.objects.get()) == push.profile_key


def owner(world: World, push: Push) -> str | None:
    """Whose CV the applicant that the push was given has."""
    found = {one["applicant"]: one["resume"]["profile_key"] for one in world.sandbox.received()}
    return found.get(push.applicant_id)


@pytest.mark.parametrize("names", [("DUPONTEL", "Dupontel"), ("Lefèvre", "Lefevre")])
def test_namesakes_but_for_capitals_and_accents_are_not_confused(
    world: World, names: tuple[str, str]
) -> None:
    keys = [add_person(world, "Jean", name, email=None, phone=None) for name in names]
    pushed(world, *keys)
    [one] = [one for one in world.sandbox.received() if one["resume"]["profile_key"] == keys[1]]
    world.sandbox.remove_applicant(one["applicant"])
    look()
    assert {owner(world, push) for push in Push.objects.all()} == {None}


@pytest.fixture(params=[False, True], ids=["oldest first", "newest first"])
def order_of_answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flatchr says nowhere in which order its search answers."""
    found = read_back.on_vacancy
    turn = -1 if request.param else 1
    monkeypatch.setattr(read_back, "on_vacancy", lambda a, v: found(a, v)[::turn])


@pytest.mark.usefixtures("order_of_answers")
@pytest.mark.parametrize("first", [0, 1])
def test_a_repeat_and_its_original_get_their_own_applicant(world: World, first: int) -> None:
    [original] = pushed(world, *world.keys(1), source=world.bulk)
    again = repeat(original, requested_by=None)
    finish(world)
    old, new = [one["applicant"] for one in world.sandbox.received()]
    pushes = [Push.objects.get(pk=original.pk), Push.objects.get(pk=again.pk)]
    assert [push.known_applicants for push in pushes] == [[], [old]]
    soonest = pushes[first].pk
    Push.objects.update(confirm_after=Now() + timedelta(hours=1))
    Push.objects.filter(pk=soonest).update(confirm_after=Now())
    follow_up(5)
    look()
    assert [Push.objects.get(pk=push.pk).applicant_id for push in pushes] == [old, new]


@pytest.mark.usefixtures("order_of_answers")
def test_a_repeat_that_knew_of_no_older_applicant_waits_rather_than_take_it(world: World) -> None:
    [original] = pushed(world, *world.keys(1), source=world.bulk)
    again = repeat(original, requested_by=None)
    finish(world)
    Push.objects.filter(pk=again.pk).update(known_applicants=[])
    look()
    assert set(Push.objects.values_list("applicant_id", flat=True)) == {""}


def test_a_repeat_whose_original_left_flatchr_gets_the_new_applicant(world: World) -> None:
    [original] = pushed(world, *world.keys(1), source=world.bulk)
    again = repeat(original, requested_by=None)
    finish(world)
    old, new = [one["applicant"] for one in world.sandbox.received()]
    world.sandbox.remove_applicant(old)
    look()
    assert Push.objects.get(pk=again.pk).applicant_id == new
    assert Push.objects.get(pk=original.pk).applicant_id == ""


def test_a_repeat_of_a_push_whose_applicant_is_long_gone_gets_its_own(world: World) -> None:
    [original] = pushed(world, *world.keys(1), source=world.bulk)
    [gone] = world.sandbox.received()
    world.sandbox.remove_applicant(gone["applicant"])
    for _ in range(MOST_CONFIRM_TRIES):
        look()
    Push.objects.update(closed_at=Now() - timedelta(hours=1))
    again = repeat(Push.objects.get(pk=original.pk), requested_by=None)
    finish(world)
    look()
    [one] = world.sandbox.received()
    assert Push.objects.get(pk=again.pk).applicant_id == one["applicant"]
