"""The profiles' list and pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sync.models import Profile, WorkerGroup
from sync.models.states import PushStatus
from sync.services.intake.profiles import import_profiles
from sync.services.queue import notify
from tests.admin.push.profile_pages import LIST, PERMISSIONS, make_profile
from tests.conftest import World
from tests.desk import Desk, client_of, make_company, make_source, make_user, text_of
from tests.notifications import Notifications

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.user = make_user("chooser", *PERMISSIONS, company=made.company)
    made.client = client_of(made.user)
    return made


@pytest.fixture
def recruiter(world: World) -> Client:
    return client_of(make_user("recruiter", *PERMISSIONS, company=world.company))


def names(client: Client, **query: str) -> list[str]:
    found = client.get(LIST, query).context["cl"].result_list
    return sorted(profile.full_name for profile in found)


def test_it_lists_the_profiles_of_sources_opened_to_ones_company(desk: Desk) -> None:
    make_profile(desk.source, "Mine")
    make_profile(make_source("Elsewhere"), "Theirs")
    assert names(desk.client) == ["Mine"]


@pytest.mark.parametrize("query", ["dupont", "zoe@", "comptable", "lyon", "ref-7", "lyon compt"])
def test_it_finds_by_every_field(desk: Desk, query: str) -> None:
    make_profile(
        desk.source,
        "Zoe Dupont",
        email="zoe@example.com",
        headline="Comptable · Aviva",
        location="69000 Lyon",
        reference="REF-7",
    )
    make_profile(desk.source, "Somebody Else", email="else@example.com")
    assert names(desk.client, q=query) == ["Zoe Dupont"]


@pytest.mark.parametrize("query", ["élodie", "Élodie", "ÉLODIE"])
def test_capitals_with_accents_make_no_difference(desk: Desk, query: str) -> None:
    make_profile(desk.source, "Élodie Martin")
    assert names(desk.client, q=query) == ["Élodie Martin"]


def test_the_filters_narrow_the_list(desk: Desk) -> None:
    make_profile(desk.source, "With all")
    make_profile(desk.source, "No CV", has_resume=False)
    make_profile(desk.source, "No e-mail", email="")
    make_profile(desk.source, "Long ago", remote_created_at=timezone.now() - timedelta(days=900))
    assert names(desk.client, cv="no") == ["No CV"]
    assert names(desk.client, email_known="no") == ["No e-mail"]
    since = (timezone.now() - timedelta(days=7)).isoformat()
    assert "Long ago" not in names(desk.client, remote_created_at__gte=since)


def test_profiles_gone_from_hrflow_are_out_of_the_way(desk: Desk) -> None:
    make_profile(desk.source, "There")
    make_profile(desk.source, "Gone", archived_at=timezone.now())
    assert names(desk.client) == ["There"]
    assert names(desk.client, gone="yes") == ["Gone"]


def test_who_was_pushed_to_a_vacancy_can_be_left_out(desk: Desk) -> None:
    pushed, failed = make_profile(desk.source, "Pushed"), make_profile(desk.source, "Failed")
    desk.push(PushStatus.SUCCEEDED, profile_key=pushed.key)
    desk.push(PushStatus.FAILED, profile_key=failed.key)
    assert names(desk.client, not_pushed_to=str(desk.vacancy.pk)) == ["Failed"]


def test_a_vacancy_of_another_company_cannot_be_asked_about(desk: Desk) -> None:
    from tests.desk import make_vacancy

    make_profile(desk.source, "Mine")
    foreign = make_vacancy(make_company("Other"), "Secret vacancy")
    response = desk.client.get(LIST, {"not_pushed_to": str(foreign.pk)})
    assert names(desk.client, not_pushed_to=str(foreign.pk)) == []
    assert "Secret vacancy" not in text_of(response)


def test_it_says_where_a_profile_was_pushed(desk: Desk) -> None:
    profile = make_profile(desk.source, "Ada")
    desk.push(PushStatus.SUCCEEDED, profile_key=profile.key)
    text = text_of(desk.client.get(LIST))
    assert "Comptable" in text
    assert "in Flatchr" in text


def test_a_longer_list_takes_no_more_statements(desk: Desk) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.client.get(LIST)
        return len(captured)

    make_profile(desk.source, "First")
    few = statements()
    for number in range(30):
        profile = make_profile(desk.source, f"Number {number}")
        desk.push(PushStatus.SUCCEEDED, profile_key=profile.key)
    assert statements() == few


def test_the_page_shows_the_profile_as_it_is_in_hrflow_now(world: World, recruiter: Client) -> None:
    import_profiles(world.source)
    profile = Profile.objects.filter(source=world.source).exclude(email="").latest("pk")
    info = {"full_name": "Renamed Since", "email": "new@example.com"}
    world.sandbox.change_profile(profile.key, info=info)
    text = text_of(recruiter.get(reverse("admin:sync_profile_live", args=[profile.pk])))
    assert "new@example.com" in text


def test_the_page_says_why_hrflow_could_not_be_read(world: World, recruiter: Client) -> None:
    profile = make_profile(world.source, "Nowhere", key="0" * 40)
    response = recruiter.get(reverse("admin:sync_profile_change", args=[profile.pk]), {"live": ""})
    assert response.status_code == 200
    assert "HrFlow does not know this profile" in text_of(response)


def test_the_cv_is_handed_over_as_a_download_and_never_shown(
    world: World, recruiter: Client
) -> None:
    import_profiles(world.bulk)
    profile = Profile.objects.filter(source=world.bulk, has_resume=True).earliest("pk")
    response = recruiter.get(reverse("admin:sync_profile_resume", args=[profile.pk]))
    assert response.content.startswith(b"%PDF")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_a_cv_that_cannot_be_had_leads_back_with_the_reason(
    world: World, recruiter: Client
) -> None:
    profile = make_profile(world.source, "Nowhere", key="0" * 40)
    url = reverse("admin:sync_profile_resume", args=[profile.pk])
    response = recruiter.get(url, follow=True)
    assert "HrFlow does not know this profile" in text_of(response)


@pytest.mark.parametrize("page", ["sync_profile_resume", "sync_profile_live"])
def test_somebody_elses_profile_is_not_to_be_had(desk: Desk, page: str) -> None:
    theirs = make_profile(make_source("Elsewhere"), "Theirs")
    response = desk.client.get(reverse(f"admin:{page}", args=[theirs.pk]))
    assert response.status_code == 302
    assert response["Location"] == LIST


def test_the_page_shows_every_push_the_profile_ever_had(desk: Desk) -> None:
    profile = make_profile(desk.source, "Ada")
    desk.push(PushStatus.CANCELLED, profile_key=profile.key)
    desk.push(PushStatus.SUCCEEDED, profile_key=profile.key)
    response = desk.client.get(reverse("admin:sync_profile_change", args=[profile.pk]))
    assert [push.status for push in response.context["pushes"]] == ["succeeded", "cancelled"]


def test_refresh_asks_for_an_import_of_each_source(
    desk: Desk, notifications: Notifications
) -> None:
    before = notifications.count
    desk.client.post(reverse("admin:sync_profile_refresh"))
    desk.client.post(reverse("admin:sync_profile_refresh"))
    assert notifications.count == before + 1


def test_the_list_follows_the_import_that_was_asked_for_until_it_is_over(
    desk: Desk, notifications: Notifications
) -> None:
    progress = reverse("admin:sync_hrflowsource_progress", args=[desk.source.pk])
    response = desk.client.post(reverse("admin:sync_profile_refresh"), follow=True)
    assert f"{progress}?asked=yes&amp;card=1" in response.content.decode()
    WorkerGroup.objects.create(worker_id="one", host="one", beat_at=timezone.now())
    notify.acknowledge(notify.IMPORT, desk.source.pk)  # A worker did it between two looks.
    soon = desk.client.get(progress, {"asked": "yes", "card": "1"}).content.decode()
    assert f"{progress}?asked=last&amp;card=1" in soon
    response = desk.client.get(progress, {"asked": "last", "card": "1"})
    assert "is up to date: 0 profiles" in text_of(response)
    assert "hx-get" not in response.content.decode()
