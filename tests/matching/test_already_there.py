"""Who is on the vacancy already is not sent; a repeat on purpose is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from sync.models import Push
from sync.models.states import PushStatus
from sync.services.pushing import decisions
from sync.services.reconciling.follow_up import follow_up
from tests.conftest import World
from tests.pushing import (
    CREATED_THEN_LOST,
    LOST_BEFORE,
    add_person,
    fault,
    finish,
    fresh,
    lose_create,
    make_due,
    people,
    queue,
    searches,
    slow_clock,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


def test_who_is_on_the_vacancy_already_is_not_sent(world: World) -> None:
    key = add_person(world, "Zoé", "Riou", email="zoe@example.org")
    slug = world.vacancy().slug
    there = world.sandbox.add_applicant(
        slug, firstname="ZOE", lastname="Riou", email="Zoe@Example.org"
    )
    [push] = queue(world, key)
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.applicant_id) == (S.ALREADY_THERE, there["applicant"])
    assert "create" not in world.sandbox.requests()


def test_who_is_on_another_vacancy_is_sent(world: World) -> None:
    """Two vacancies share their title, so only the number tells them apart."""
    title = "Commercial·e terrain"
    first, second = world.company.vacancies.filter(title=title).order_by("pk")
    key = add_person(world, "Zoé", "Riou", email="zoe@example.org")
    world.sandbox.add_applicant(
        second.slug, firstname="Zoé", lastname="Riou", email="zoe@example.org"
    )
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))
    [push] = queue(world, key, vacancy=first)
    finish(world)
    assert fresh(push)[0].status == S.SUCCEEDED
    assert len(world.sandbox.received(vacancy=first.slug)) == 1


def test_a_namesake_without_email_on_the_vacancy_is_not_taken_for_the_candidate(
    world: World,
) -> None:
    slug = world.vacancy().slug
    world.sandbox.add_applicant(slug, firstname="Luc", lastname="Morvan")
    key = add_person(world, "Luc", "Morvan", email=None, phone=None)
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))
    [push] = queue(world, key)
    finish(world)
    assert fresh(push)[0].status == S.SUCCEEDED
    assert stored_profiles_sent(world) == {key: 1}


def stored_profiles_sent(world: World) -> dict[str, int]:
    sent = [one for one in world.sandbox.received() if not one["by_hand"]]
    return {one["resume"]["profile_key"]: 1 for one in sent}


def test_a_try_asked_for_later_looks_again_at_who_is_there(world: World) -> None:
    """The create was refused, somebody added the person by hand, then asked for another try."""
    [push] = queue(world, add_person(world, "Rémi", "Essai", email="remi@example.org"))
    world.sandbox.set_faults(lose_create({"kind": "status", "status": 400}))
    world.work()
    [push] = fresh(push)
    assert push.status == S.FAILED
    slug = push.vacancy.slug
    world.sandbox.add_applicant(slug, firstname="Rémi", lastname="Essai", email="remi@example.org")
    push.retry(None)
    finish(world)
    assert fresh(push)[0].status == S.ALREADY_THERE
    assert people(world) == {"Rémi Essai": 1}


def test_tries_asked_for_together_share_one_search(world: World) -> None:
    pushes = queue(world, *world.keys(6), source=world.bulk)
    world.sandbox.set_faults(lose_create({"kind": "status", "status": 400}, times=None))
    finish(world)
    world.sandbox.set_faults()
    for push in fresh(*pushes):
        push.retry(None)
    before = searches(world)
    finish(world)
    assert {push.status for push in fresh(*pushes)} == {S.SUCCEEDED}
    assert searches(world) - before == 1


def test_one_search_serves_a_whole_run(world: World) -> None:
    keys = world.keys(12)
    world.dispatch(*keys, source=world.bulk)
    Push.objects.filter(profile_key__in=keys[6:]).update(next_attempt_at=Now() + timedelta(hours=1))
    world.work()
    assert Push.objects.filter(status=S.SUCCEEDED).count() == 6
    finish(world)  # Another task, as another worker would execute it.
    assert Push.objects.filter(status=S.SUCCEEDED).count() == 12
    assert searches(world) == 1
    world.push(world.keys(13)[12], source=world.bulk)
    assert searches(world) == 2, "a new run looks anew"


def test_two_vacancies_are_searched_once_each(world: World) -> None:
    keys = world.keys(4)
    for title in ("Comptable", "Développeur Python (H/F)"):
        world.dispatch(*keys, source=world.bulk, vacancy=world.vacancy(title))
    finish(world)
    assert searches(world) == 2
    assert len(world.sandbox.received()) == 8


def test_a_search_that_fails_before_the_first_create_costs_no_attempt(world: World) -> None:
    world.sandbox.set_faults(fault("search", "html", times=2), fault("search", "reset"))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    for _ in range(3):
        make_due()
        world.work()
        [push] = fresh(push)
        assert (push.status, push.attempts) == (S.RETRYING, 0)
        assert "create" not in world.sandbox.requests()
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.attempts) == (S.SUCCEEDED, 1)


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("how", ["created", "not created"])
def test_a_repeat_is_not_mistaken_for_what_it_repeats(
    world: World, confirmed: bool, how: str
) -> None:
    first = world.push(world.keys(1)[0], source=world.bulk)
    if confirmed:
        Push.objects.update(confirm_after=Now())
        follow_up(5)
        assert fresh(first)[0].applicant_id
    else:  # Not read back, but long enough ago for any search to show it.
        Push.objects.update(closed_at=Now() - timedelta(minutes=10))
    ends = CREATED_THEN_LOST if how == "created" else LOST_BEFORE
    world.sandbox.set_faults(lose_create(ends["500"]))
    again = decisions.repeat(fresh(first)[0], requested_by=None)
    finish(world)
    [again] = fresh(again)
    assert (again.status, again.repeat_of_id) == (S.SUCCEEDED, first.pk)
    assert len(world.sandbox.received()) == 2
    Push.objects.filter(confirm_after__isnull=False).update(confirm_after=Now())
    follow_up(5)
    first, again = fresh(first, again)
    assert first.applicant_id and again.applicant_id
    assert first.applicant_id != again.applicant_id


def test_a_repeat_at_once_is_left_to_a_person_rather_than_created_twice(world: World) -> None:
    """What it repeats has not settled: whose the applicant is that search shows, nobody knows."""
    first = world.push(world.keys(1)[0], source=world.bulk)
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]))
    again = decisions.repeat(first, requested_by=None)
    finish(world)
    assert fresh(again)[0].status == S.UNCONFIRMED
    assert len(world.sandbox.received()) == 2


def test_a_repeat_waits_while_search_does_not_even_show_what_it_repeats(world: World) -> None:
    world.sandbox.set_faults(search_lag_ms=600_000)
    first = world.push(world.keys(1)[0], source=world.bulk)
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]), search_lag_ms=600_000)
    again = decisions.repeat(first, requested_by=None)
    for _ in range(3):
        make_due()
        world.work()
    [again] = fresh(again)
    assert (again.status, again.has_unknown_outcome) == (S.RETRYING, True)
    assert world.sandbox.requests()["create"] == 2, "the look-up cannot say, so nothing is sent"
    Push.objects.filter(pk=again.pk).update(deadline_at=Now() - timedelta(seconds=1))
    finish(world)
    assert fresh(again)[0].status == S.UNCONFIRMED


def test_an_applicant_known_by_id_stays_known_when_search_does_not_show_it(world: World) -> None:
    first = world.push(world.keys(1)[0], source=world.bulk)
    Push.objects.filter(pk=first.pk).update(applicant_id="a-number-search-does-not-show")
    again = decisions.repeat(fresh(first)[0], requested_by=None)
    finish(world)
    assert "a-number-search-does-not-show" in fresh(again)[0].known_applicants
