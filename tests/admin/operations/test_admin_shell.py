"""What surrounds every admin page: menu, worker notice, language, first steps."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sync.admin.site import environment_label
from sync.models import FlatchrCompany, HrFlowSource, WorkerGroup
from sync.models.states import PushStatus
from tests.admin.setup.setup_pages import SECRET, boss, form_of, page
from tests.desk import Desk, client_of, make_company, make_user, text_of

pytestmark = pytest.mark.django_db
__all__ = ["boss"]


def test_the_menu_is_by_job_and_knows_where_one_is(boss: Client) -> None:
    response = boss.get(reverse("admin:sync_flatchrvacancy_changelist"))
    groups = [str(group["name"]) for group in response.context["available_apps"]]
    assert groups == ["Push", "History", "Set-up", "Operations"]
    assert response.content.decode().count('aria-current="page">') >= 1


def test_every_page_says_when_no_worker_is_alive(boss: Client) -> None:
    desk = Desk()
    desk.push(PushStatus.QUEUED)
    text = text_of(boss.get("/admin/sync/profile/"))
    assert "No worker is running. 1 push waits" in text
    WorkerGroup.objects.create(worker_id="w", host="h", beat_at=timezone.now())
    assert "No worker is running" not in text_of(boss.get("/admin/sync/profile/"))


def test_the_notice_counts_only_what_one_may_see() -> None:
    Desk().push(PushStatus.QUEUED)
    other = make_company("Other")
    stranger = client_of(make_user("stranger", "view_profile", company=other))
    text = text_of(stranger.get("/admin/sync/profile/"))
    assert "No worker is running. Pushes will wait until one starts." in text


@pytest.mark.parametrize(
    ("address", "debug", "kind"),
    [
        ("http://127.0.0.1:8765", True, "sandbox"),
        ("https://api.hrflow.ai/v1", True, "development"),
        ("https://api.hrflow.ai/v1", False, "production"),
    ],
)
def test_it_says_where_one_is(settings: Any, address: str, debug: bool, kind: str) -> None:
    settings.HRFLOW_API_URL = settings.FLATCHR_API_URL = settings.FLATCHR_CAREERS_URL = address
    settings.DEBUG = debug
    assert environment_label()["kind"] == kind


def test_the_language_is_chosen_by_a_click(boss: Client) -> None:
    form = {"language": "fr", "next": "/admin/"}
    response = boss.post(reverse("set_language"), form, follow=True)
    assert '<html lang="fr">' in response.content.decode()


def test_an_empty_installation_shows_the_way(boss: Client) -> None:
    steps = boss.get("/admin/").context["checklist"].steps
    assert [step.is_done for step in steps] == [False] * 8
    assert [step.is_next for step in steps] == [True] + [False] * 7
    HrFlowSource.objects.create(name="s", api_user="a@b.fr", api_secret="x", source_key="k")
    steps = boss.get("/admin/").context["checklist"].steps
    assert steps[0].is_done
    assert steps[1].is_next


def test_a_connection_that_was_tested_counts_as_done(boss: Client) -> None:
    source = HrFlowSource.objects.create(
        name="s", api_user="a@b.fr", api_secret="x", source_key="k"
    )
    assert not boss.get("/admin/").context["checklist"].steps[1].is_done
    HrFlowSource.objects.filter(pk=source.pk).update(tested_at=timezone.now())
    assert boss.get("/admin/").context["checklist"].steps[1].is_done


def test_the_checklist_says_that_nobody_may_push_yet(boss: Client) -> None:
    """A source that is opened to nobody, and a company without members, look complete."""
    company = FlatchrCompany.objects.create(name="A", company="a", auth="x")
    source = HrFlowSource.objects.create(
        name="s", api_user="a@b.fr", api_secret="x", source_key="k"
    )
    urls = {page(company), page(source)}
    steps = boss.get("/admin/").context["checklist"].steps
    assert {step.url for step in steps[4:6] if not step.is_done} == urls
    company.members.add(User.objects.get())
    source.companies.add(company)
    steps = boss.get("/admin/").context["checklist"].steps
    assert all(step.is_done for step in steps[4:6])


def test_what_was_added_shows_its_own_page_where_it_can_be_tested(boss: Client) -> None:
    url = reverse("admin:sync_flatchrcompany_add")
    form = {**form_of(boss, url), "name": "A", "company": "a" * 16, "auth": SECRET}
    response = boss.post(url, form)
    assert response.url == page(FlatchrCompany.objects.get())  # type: ignore[attr-defined]


def test_the_checklist_leaves_once_something_was_pushed(boss: Client) -> None:
    Desk().push()
    assert "checklist" not in boss.get("/admin/").context


def test_pages_hold_nothing_inline(boss: Client) -> None:
    desk = Desk()
    for url in ("/admin/", "/admin/sync/profile/", page(desk.source), page(desk.company)):
        html = boss.get(url).content.decode()
        assert " style=" not in html
        assert "<style" not in html
        assert "<script>" not in html
