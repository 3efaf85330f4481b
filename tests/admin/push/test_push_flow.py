"""From ticked profiles to a run."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sync.models import Profile, Push, Run
from sync.services.intake.profiles import import_profiles
from sync.services.selection import drafts, preview
from tests.admin.push.profile_pages import LIST, PERMISSIONS, make_profile
from tests.admin.push.push_flow import begin, choose, desk, tick, url
from tests.conftest import World
from tests.desk import Desk, client_of, make_source, make_user, text_of

pytestmark = pytest.mark.django_db
__all__ = ["desk"]


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


def test_the_exact_candidate_is_shown_and_nothing_is_sent(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.bulk)
    profile = Profile.objects.filter(source=world.bulk).earliest("pk")
    run = drafts.begin(Profile.objects.filter(pk=profile.pk), user=user, vacancy=world.vacancy())
    exact = preview.exact(run, profile)
    body = json.loads(exact.body)
    assert body["vacancy"] == world.vacancy().slug
    assert body["resume"]["data"].endswith("bytes>")
    page = client_of(user).get(url("exact", run, profile.pk))
    assert body["lastname"] in text_of(page)
    assert world.sandbox.received() == []


def test_what_is_left_out_is_said_in_the_preview(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.source)
    profile = Profile.objects.get(source=world.source, key=world.key("phone_is_a_date"))
    run = drafts.begin(Profile.objects.filter(pk=profile.pk), user=user, vacancy=world.vacancy())
    page = client_of(user).get(url("exact", run, profile.pk))
    assert "12/04/1990" in text_of(page) and "no phone number" in text_of(page)
    assert "phone" not in json.loads(preview.exact(run, profile).body)


def test_what_would_fail_is_said_in_the_preview(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.source)
    profile = Profile.objects.get(source=world.source, key=world.key("no_resume"))
    run = drafts.begin(Profile.objects.filter(pk=profile.pk), user=user, vacancy=world.vacancy())
    assert "no CV" in preview.exact(run, profile).problem


def test_a_confirmed_selection_arrives_in_flatchr(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.bulk)
    chosen = list(Profile.objects.filter(source=world.bulk).values_list("pk", flat=True)[:5])
    run = drafts.begin(Profile.objects.filter(pk__in=chosen), user=user)
    drafts.choose_vacancy(run, world.vacancy())
    drafts.confirm(run, user=user)
    world.work()
    assert len(world.sandbox.received(vacancy=world.vacancy().slug)) == 5


def test_five_thousand_are_selected_without_a_row_leaving_the_database(desk: Desk) -> None:
    Profile.objects.bulk_create(
        Profile(source=desk.source, key=f"{number:040x}", full_name="x", has_resume=True)
        for number in range(5000)
    )
    with CaptureQueriesContext(connection) as captured:
        run = drafts.begin(Profile.objects.for_user(desk.user), user=desk.user)
    assert drafts.counts(run).total == 5000
    assert len(captured) < 12


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
