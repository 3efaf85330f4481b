"""After success: the applicant is found again, named, and enriched; never created once more."""

from __future__ import annotations

import dataclasses
import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from sync.clients.flatchr import FlatchrClient
from sync.clients.flatchr_answers import Column
from sync.exceptions import SecretUnreadableError
from sync.models import FlatchrCompany, Push, Run
from sync.models.breaker import REFUSALS_TO_OPEN
from sync.models.states import EnrichmentStatus, PushStatus
from sync.services import follow_up as following
from sync.services import stopping
from sync.services.dispatch import repeat
from sync.services.follow_up import MOST_CONFIRM_TRIES, follow_up
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import add_person, fault, finish, slow_clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["slow_clock"]
S, E = PushStatus, EnrichmentStatus


def look(*, enrich: bool = False) -> int:
    """The time to look again has come."""
    Push.objects.filter(confirm_after__isnull=False).update(confirm_after=Now())
    if enrich:
        Push.objects.filter(enrichment_after__isnull=False).update(enrichment_after=Now())
    return follow_up(10)


def pushed(world: World, *keys: str, **more: Any) -> list[Push]:
    world.dispatch(*keys, **more)
    finish(world)
    world.sandbox.post("/control/faults", {})
    return list(Push.objects.filter(profile_key__in=keys).order_by("pk"))


def requests(world: World) -> dict[str, int]:
    """Since the last call, without what the fixtures asked for."""
    before: dict[str, int] = getattr(world, "_counted", {})
    now = world.sandbox.requests()
    world._counted = dict(now)  # type: ignore[attr-defined]
    return {name: n - before.get(name, 0) for name, n in now.items() if n != before.get(name, 0)}


# --- read-back ----------------------------------------------------------------------------------


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


def move(world: World, push: Push, title: str) -> None:
    """As a recruiter does, in Flatchr."""
    from sync.services.accounts import flatchr_client

    flatchr = flatchr_client(push.vacancy.company)
    [applicant] = flatchr.search_applicants(email=push.candidate_email)
    [column] = [column for column in flatchr.list_columns() if column.title == title]
    flatchr.move_applicant(push.vacancy.remote_id, applicant.id, column.id)


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
    first = following._take(Push.objects.to_confirm(), "confirm_after")
    second = following._take(Push.objects.to_confirm(), "confirm_after")
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
    found = following.on_vacancy
    turn = -1 if request.param else 1
    monkeypatch.setattr(following, "on_vacancy", lambda a, v: found(a, v)[::turn])


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


# --- read-back while Flatchr is away ------------------------------------------------------------


