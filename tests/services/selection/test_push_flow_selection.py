"""Which profiles of a selection are pushed, left out, or brought back by a tick."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sync.models import Push, ResumePolicy, Run
from sync.models.states import PushStatus
from sync.services.selection import drafts
from tests.admin.push.profile_pages import LIST, make_profile
from tests.admin.push.push_flow import begin, choose, desk, tick, url
from tests.desk import Desk, make_company, make_source, make_vacancy, text_of

pytestmark = pytest.mark.django_db
__all__ = ["desk"]


def states(run: Run) -> dict[str, bool]:
    """By name: is it sent?"""
    sent = set(drafts.sent(run).values_list("pk", flat=True))
    return {row.profile.full_name: row.pk in sent for row in drafts.rows(run)}


def test_what_cannot_be_pushed_is_left_out_and_told(desk: Desk) -> None:
    profiles = [
        make_profile(desk.source, "Fine"),
        make_profile(desk.source, "Without CV", has_resume=False),
        make_profile(desk.source, "Pushed"),
        make_profile(desk.source, "There"),
    ]
    desk.push(PushStatus.SUCCEEDED, profile_key=profiles[2].key)
    desk.push(PushStatus.ALREADY_THERE, profile_key=profiles[3].key)
    run = begin(desk, *profiles)
    choose(desk, run)
    assert [name for name, sent in states(run).items() if sent] == ["Fine"]
    text = text_of(desk.client.get(url("draft", run)))
    assert all(words in text for words in ("no CV", "already pushed", "already there"))


def test_what_is_blocked_is_left_out_before_any_vacancy_is_chosen(desk: Desk) -> None:
    fine, nameless = make_profile(desk.source, "Fine"), make_profile(desk.source, "")
    run = begin(desk, fine, nameless)
    assert states(run) == {"Fine": True, "": False}
    page = text_of(desk.client.get(url("draft", run)))
    assert "tick it to try all the same" in page
    assert "You sent for it" not in page


def test_a_cv_that_the_company_does_not_want_brings_a_profile_back(desk: Desk) -> None:
    run = begin(desk, make_profile(desk.source, "Ada", has_resume=False))
    assert states(run) == {"Ada": False}
    desk.company.resume_policy = ResumePolicy.GENERATE
    desk.company.save()
    choose(desk, run)
    assert states(run) == {"Ada": True}


def test_a_tick_brings_back_what_the_index_may_be_wrong_about(desk: Desk) -> None:
    run = begin(desk, make_profile(desk.source, "Without CV", has_resume=False))
    choose(desk, run)
    row = drafts.rows(run).get()
    desk.client.post(url("take", run), {"shown": [row.pk], "take": [row.pk]})
    assert states(run) == {"Without CV": True}


def test_no_tick_brings_back_what_was_pushed(desk: Desk) -> None:
    profile = make_profile(desk.source, "Pushed")
    desk.push(PushStatus.SUCCEEDED, profile_key=profile.key)
    run = begin(desk, profile)
    choose(desk, run)
    row = drafts.rows(run).get()
    desk.client.post(url("take", run), {"shown": [row.pk], "take": [row.pk]})
    assert states(run) == {"Pushed": False}
    desk.client.post(url("confirm", run))
    assert Push.objects.count() == 1


def test_an_untick_concerns_only_the_rows_of_the_page(desk: Desk) -> None:
    run = begin(desk, *[make_profile(desk.source, name) for name in ("Ada", "Bob", "Cyd")])
    choose(desk, run)
    ada, bob, _cyd = drafts.rows(run)
    desk.client.post(url("take", run), {"shown": [ada.pk, bob.pk], "take": [bob.pk]})
    assert states(run) == {"Ada": False, "Bob": True, "Cyd": True}


def test_another_vacancy_keeps_what_was_unticked_and_judges_the_rest_anew(desk: Desk) -> None:
    lenient = make_company("Lenient", resume_policy=ResumePolicy.GENERATE)
    lenient.members.add(desk.user)
    desk.source.companies.add(lenient)
    bob = make_profile(desk.source, "Bob", has_resume=False)
    run = begin(desk, make_profile(desk.source, "Ada"), bob)
    choose(desk, run)
    ada, _bob = drafts.rows(run)
    desk.client.post(url("take", run), {"shown": [ada.pk]})
    assert states(run) == {"Ada": False, "Bob": False}
    choose(desk, run, make_vacancy(lenient))
    assert states(run) == {"Ada": False, "Bob": True}


def test_a_selection_one_has_left_is_offered_again_on_the_list(desk: Desk) -> None:
    run = begin(desk, make_profile(desk.source, "Ada"))
    response = desk.client.get(LIST)
    assert "1 profile that you chose waits for your confirmation." in text_of(response)
    assert url("draft", run) in response.content.decode()
    desk.client.post(url("discard", run))
    assert "waits for your confirmation" not in text_of(desk.client.get(LIST))


def test_a_selection_is_gathered_by_several_searches(desk: Desk) -> None:
    ada, bob = make_profile(desk.source, "Ada"), make_profile(desk.source, "Bob")
    nameless = make_profile(desk.source, "")
    assert "add_to_selection" not in desk.client.get(LIST).content.decode()
    run = begin(desk, ada)
    tick(desk.client, ada, bob, nameless, query="?cv=yes", action="add_to_selection")
    assert states(run) == {"Ada": True, "Bob": True, "": False}
    assert Run.objects.get() == run


def test_a_tick_by_hand_outlives_what_is_added(desk: Desk) -> None:
    run = begin(desk, make_profile(desk.source, ""))
    row = drafts.rows(run).get()
    desk.client.post(url("take", run), {"shown": row.pk, "take": row.pk})
    tick(desk.client, make_profile(desk.source, "Bob"), action="add_to_selection")
    assert states(run) == {"": True, "Bob": True}


def test_a_longer_selection_takes_no_more_statements(desk: Desk) -> None:
    def statements(count: int) -> int:
        many = [make_profile(desk.source, f"{count} {number}") for number in range(count)]
        run = begin(desk, *many)
        choose(desk, run)
        with CaptureQueriesContext(connection) as captured:
            desk.client.get(url("draft", run))
        return len(captured)

    assert statements(2) == statements(40)


def test_who_may_no_longer_be_contacted_is_left_out(desk: Desk) -> None:
    type(desk.company).objects.update(contact_within_days=365)
    now = timezone.now()
    old = now - timedelta(days=500)
    profiles = [
        make_profile(desk.source, "Recent", last_contact_at=now),
        make_profile(desk.source, "Old", last_contact_at=old),
        make_profile(desk.source, "Consents", last_contact_at=old, consent_until=now.date()),
        make_profile(desk.source, "Ended", last_contact_at=now, consent_until=old.date()),
    ]
    run = begin(desk, *profiles)
    choose(desk, run)
    assert [name for name, sent in states(run).items() if sent] == ["Consents", "Recent"]


def test_a_draft_loses_what_its_maker_may_no_longer_see_and_keeps_the_rest(desk: Desk) -> None:
    closed = make_source("Closed")
    closed.companies.add(desk.company)
    run = begin(desk, make_profile(desk.source, "Ada"), make_profile(closed, "Bob"))
    choose(desk, run)
    closed.companies.clear()
    text = text_of(desk.client.get(url("draft", run)))
    assert "Ada" in text and "Bob" not in text
    desk.client.post(url("confirm", run))
    assert [push.candidate_name for push in Push.objects.all()] == ["Ada"]
