"""From ticked profiles to a run."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sync.models import Profile, Push, ResumePolicy, Run, RunStatus
from sync.models.states import PushStatus
from sync.services import drafts, previews
from sync.services.importing import import_profiles
from tests.conftest import World
from tests.desk import Desk, client_of, make_company, make_source, make_user, make_vacancy, text_of
from tests.test_admin_profiles import LIST, PERMISSIONS, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.user = make_user("chooser", *PERMISSIONS, company=made.company)
    made.client = client_of(made.user)
    return made


def tick(client: Client, *profiles: Profile, query: str = "", **more: str) -> Any:
    keys = [str(profile.pk) for profile in profiles]
    form = {"action": "push_to_flatchr", "index": "0", "_selected_action": keys, **more}
    return client.post(LIST + query, form)


def begin(desk: Desk, *profiles: Profile) -> Run:
    tick(desk.client, *profiles)
    return Run.objects.filter(status=RunStatus.DRAFT).latest("pk")


def url(name: str, run: Run, *more: Any) -> str:
    return reverse(f"admin:sync_push_{name}", args=[run.pk, *more])


def choose(desk: Desk, run: Run, vacancy: Any = None) -> None:
    desk.client.post(url("choose", run), {"vacancy": (vacancy or desk.vacancy).pk})
    run.refresh_from_db()


def states(run: Run) -> dict[str, bool]:
    """By name: is it sent?"""
    sent = set(drafts.sent(run).values_list("pk", flat=True))
    return {row.profile.full_name: row.pk in sent for row in drafts.rows(run)}


def test_three_clicks_lead_from_the_list_to_the_run(desk: Desk) -> None:
    ada, bob = make_profile(desk.source, "Ada"), make_profile(desk.source, "Bob")
    page = tick(desk.client, ada, bob)
    run = Run.objects.get()
    assert page["Location"] == url("draft", run)
    choose(desk, run)
    response = desk.client.post(url("confirm", run))
    made = Run.objects.get()
    assert response["Location"] == reverse("admin:sync_run_change", args=[made.pk])
    pushes = Push.objects.filter(run=made, vacancy=desk.vacancy, requested_by=desk.user)
    assert sorted(pushes.values_list("candidate_name", flat=True)) == ["Ada", "Bob"]


def test_nothing_is_queued_before_it_is_confirmed(desk: Desk) -> None:
    choose(desk, begin(desk, make_profile(desk.source, "Ada")))
    assert not Push.objects.exists()


def test_a_second_click_leads_to_the_same_run(desk: Desk) -> None:
    run = begin(desk, make_profile(desk.source, "Ada"))
    choose(desk, run)
    first = desk.client.post(url("confirm", run))
    second = desk.client.post(url("confirm", run))
    assert first["Location"] == second["Location"]
    assert Push.objects.count() == 1


def test_select_all_takes_what_the_filters_show_and_nothing_else(desk: Desk) -> None:
    shown = [make_profile(desk.source, f"With CV {number}") for number in range(60)]
    make_profile(desk.source, "Without", has_resume=False)
    make_profile(make_source("Elsewhere"), "Theirs")
    tick(desk.client, shown[0], query="?cv=yes", select_across="1")
    assert Run.objects.get().selection.count() == 60


def test_somebody_elses_profile_cannot_be_ticked(desk: Desk) -> None:
    theirs = make_profile(make_source("Elsewhere"), "Theirs")
    tick(desk.client, theirs)
    assert not Run.objects.filter(selection__isnull=False).exists()


def test_who_may_not_push_is_not_offered_it(desk: Desk) -> None:
    profile = make_profile(desk.source, "Ada")
    reader = client_of(make_user("reader", "view_profile", company=desk.company))
    tick(reader, profile)
    assert not Run.objects.exists()
    assert "Push to Flatchr" not in text_of(reader.get(LIST))


def test_too_many_are_refused_with_the_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_PROFILES", 1)
    both = [make_profile(desk.source, name) for name in ("Ada", "Bob")]
    response = tick(desk.client, *both)
    assert not Run.objects.exists()
    assert "too many" in text_of(desk.client.get(response["Location"]))


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


@pytest.mark.parametrize("query", ["developpeur", "DÉVELOPPEUR", "aviva dev", "ref-9"])
def test_vacancies_are_found_while_one_types(desk: Desk, query: str) -> None:
    make_vacancy(desk.company, "Développeur Python", reference="REF-9")
    run = begin(desk, make_profile(desk.source, "Ada"))
    text = text_of(desk.client.get(url("vacancies", run), {"q": query}))
    assert "Développeur Python" in text
    assert "Comptable" not in text


def test_closed_and_foreign_vacancies_are_not_offered(desk: Desk) -> None:
    closed = make_vacancy(desk.company, "Closed one", is_open=False)
    foreign = make_vacancy(make_company("Other"), "Foreign one")
    run = begin(desk, make_profile(desk.source, "Ada"))
    for vacancy in (closed, foreign):
        choose(desk, run, vacancy)
        assert run.vacancy is None
    text = text_of(desk.client.get(url("draft", run)))
    assert "Closed one" not in text
    assert "Foreign one" not in text


def test_profiles_go_only_where_their_source_is_opened_to(desk: Desk) -> None:
    """Two companies of one recruiter must not read each other's candidates."""
    second = make_company("Second")
    second.members.add(desk.user)
    run = begin(desk, make_profile(desk.source, "Ada"))
    choose(desk, run, make_vacancy(second))
    assert run.vacancy is None


