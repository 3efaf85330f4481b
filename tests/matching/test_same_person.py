"""Who is who: one e-mail, one name, namesakes and duplicates are not confused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from sync.models import Push
from sync.models.states import PushStatus
from sync.services.reconciling.follow_up import follow_up
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import (
    CREATED_THEN_LOST,
    LOST_BEFORE,
    add_person,
    finish,
    fresh,
    lose_create,
    make_due,
    people,
    push_lookalikes,
    queue,
    slow_clock,
    stored_profiles,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


def couple(world: World) -> tuple[str, str]:
    """Two people with one e-mail."""
    return world.key("shared_email_1"), world.key("shared_email_2")


@pytest.mark.parametrize("lost", ["first", "second", "both"])
@pytest.mark.parametrize("how", ["created", "not created"])
def test_two_people_with_one_email_are_never_confused(world: World, lost: str, how: str) -> None:
    ends = CREATED_THEN_LOST if how == "created" else LOST_BEFORE
    names = {"first": ["Gwenaëlle"], "second": ["Yves"], "both": ["Gwenaëlle", "Yves"]}[lost]
    world.sandbox.set_faults(*(lose_create(ends["500"], firstname=name) for name in names))
    pushes = queue(world, *couple(world))
    finish(world)
    assert push_lookalikes(world) == 1, "the second of them waits for a person's word"
    pushes = fresh(*pushes)
    assert [push.status for push in pushes] == [S.SUCCEEDED, S.SUCCEEDED]
    assert dict(stored_profiles(world)) == dict.fromkeys(couple(world), 1)
    _confirm_each_has_its_own(world, pushes)


def _confirm_each_has_its_own(world: World, pushes: list[Push]) -> None:
    """After the read-back, every push names the applicant that carries its profile's CV."""
    Push.objects.filter(confirm_after__isnull=False).update(confirm_after=Now())
    follow_up(5)
    owners = {one["applicant"]: one["resume"]["profile_key"] for one in world.sandbox.received()}
    for push in fresh(*pushes):
        assert owners.get(push.applicant_id) == push.profile_key


def test_a_stranger_with_the_same_email_is_left_to_a_person(world: World) -> None:
    key = add_person(world, "Jeanne", "Kerjean", email="foyer@example.org")
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))
    [push] = queue(world, key)
    world.work()
    # After the run's first search somebody else of the household applies by themselves.
    slug = world.vacancy().slug
    world.sandbox.add_applicant(
        slug, firstname="Paul", lastname="Kerjean", email="foyer@example.org"
    )
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.UNCONFIRMED, ErrorCode.FLATCHR_AMBIGUOUS)
    assert world.sandbox.requests()["create"] == 1


def test_a_stranger_who_was_there_before_waits_for_a_persons_word(world: World) -> None:
    slug = world.vacancy().slug
    world.sandbox.add_applicant(
        slug, firstname="Paul", lastname="Kerjean", email="foyer@example.org"
    )
    key = add_person(world, "Jeanne", "Kerjean", email="foyer@example.org")
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))
    [push] = queue(world, key)
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.LOOKALIKE)
    assert push_lookalikes(world) == 1
    assert fresh(push)[0].status == S.SUCCEEDED
    assert people(world) == {"Paul Kerjean": 1, "Jeanne Kerjean": 1}


def test_one_last_name_without_email_is_not_one_person(world: World) -> None:
    keys = [
        add_person(world, "Anne", "Le Goff", email=None),
        add_person(world, "Marc", "Le Goff", email=None),
    ]
    world.sandbox.set_faults(
        lose_create(LOST_BEFORE["500"], firstname="Anne"),
        lose_create(CREATED_THEN_LOST["500"], firstname="Marc"),
    )
    pushes = queue(world, *keys)
    finish(world)
    assert [push.status for push in fresh(*pushes)] == [S.SUCCEEDED, S.SUCCEEDED]
    assert people(world) == {"Anne Le Goff": 1, "Marc Le Goff": 1}
    _confirm_each_has_its_own(world, pushes)


def test_homonyms_are_told_apart_by_their_phone(world: World) -> None:
    phones = ["+33 6 39 98 11 11", "06 39 98 22 22"]
    keys = [add_person(world, "Jean", "Martin", email=None, phone=phone) for phone in phones]
    pushes = queue(world, *keys)
    world.sandbox.set_faults(
        lose_create(LOST_BEFORE["500"], times=2)  # neither was created
    )
    world.work()
    world.sandbox.set_faults()
    finish(world)
    assert [push.status for push in fresh(*pushes)] == [S.SUCCEEDED, S.SUCCEEDED]
    assert dict(stored_profiles(world)) == dict.fromkeys(keys, 1)
    _confirm_each_has_its_own(world, pushes)


def homonyms(world: World) -> list[str]:
    """Two people whom nothing that Flatchr shows tells apart."""
    return [add_person(world, "Luc", "Morvan", email=None, phone=None) for _ in range(2)]


