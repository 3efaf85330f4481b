"""After a lost answer: looked up before anything is sent again, and never taken for another."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from sync.models import Push
from sync.models.attempts import AttemptOutcome
from sync.models.states import PushStatus
from sync.services import dispatch as dispatching
from sync.services.follow_up import follow_up
from sync.services.ledger import DirectLedger
from sync.services.presence import Presence
from sync.services.shifts import Shift
from sync.services.transfer import Transfer
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import (
    CREATED_THEN_LOST,
    LOST_BEFORE,
    add_person,
    expire_leases,
    fault,
    finish,
    lose_create,
    make_due,
    people,
    searches,
    slow_clock,
    stored_profiles,
)
from tests.rows import make_push

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S = PushStatus


def queue(world: World, *keys: str, **more: Any) -> list[Push]:
    world.dispatch(*keys, **more)
    found = {push.profile_key: push for push in Push.objects.filter(profile_key__in=keys)}
    return [found[key] for key in keys]


def fresh(*pushes: Push) -> list[Push]:
    return [Push.objects.get(pk=push.pk) for push in pushes]


# --- one push, one lost answer ------------------------------------------------------------------


@pytest.mark.parametrize("how", CREATED_THEN_LOST)
def test_a_candidate_created_before_the_answer_was_lost_is_found_and_not_created_twice(
    world: World, settings: Any, how: str
) -> None:
    settings.HTTP_TIMEOUT_SECONDS = 0.6
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST[how]))
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.SUCCEEDED, "")
    [applicant] = world.sandbox.received()
    assert push.applicant_id == applicant["applicant"]
    assert push.column == applicant["column"]
    assert world.sandbox.requests()["create"] == 1
    assert push.attempts == 1
    outcomes = list(push.tries.values_list("outcome", flat=True))
    assert outcomes == [AttemptOutcome.UNKNOWN, AttemptOutcome.DONE]


@pytest.mark.parametrize("how", LOST_BEFORE)
def test_a_candidate_that_was_not_created_is_created_once(
    world: World, settings: Any, how: str
) -> None:
    settings.HTTP_TIMEOUT_SECONDS = 0.6
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(lose_create(LOST_BEFORE[how]))
    finish(world)
    [push] = fresh(push)
    assert push.status == S.SUCCEEDED
    assert len(world.sandbox.received()) == 1
    assert world.sandbox.requests()["create"] == 2
    assert push.attempts == 2
    assert list(push.tries.values_list("number", flat=True)) == [1, 2]


def test_it_does_not_look_before_search_has_settled(world: World, settings: Any) -> None:
    settings.PUSH_SETTLE_SECONDS = 120
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.work()
    [push] = fresh(push)
    assert (push.status, push.has_unknown_outcome) == (S.RETRYING, True)
    assert push.next_attempt_at is not None
    assert push.next_attempt_at - timezone.now() > timedelta(seconds=115)
    looked = searches(world)
    world.work()  # Nothing is due, so nothing is asked and nothing is sent.
    assert (searches(world), world.sandbox.requests()["create"]) == (looked, 1)


def test_a_retry_after_longer_than_the_settling_is_honoured(world: World, settings: Any) -> None:
    settings.PUSH_SETTLE_SECONDS = 10
    world.sandbox.set_faults(fault("create", "status_after", status=503, retry_after=300))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.work()
    [push] = fresh(push)
    assert push.next_attempt_at is not None
    assert push.next_attempt_at - timezone.now() > timedelta(seconds=290)


def test_a_search_that_lags_less_than_the_settling_does_no_harm(
    world: World, settings: Any
) -> None:
    settings.PUSH_SETTLE_SECONDS = 0.8
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["reset"]), search_lag_ms=500)
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.work(10, wait=True)
    [push] = fresh(push)
    assert push.status == S.SUCCEEDED
    assert len(world.sandbox.received()) == 1


def test_searches_that_fail_are_repeated_and_cost_no_attempt(world: World) -> None:
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]))
    world.work(wait=False)
    world.sandbox.set_faults(
        fault("search", "status", status=500, times=2),
        fault("search", "html"),
        fault("search", "empty"),
        fault("search", "status", status=429, retry_after=1),
        fault("search", "reset"),
        fault("search", "status", status=401),
        fault("search", "cut_body"),
    )
    for number in range(1, 9):
        assert make_due() == 1
        world.work()
        [push] = fresh(push)
        assert (push.status, push.attempts) == (S.RETRYING, 1), number
        assert push.has_unknown_outcome
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.attempts) == (S.SUCCEEDED, 1)
    assert world.sandbox.requests()["create"] == 1


def test_a_look_up_that_never_works_is_left_to_a_person_at_the_deadline(world: World) -> None:
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(lose_create(CREATED_THEN_LOST["500"]))
    world.work()
    world.sandbox.set_faults(fault("search", "html", times=None))
    Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.UNCONFIRMED, ErrorCode.FLATCHR_AMBIGUOUS)
    assert push.next_step


def test_a_create_that_is_lost_every_time_ends_after_the_last_attempt(
    world: World, settings: Any
) -> None:
    settings.PUSH_MAX_ATTEMPTS = 3
    world.sandbox.set_faults(fault("create", "status", status=500, times=None))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.ATTEMPTS_EXHAUSTED)
    assert world.sandbox.requests()["create"] == 3
    assert "3" in push.explanation
    assert world.sandbox.received() == []


def test_a_success_page_that_stored_nothing_is_not_a_success(world: World, settings: Any) -> None:
    settings.PUSH_MAX_ATTEMPTS = 2
    world.sandbox.set_faults(fault("create", "html", times=None))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.ATTEMPTS_EXHAUSTED)


def test_a_create_that_is_lost_until_the_deadline_ends_there(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status", status=500, times=None))
    [push] = queue(world, *world.keys(1), source=world.bulk)
    world.work()
    Push.objects.update(deadline_at=Now() - timedelta(seconds=1))
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)


# --- who is who ---------------------------------------------------------------------------------


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


def test_a_stranger_who_was_there_before_is_not_in_the_way(world: World) -> None:
    slug = world.vacancy().slug
    world.sandbox.add_applicant(
        slug, firstname="Paul", lastname="Kerjean", email="foyer@example.org"
    )
    key = add_person(world, "Jeanne", "Kerjean", email="foyer@example.org")
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))
    [push] = queue(world, key)
    finish(world)
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


def test_a_twin_waits_for_a_lost_answer_and_for_no_longer_than_its_deadline(world: World) -> None:
    keys = [add_person(world, "Nora", "Petit", email="nora@example.org") for _ in range(2)]
    [first] = queue(world, keys[0])
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]))
    world.work()
    Push.objects.filter(pk=first.pk).update(next_attempt_at=Now() + timedelta(days=1))
    [second] = queue(world, keys[1])
    world.work()
    [second] = fresh(second)
    assert (second.status, second.attempts) == (S.RETRYING, 0)
    assert second.error_code == ErrorCode.TWIN_ON_ITS_WAY
    assert world.sandbox.requests()["create"] == 1
    Push.objects.filter(pk=second.pk).update(
        next_attempt_at=Now(), deadline_at=Now() - timedelta(seconds=1)
    )
    world.work()
    [second] = fresh(second)
    assert (second.status, second.error_code) == (S.FAILED, ErrorCode.DEADLINE_PASSED)


# --- already there, and again on purpose --------------------------------------------------------


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
    finish(world)  # Another doorbell, as another worker would answer it.
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
    again = dispatching.repeat(fresh(first)[0], requested_by=None)
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
    again = dispatching.repeat(first, requested_by=None)
    finish(world)
    assert fresh(again)[0].status == S.UNCONFIRMED
    assert len(world.sandbox.received()) == 2


def test_a_repeat_waits_while_search_does_not_even_show_what_it_repeats(world: World) -> None:
    world.sandbox.set_faults(search_lag_ms=600_000)
    first = world.push(world.keys(1)[0], source=world.bulk)
    world.sandbox.set_faults(lose_create(LOST_BEFORE["500"]), search_lag_ms=600_000)
    again = dispatching.repeat(first, requested_by=None)
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
    again = dispatching.repeat(fresh(first)[0], requested_by=None)
    finish(world)
    assert "a-number-search-does-not-show" in fresh(again)[0].known_applicants


# --- dead workers -------------------------------------------------------------------------------


def die_after_intent(push: Push) -> Push:
    """A worker claims it, commits its intent and is never heard of again."""
    [claimed] = Push.objects.filter(pk=push.pk).claim(1)
    email = claimed.candidate_email or "someone@example.org"
    claimed.begin_create(firstname="Nora", lastname="Petit", email=email, phone="")
    return claimed


def test_a_worker_that_died_before_sending_is_made_good_once(world: World) -> None:
    key = add_person(world, "Nora", "Petit", email="nora@example.org")
    [push] = queue(world, key)
    Push.objects.filter(pk=push.pk).update(candidate_email="nora@example.org")
    die_after_intent(push)
    expire_leases()
    assert Push.objects.release_expired() == 1
    finish(world)
    assert fresh(push)[0].status == S.SUCCEEDED
    assert people(world) == {"Nora Petit": 1}


def test_a_worker_that_died_after_sending_is_found_out(world: World) -> None:
    key = add_person(world, "Nora", "Petit", email="nora@example.org")
    [push] = queue(world, key)
    Push.objects.filter(pk=push.pk).update(candidate_email="nora@example.org")
    die_after_intent(push)
    slug = world.vacancy().slug
    stored = world.sandbox.add_applicant(
        slug, firstname="Nora", lastname="Petit", email="nora@example.org"
    )
    expire_leases()
    Push.objects.release_expired()
    finish(world)
    [push] = fresh(push)
    assert (push.status, push.applicant_id) == (S.SUCCEEDED, stored["applicant"])
    assert "create" not in world.sandbox.requests()


def test_a_dead_workers_request_is_given_time_to_settle(world: World, settings: Any) -> None:
    settings.PUSH_SETTLE_SECONDS = 120
    [push] = queue(world, *world.keys(1), source=world.bulk)
    die_after_intent(push)
    expire_leases()
    Push.objects.release_expired()
    late = Push.objects.filter(next_attempt_at__gt=Now() + timedelta(seconds=115))
    assert late.filter(pk=push.pk, create_started_at__isnull=False).exists()
    assert Push.objects.due().count() == 0


def test_a_worker_that_slept_past_its_lease_sends_nothing(world: World) -> None:
    """The push is claimed and read; the lease ends before the intent could be committed."""
    [push] = queue(world, *world.keys(1), source=world.bulk)
    [claimed] = Push.objects.claim(1)
    expire_leases()
    ledger = DirectLedger()
    Transfer(claimed, ledger, Presence(ledger)).run()
    assert "create" not in world.sandbox.requests()
    [push] = fresh(push)
    assert (push.status, push.create_started_at) == (S.RUNNING, None)
    assert Push.objects.filter(lease_expires_at__lte=Now(), attempts=F("attempts")).exists()


def test_a_worker_that_slept_on_its_intent_sends_nothing(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between the commit and the first byte, for longer than its lease."""
    queue(world, *world.keys(1), source=world.bulk)
    [claimed] = Push.objects.claim(1)
    ledger = DirectLedger()
    transfer = Transfer(claimed, ledger, Presence(ledger))
    begin = transfer._begin
    slept = settings.PUSH_LEASE_SECONDS + 1
    monkeypatch.setattr(transfer, "_begin", lambda candidate: begin(candidate) - slept)
    transfer.run()
    assert "create" not in world.sandbox.requests()
    [push] = fresh(claimed)
    assert (push.status, push.error_code) == (S.RETRYING, ErrorCode.FLATCHR_UNREACHABLE)


def test_an_intent_begins_with_a_whole_lease(settings: Any) -> None:
    """The worker counts from its commit, so the row must."""
    make_push()
    [claimed] = Push.objects.claim(1, lease=5)
    claimed.begin_create(firstname="A", lastname="B", email="", phone="")
    whole = Now() + timedelta(seconds=settings.PUSH_LEASE_SECONDS - 1)
    assert Push.objects.filter(pk=claimed.pk, lease_expires_at__gt=whole).exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_send_one_person_from_two_profiles(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ask for twins before either has committed its intent."""
    keys = [add_person(world, "Nora", "Petit", email="nora@example.org") for _ in range(2)]
    for key in keys:
        queue(world, key)
    both = threading.Barrier(2)
    check = Transfer._check_twins

    def check_together(self: Transfer, candidate: Any) -> None:
        check(self, candidate)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)

    monkeypatch.setattr(Transfer, "_check_twins", check_together)

    def work() -> None:
        try:
            Shift(5, threads=1, wait=False).run()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert people(world) == {"Nora Petit": 1}