def test_searches_that_fail_do_not_use_the_tries_up(world: World) -> None:
    pushed(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(fault("search", "status", status=503, times=None))
    for _ in range(MOST_CONFIRM_TRIES):
        look()
    push = Push.objects.get()
    assert (push.confirm_tries, push.error_code) == (0, "")
    assert push.confirm_after and push.confirm_after > timezone.now()
    [one] = world.sandbox.received()
    world.sandbox.remove_applicant(one["applicant"])
    world.sandbox.set_faults()
    look()
    push = Push.objects.get()
    assert (push.confirm_tries, push.error_code) == (1, ""), "one real miss is not the last"


def test_who_cannot_be_looked_for_in_a_day_is_reported(world: World) -> None:
    pushed(world, *world.keys(1), source=world.bulk)
    world.sandbox.set_faults(fault("search", "status", status=401, times=None))
    look()
    assert Push.objects.get().confirm_after
    Push.objects.update(closed_at=Now() - timedelta(days=2))
    look()
    push = Push.objects.get()
    assert (push.confirm_after, push.error_code) == (None, ErrorCode.FLATCHR_MISMATCH)


def test_a_stage_that_cannot_be_read_again_is_left_as_it_is(world: World) -> None:
    pushed(world, *world.keys(1), source=world.bulk)
    look()
    Push.objects.update(confirm_after=Now(), closed_at=Now() - timedelta(days=9))
    world.sandbox.set_faults(fault("search", "status", status=503))
    look()
    assert Push.objects.get().confirm_after, "a fault passes"
    world.sandbox.set_faults(fault("search", "status", status=401))
    look()
    push = Push.objects.get()
    assert (push.confirm_after, push.error_code, push.column) == (None, "", "Nouveaux")


def test_a_refused_key_pauses_the_company_and_nobody_is_searched_meanwhile(premium: World) -> None:
    pushed(premium, *premium.keys(2), source=premium.bulk)
    premium.sandbox.set_faults(fault("search", "status", status=401, times=None))
    for _ in range(REFUSALS_TO_OPEN):
        look()
    assert FlatchrCompany.objects.get().is_paused
    requests(premium)
    assert look(enrich=True) == 0
    assert requests(premium) == {}


def test_a_company_that_is_switched_off_is_not_searched(premium: World) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    FlatchrCompany.objects.update(is_active=False)
    requests(premium)
    assert look(enrich=True) == 0
    FlatchrCompany.objects.update(is_active=True)
    assert look(enrich=True) == 2


@pytest.fixture
def beats(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("sync.services.heartbeat.beat", lambda: found.append(time.monotonic()))
    monkeypatch.setattr("sync.services.heartbeat.BEAT_SECONDS", 0.2)
    return found


def test_a_search_that_hangs_silences_no_heartbeat_and_ends_with_its_time(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, beats: list[float]
) -> None:
    settings.HTTP_TIMEOUT_SECONDS = 1.5
    for title in ("Comptable", "Développeur Python (H/F)"):
        pushed(world, *world.keys(1), source=world.bulk, vacancy=world.vacancy(title))
    monkeypatch.setattr(following, "THREADS", 1)
    world.sandbox.set_faults(fault("search", "hang", times=None))
    Push.objects.update(confirm_after=Now())
    requests(world)
    begun = time.monotonic()
    assert follow_up(0.5) == 1, "the second vacancy is left for another time"
    assert time.monotonic() - begun < 2.5
    assert len(beats) >= 5
    assert requests(world) == {"search": 1}


def test_a_stop_leaves_the_read_back_for_later(world: World) -> None:
    pushed(world, *world.keys(1), source=world.bulk)
    stopping.requested.set()
    try:
        assert look() == 0
    finally:
        stopping.requested.clear()
    assert look() == 1


def test_what_a_person_confirmed_is_looked_for_too(world: World) -> None:
    world.sandbox.set_faults(fault("create", "status_after", status=500))
    world.dispatch(*world.keys(1), source=world.bulk)
    world.work()
    [claimed] = _claim_all()
    claimed.leave_to_person(_ambiguous())
    claimed.confirm(None)
    assert follow_up(5) == 1
    assert Push.objects.get().applicant_id


def _claim_all() -> list[Push]:
    Push.objects.waiting().update(next_attempt_at=Now())
    return Push.objects.claim(10)


def _ambiguous() -> Any:
    from sync.exceptions import PermanentError

    return PermanentError(ErrorCode.FLATCHR_AMBIGUOUS)


# --- enrichment ---------------------------------------------------------------------------------


@pytest.fixture
def premium(world: World) -> World:
    """A company with the option, and the readings of this world's fixtures not counted."""
    FlatchrCompany.objects.update(enrich=True)
    return world


def received(world: World, push: Push) -> dict[str, Any]:
    [one] = [one for one in world.sandbox.received() if one["applicant"] == push.applicant_id]
    return one


def test_a_company_without_the_option_is_asked_for_nothing(world: World) -> None:
    pushed(world, *world.keys(2), source=world.bulk)
    requests(world)
    look(enrich=True)
    assert requests(world) == {"search": 1}
    assert set(Push.objects.values_list("enrichment_status", flat=True)) == {E.NONE}


def test_candidates_are_enriched_once_their_applicant_is_known(premium: World) -> None:
    keys = premium.keys(6)
    pushed(premium, *keys, source=premium.bulk)
    assert set(Push.objects.values_list("enrichment_status", flat=True)) == {E.PENDING}
    look(enrich=True)
    assert set(Push.objects.values_list("enrichment_status", flat=True)) == {E.DONE}
    for push in Push.objects.all():
        one = received(premium, push)
        assert one["resume"]["profile_key"] == push.profile_key
        [sent] = one["enrichment"]
        assert sent["type"] == "applicants" and sent["name"] == "parsing"
        assert sent["value"]["name"]["formattedName"] == push.candidate_name
    assert premium.sandbox.violations() == []
    assert premium.sandbox.requests()["create"] == 6
    assert look(enrich=True) == 0


def test_people_who_share_an_email_or_a_last_name_get_their_own_career(premium: World) -> None:
    keys = [premium.key("shared_email_1"), premium.key("shared_email_2")]
    keys += [add_person(premium, first, "Le Goff", email=None) for first in ("Anne", "Marc")]
    pushed(premium, *keys)
    look(enrich=True)
    for push in Push.objects.all():
        [sent] = received(premium, push)["enrichment"]
        assert sent["value"]["name"]["formattedName"] == push.candidate_name


def test_a_recruiters_own_move_is_not_undone(premium: World) -> None:
    [push] = pushed(premium, *premium.keys(1), source=premium.bulk)
    Push.objects.update(enrichment_after=Now() + timedelta(hours=1))
    look()
    move(premium, push, "Entretien")
    look(enrich=True)
    [one] = premium.sandbox.received()
    assert one["column"] == "Entretien" and one["enrichment"]


def test_nobody_is_moved_where_two_stages_have_one_title(
    premium: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    stages = FlatchrClient.list_columns

    def with_a_twin(client: FlatchrClient) -> list[Column]:
        first, second, *rest = stages(client)
        return [dataclasses.replace(second, title=first.title), first, second, *rest]

    monkeypatch.setattr(FlatchrClient, "list_columns", with_a_twin)
    look(enrich=True)
    push = Push.objects.get()
    [one] = premium.sandbox.received()
    assert (one["column"], one["enrichment"]) == ("Nouveaux", [])
    assert push.enrichment_status == E.FAILED
    assert "Nouveaux" in push.enrichment_error


def test_whom_a_rule_leaves_out_meanwhile_is_not_called_enriched(premium: World) -> None:
    """The rules changed, or the profile did, between the create and the enrichment."""
    pushed(premium, *premium.keys(1), source=premium.bulk)
    Run.objects.update(logics=[{"name": "minimum_experience", "params": {"years": 99}}])
    look(enrich=True)
    push = Push.objects.get()
    assert (push.enrichment_status, push.status) == (E.FAILED, S.SUCCEEDED)
    assert ErrorCode.LOGIC_DISCARDED in push.enrichment_error
    assert received(premium, push)["enrichment"] == []


def test_an_enrichment_without_a_readable_key_says_so(
    premium: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    Push.objects.update(enrichment_after=Now() + timedelta(hours=1))
    look()

    def unreadable(*_: Any, **__: Any) -> None:
        raise SecretUnreadableError("locked")

    monkeypatch.setattr(following, "hrflow_client", unreadable)
    look(enrich=True)
    push = Push.objects.get()
    assert push.enrichment_status == E.FAILED
    assert ErrorCode.SECRET_UNREADABLE in push.enrichment_error


@pytest.mark.parametrize("endpoint", ["enrich", "move", "columns", "search", "read"])
def test_an_enrichment_that_fails_is_tried_again_and_creates_nobody(
    premium: World, endpoint: str
) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    Push.objects.update(enrichment_after=Now() + timedelta(hours=1))
    look()
    premium.sandbox.set_faults(
        fault(endpoint, "status", status=500), fault(endpoint, "html"), fault(endpoint, "reset")
    )
    for tries in (1, 2, 3):
        look(enrich=True)
        push = Push.objects.get()
        assert (push.enrichment_status, push.enrichment_tries) == (E.PENDING, tries)
        assert push.enrichment_error and push.status == S.SUCCEEDED
    look(enrich=True)
    push = Push.objects.get()
    assert (push.enrichment_status, push.enrichment_error) == (E.DONE, "")
    assert premium.sandbox.requests()["create"] == 1


def test_an_enrichment_that_never_works_is_given_up(premium: World, settings: Any) -> None:
    settings.PUSH_MAX_ATTEMPTS = 2
    pushed(premium, *premium.keys(1), source=premium.bulk)
    premium.sandbox.set_faults(fault("enrich", "status", status=500, times=None))
    for _ in range(4):
        look(enrich=True)
    push = Push.objects.get()
    assert (push.enrichment_status, push.status) == (E.FAILED, S.SUCCEEDED)
    assert push.enrichment_error and push.error_code == ""
    assert premium.sandbox.requests()["create"] == 1
    premium.sandbox.set_faults()
    push.retry_enrichment(None)
    look(enrich=True)
    assert Push.objects.get().enrichment_status == E.DONE


def test_a_company_that_lost_the_option_is_told_so_at_once(premium: World) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    premium.sandbox.set_faults(fault("enrich", "status", status=403, times=None))
    look(enrich=True)
    push = Push.objects.get()
    assert (push.enrichment_status, push.enrichment_tries) == (E.FAILED, 0)
    assert push.enrichment_error


def test_retry_after_is_honoured_in_enrichment(premium: World) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    premium.sandbox.set_faults(fault("enrich", "status", status=429, retry_after=900))
    look(enrich=True)
    after = Push.objects.get().enrichment_after
    assert after and after - timezone.now() > timedelta(seconds=890)


def test_nobody_is_enriched_whose_applicant_was_never_found(premium: World) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    [applicant] = premium.sandbox.received()
    premium.sandbox.remove_applicant(applicant["applicant"])
    for _ in range(MOST_CONFIRM_TRIES):
        look(enrich=True)
    push = Push.objects.get()
    assert push.enrichment_status == E.FAILED, "not “to come” for ever"
    assert push.enrichment_error
    requests_made = premium.sandbox.requests()
    assert "enrich" not in requests_made and "move" not in requests_made
    push.retry_enrichment(None)
    assert Push.objects.to_confirm().count() == 1, "they are looked for first"


def test_enrichment_keeps_the_companys_limit(premium: World) -> None:
    pushed(premium, *premium.keys(3), source=premium.bulk)
    look()
    FlatchrCompany.objects.update(requests_per_minute=1200)
    premium.sandbox.clear()
    Push.objects.update(enrichment_after=Now(), enrichment_status=E.PENDING)
    follow_up(10)
    times = premium.sandbox.state()["request_times"][premium.company.company]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) >= 3 and min(gaps) >= 0.03


def test_a_push_that_was_already_there_is_not_enriched(premium: World) -> None:
    key = add_person(premium, "Zoé", "Riou", email="zoe@example.org")
    premium.sandbox.add_applicant(
        premium.vacancy().slug, firstname="Zoé", lastname="Riou", email="zoe@example.org"
    )
    [push] = pushed(premium, key)
    look(enrich=True)
    push = Push.objects.get()
    assert (push.status, push.enrichment_status) == (S.ALREADY_THERE, E.NONE)