def test_homonyms_that_nothing_tells_apart_are_both_created(world: World) -> None:
    keys = homonyms(world)
    pushes = queue(world, *keys)
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))  # whoever comes first
    finish(world)
    assert [push.status for push in fresh(*pushes)] == [S.SUCCEEDED, S.SUCCEEDED]
    assert dict(stored_profiles(world)) == dict.fromkeys(keys, 1)


def test_homonyms_that_were_both_created_and_lost_are_both_found(world: World) -> None:
    pushes = queue(world, *homonyms(world))
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"], times=2))
    finish(world)
    assert [push.status for push in fresh(*pushes)] == [S.SUCCEEDED, S.SUCCEEDED]
    assert world.sandbox.requests()["create"] == 2


def test_homonyms_that_nothing_tells_apart_are_given_no_applicant(world: World) -> None:
    """Else the one might be enriched with the other's career."""
    pushes = queue(world, *homonyms(world))
    finish(world)
    for _ in range(2):
        Push.objects.filter(confirm_after__isnull=False).update(confirm_after=Now())
        follow_up(5)
    assert [push.applicant_id for push in fresh(*pushes)] == ["", ""]


def test_a_homonym_is_never_given_the_candidate_of_the_other(world: World) -> None:
    """Both answers are lost, one candidate is there: nobody can say whose it is."""
    keys = homonyms(world)
    pushes = queue(world, *keys)
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]), lose_create(CREATED_THEN_LOST["500"]))
    world.work()
    for _ in range(3):
        make_due()
        world.work()
    there = stored_profiles(world)
    assert set(there.values()) == {1}
    for push in fresh(*pushes):
        if push.status == S.SUCCEEDED:
            assert there[push.profile_key] == 1
        else:
            assert push.status == S.UNCONFIRMED
    # The person who looks sees one of them, says so of its push, and lets the other go again.
    left = Push.objects.filter(status=S.UNCONFIRMED)
    for push in left:
        if there[push.profile_key]:
            push.confirm(None)
        else:
            push.push_again(None)
    finish(world)
    assert dict(stored_profiles(world)) == dict.fromkeys(keys, 1)


@pytest.mark.parametrize("how", ["LOST", "created first"])
def test_namesakes_written_in_another_case_are_namesakes(world: World, how: str) -> None:
    """Nothing but the case tells them apart, and Flatchr's search does not mind it."""
    names = ("DUPONTEL", "Dupontel")
    keys = [add_person(world, "Jean", last, email=None, phone=None) for last in names]
    lost = names[how != "LOST"]
    pushes = queue(world, *keys)
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"], lastname=lost))
    world.work()
    finish(world)
    there = stored_profiles(world)
    for push in fresh(*pushes):
        if push.status == S.SUCCEEDED:
            assert there[push.profile_key] == 1
    assert max(there.values()) == 1


def test_a_name_too_long_to_be_remembered_is_not_sent(world: World) -> None:
    """A look-up would ask for another name, find nobody, and a second one would be sent."""
    key = add_person(world, "Jean", "Verylongname" * 25, email=None, phone=None)
    [push] = queue(world, key)
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.FORMAT_FAILED)
    assert "create" not in world.sandbox.requests()


def test_an_email_is_sent_in_the_case_it_is_searched_in(world: World) -> None:
    [push] = queue(world, add_person(world, "Zoé", "Mixte", email="Zoe.Mixte@Example.FR"))
    finish(world)
    [applicant] = world.sandbox.received()
    assert applicant["email"] == fresh(push)[0].candidate_email == "zoe.mixte@example.fr"


def test_the_same_person_under_two_profile_keys_is_sent_once(world: World) -> None:
    keys = [add_person(world, "Nora", "Petit", email="nora@example.org") for _ in range(2)]
    pushes = queue(world, *keys)
    finish(world)
    assert sorted(push.status for push in fresh(*pushes)) == [S.ALREADY_THERE, S.SUCCEEDED]
    assert people(world) == {"Nora Petit": 1}


def test_a_duplicate_waits_for_a_lost_answer_and_for_no_longer_than_its_deadline(
    world: World,
) -> None:
    keys = [add_person(world, "Nora", "Petit", email="nora@example.org") for _ in range(2)]
    [first] = queue(world, keys[0])
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))
    world.work()
    Push.objects.filter(pk=first.pk).update(next_attempt_at=Now() + timedelta(days=1))
    [second] = queue(world, keys[1])
    world.work()
    [second] = fresh(second)
    assert (second.status, second.attempts) == (S.RETRYING, 0)
    assert second.error_code == ErrorCode.DUPLICATE_IN_PROGRESS
    assert world.sandbox.requests()["create"] == 1
    Push.objects.filter(pk=second.pk).update(
        next_attempt_at=Now(), deadline_at=Now() - timedelta(seconds=1)
    )
    world.work()
    [second] = fresh(second)
    assert (second.status, second.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)