def test_a_vacancy_closed_meanwhile_is_told_and_nothing_is_pushed(desk: Desk) -> None:
    run = begin(desk, make_profile(desk.source, "Ada"))
    choose(desk, run)
    type(desk.vacancy).objects.update(is_open=False)
    response = desk.client.post(url("confirm", run), follow=True)
    assert "no longer open" in text_of(response)
    assert not Push.objects.exists()


def test_a_draft_is_its_makers_alone(desk: Desk) -> None:
    run = begin(desk, make_profile(desk.source, "Ada"))
    choose(desk, run)
    colleague = client_of(make_user("colleague", *PERMISSIONS, company=desk.company))
    assert colleague.get(url("draft", run)).status_code == 302
    assert colleague.post(url("confirm", run)).status_code == 302
    assert not Push.objects.exists()


def test_profiles_of_two_sources_make_two_runs(desk: Desk) -> None:
    other = make_source("Second source")
    other.companies.add(desk.company)
    run = begin(desk, make_profile(desk.source, "Ada"), make_profile(other, "Bob"))
    choose(desk, run)
    desk.client.post(url("confirm", run))
    assert {run.source for run in Run.objects.all()} == {desk.source, other}


def test_the_page_that_asks_for_an_answer_leads_nowhere_else(desk: Desk) -> None:
    """It stands at the address of the confirmation, where a GET once found no draft."""
    desk.vacancy.questions = [{"text": "Years?", "required": True, "options": []}]
    desk.vacancy.save()
    run = begin(desk, make_profile(desk.source, "Ada"))
    choose(desk, run)
    page = desk.client.post(url("confirm", run)).content.decode()
    assert f'href="{url("draft", run)}?show=out"' in page
    assert 'href="?' not in page
    assert desk.client.get(url("confirm", run)).url == url("draft", run)  # type: ignore[attr-defined]


def test_the_vacancies_one_used_last_come_first(desk: Desk) -> None:
    late = make_vacancy(desk.company, "Zootechnicien")
    ada = make_profile(desk.source, "Ada")
    for vacancy in (desk.vacancy, late):
        run = begin(desk, ada)
        choose(desk, run, vacancy)
        desk.client.post(url("confirm", run))
    again = begin(desk, make_profile(desk.source, "Bob"))
    offered = desk.client.get(url("vacancies", again)).context["vacancies"]
    assert [one.pk for one in offered[:2]] == [late.pk, desk.vacancy.pk]


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


