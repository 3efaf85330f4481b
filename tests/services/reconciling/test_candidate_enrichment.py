"""Enrichment after the read-back; nobody is created once more."""

from __future__ import annotations

import dataclasses
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
from sync.models.states import EnrichmentStatus, PushStatus
from sync.services.reconciling import enrichment
from sync.services.reconciling.follow_up import follow_up
from sync.services.reconciling.read_back import MOST_CONFIRM_TRIES
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import add_person, fault, slow_clock
from tests.services.reconciling.read_back import look, move, premium, pushed, requests

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slow_clock")]
__all__ = ["premium", "slow_clock"]
S, E = PushStatus, EnrichmentStatus


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


@pytest.mark.parametrize("moment", ["before our move", "after our move"])
def test_a_move_during_the_enrichment_is_put_back(
    premium: World, monkeypatch: pytest.MonkeyPatch, caplog: Any, moment: str
) -> None:
    """Flatchr's search lags: the stage that it shows before our move may be an old one."""
    [push] = pushed(premium, *premium.keys(1), source=premium.bulk)
    Push.objects.update(enrichment_after=Now() + timedelta(hours=1))
    look()
    real, seen, moves = enrichment.search_for, [], []
    send = FlatchrClient.move_applicant

    def late(push: Push, flatchr: FlatchrClient) -> Any:
        seen.append(1)
        found = real(push, flatchr)
        if len(seen) == 1 and moment == "before our move":
            move(premium, push, "Entretien")
        if len(seen) == 2 and moment == "before our move":  # shown only now
            found = [dataclasses.replace(one, column="Entretien") for one in found]
        return found

    def moved(flatchr: FlatchrClient, *arguments: Any) -> str:
        answer = send(flatchr, *arguments)
        moves.append(arguments)
        if len(moves) == 1 and moment == "after our move":
            move(premium, push, "Entretien")
        return answer

    push = Push.objects.select_related("vacancy__company").get()
    monkeypatch.setattr(enrichment, "search_for", late)
    monkeypatch.setattr(FlatchrClient, "move_applicant", moved)
    look(enrich=True)
    [one] = premium.sandbox.received()
    assert one["column"] == "Entretien" and one["enrichment"]
    assert "put there again" in caplog.text


def test_nothing_is_moved_twice_where_nobody_moved(premium: World) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    Push.objects.update(enrichment_after=Now() + timedelta(hours=1))
    look()
    requests(premium)
    look(enrich=True)
    counted = requests(premium)
    assert counted["move"] == 1 and counted["search"] == 2


def test_nobody_is_moved_where_two_stages_have_one_title(
    premium: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed(premium, *premium.keys(1), source=premium.bulk)
    stages = FlatchrClient.list_columns

    def with_a_second_of_that_title(client: FlatchrClient) -> list[Column]:
        first, second, *rest = stages(client)
        return [dataclasses.replace(second, title=first.title), first, second, *rest]

    monkeypatch.setattr(FlatchrClient, "list_columns", with_a_second_of_that_title)
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

    monkeypatch.setattr(enrichment, "hrflow_client", unreadable)
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