def test_answers_to_the_questions_go_with_every_candidate(desk: Desk) -> None:
    desk.vacancy.questions = [
        {"id": "1", "text": "Years?", "type": "text", "required": True, "options": []},
        {"id": "2", "text": "Remote?", "type": "select", "required": False, "options": ["a", "b"]},
    ]
    desk.vacancy.save()
    run = begin(desk, make_profile(desk.source, "Ada"))
    choose(desk, run)
    missing = desk.client.post(url("confirm", run), {"question_1": "a"})
    assert "This field is required" in text_of(missing)
    assert "autofocus" in missing.content.decode()
    desk.client.post(url("confirm", run), {"question_0": "5", "question_1": "a"})
    expected = [{"question": "Years?", "value": "5"}, {"question": "Remote?", "value": "a"}]
    assert Push.objects.get().run.answers == expected


def test_a_longer_selection_takes_no_more_statements(desk: Desk) -> None:
    def statements(count: int) -> int:
        many = [make_profile(desk.source, f"{count} {number}") for number in range(count)]
        run = begin(desk, *many)
        choose(desk, run)
        with CaptureQueriesContext(connection) as captured:
            desk.client.get(url("draft", run))
        return len(captured)

    assert statements(2) == statements(40)


def test_the_exact_candidate_is_shown_and_nothing_is_sent(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.bulk)
    profile = Profile.objects.filter(source=world.bulk).earliest("pk")
    run = drafts.begin(Profile.objects.filter(pk=profile.pk), user=user, vacancy=world.vacancy())
    exact = previews.exact(run, profile)
    body = json.loads(exact.body)
    assert body["vacancy"] == world.vacancy().slug
    assert body["resume"]["data"].endswith("bytes>")
    page = client_of(user).get(url("exact", run, profile.pk))
    assert body["lastname"] in text_of(page)
    assert world.sandbox.received() == []


def test_what_would_fail_is_said_in_the_preview(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.source)
    profile = Profile.objects.get(source=world.source, key=world.key("no_resume"))
    run = drafts.begin(Profile.objects.filter(pk=profile.pk), user=user, vacancy=world.vacancy())
    assert "no CV" in previews.exact(run, profile).problem


def test_a_confirmed_selection_arrives_in_flatchr(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.bulk)
    chosen = list(Profile.objects.filter(source=world.bulk).values_list("pk", flat=True)[:5])
    run = drafts.begin(Profile.objects.filter(pk__in=chosen), user=user)
    drafts.choose_vacancy(run, world.vacancy())
    drafts.confirm(run, user=user)
    world.work()
    assert len(world.sandbox.received(vacancy=world.vacancy().slug)) == 5


def test_choosing_a_vacancy_fetches_its_questions(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.bulk)
    run = drafts.begin(Profile.objects.filter(source=world.bulk), user=user)
    vacancy = world.vacancy("Développeur Python (H/F)")
    client_of(user).post(url("choose", run), {"vacancy": vacancy.pk})
    vacancy.refresh_from_db()
    assert len(vacancy.questions) == 2


def test_five_thousand_are_selected_without_a_row_leaving_the_database(desk: Desk) -> None:
    Profile.objects.bulk_create(
        Profile(source=desk.source, key=f"{number:040x}", full_name="x", has_resume=True)
        for number in range(5000)
    )
    with CaptureQueriesContext(connection) as captured:
        run = drafts.begin(Profile.objects.for_user(desk.user), user=desk.user)
    assert drafts.counts(run).total == 5000
    assert len(captured) < 12


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


def test_who_left_the_company_no_longer_sees_the_draft(desk: Desk) -> None:
    ada = make_profile(desk.source, "Ada", email="ada@example.com")
    run = begin(desk, ada)
    choose(desk, run)
    desk.company.members.remove(desk.user)
    pages = [url("draft", run), url("vacancies", run), reverse("admin:sync_run_changelist")]
    for page in (*pages, *pages):  # The first look clears the draft; nothing comes back.
        text = text_of(desk.client.get(page))
        assert not [word for word in ("Ada", "ada@", desk.vacancy.title) if word in text], page
    desk.client.post(url("confirm", run))
    assert not Push.objects.exists()


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
