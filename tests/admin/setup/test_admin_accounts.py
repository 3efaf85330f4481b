"""Pages of sources and companies: secrets, connection tests, vacancies, expiry, paused accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource
from tests.admin.setup.setup_pages import SECRET, address, boss, form_of, page
from tests.conftest import World
from tests.desk import client_of, make_user, text_of

pytestmark = pytest.mark.django_db
__all__ = ["boss"]


@pytest.fixture
def company() -> FlatchrCompany:
    return FlatchrCompany.objects.create(name="Aviva", company="aviva", auth=SECRET)


# --- secrets --------------------------------------------------------------------------------------


def test_a_secret_is_never_shown_only_its_end(boss: Client, company: FlatchrCompany) -> None:
    response = boss.get(page(company))
    assert SECRET not in response.content.decode()
    assert "Set, ends in …4f2a." in text_of(response)


def test_an_empty_secret_keeps_the_stored_one(boss: Client, company: FlatchrCompany) -> None:
    response = boss.post(page(company), {**form_of(boss, page(company)), "name": "New", "auth": ""})
    assert response.status_code == 302
    company = FlatchrCompany.objects.get()
    assert (company.name, company.auth) == ("New", SECRET)


def test_a_new_secret_replaces_the_stored_one(boss: Client, company: FlatchrCompany) -> None:
    boss.post(page(company), {**form_of(boss, page(company)), "auth": "another"})
    assert FlatchrCompany.objects.get().auth == "another"


def test_a_company_is_not_added_without_its_secret(boss: Client) -> None:
    url = reverse("admin:sync_flatchrcompany_add")
    response = boss.post(url, {**form_of(boss, url), "name": "A", "company": "a", "auth": ""})
    assert "This field is required" in text_of(response)


def test_a_secret_that_cannot_be_decrypted_breaks_no_page_and_can_be_replaced(
    boss: Client, company: FlatchrCompany, settings: Any
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["another key of more than thirty-two characters"]
    assert "cannot be decrypted" in text_of(boss.get(page(company)))
    assert boss.get(reverse("admin:sync_flatchrcompany_changelist")).status_code == 200
    boss.post(page(company), {**form_of(boss, page(company)), "auth": "another"})
    assert FlatchrCompany.objects.get().auth == "another"


def test_who_may_not_manage_credentials_changes_the_rest(company: FlatchrCompany) -> None:
    rights = ("view_flatchrcompany", "change_flatchrcompany")
    client = client_of(make_user("helper", *rights, company=company))
    response = client.post(
        page(company), {**form_of(client, page(company)), "name": "New", "auth": "another"}
    )
    assert response.status_code == 302
    company = FlatchrCompany.objects.get()
    assert (company.name, company.auth) == ("New", SECRET)


# --- tests, vacancies, expiry, breaker ------------------------------------------------------------


def test_a_test_says_that_all_is_well(world: World, boss: Client) -> None:
    htmx = {"HTTP_HX_REQUEST": "true"}
    text = text_of(boss.post(address(world.source, "test"), **htmx))
    assert "HrFlow accepts the credentials. The source holds 60 profiles." in text
    assert "Flatchr accepts the key" in text_of(boss.post(address(world.company, "test"), **htmx))
    for account in (world.source, world.company):
        account.refresh_from_db()
        assert account.tested_at is not None


def test_a_test_says_exactly_what_is_wrong(world: World, boss: Client) -> None:
    FlatchrCompany.objects.update(auth="wrong")
    HrFlowSource.objects.update(api_secret="wrong")
    response = boss.post(address(world.source, "test"), follow=True)
    assert "HrFlow refused the API key" in text_of(response)
    response = boss.post(address(world.company, "test"), follow=True)
    assert "Flatchr refused the company's API key" in text_of(response)
    for account in (world.source, world.company):
        account.refresh_from_db()
        assert account.tested_at is None


def test_a_click_fetches_the_vacancies(world: World, boss: Client) -> None:
    FlatchrVacancy.objects.all().delete()
    boss.post(address(world.company, "fetch"))
    assert world.company.vacancies.filter(is_open=True).exists()


def test_the_action_fetches_the_vacancies_of_the_ticked(world: World, boss: Client) -> None:
    FlatchrVacancy.objects.all().delete()
    form = {"action": "fetch_vacancies", "index": "0", "_selected_action": [world.company.pk]}
    boss.post(reverse("admin:sync_flatchrcompany_changelist"), form)
    assert world.company.vacancies.exists()


@pytest.mark.parametrize(
    ("days", "words"), [(16, ""), (15, "15 days left"), (0, "expires today"), (-3, "expired")]
)
def test_the_expiry_of_a_key_is_announced_fifteen_days_before(
    boss: Client, company: FlatchrCompany, days: int, words: str
) -> None:
    expiry = timezone.localdate() + timedelta(days=days)
    FlatchrCompany.objects.update(auth_expires_on=expiry)
    assert boss.get(page(company)).context.get("expiry_words", "") == words


def test_a_paused_account_says_why_and_is_resumed_by_a_click(
    boss: Client, company: FlatchrCompany
) -> None:
    later = timezone.now() + timedelta(minutes=5)
    FlatchrCompany.objects.update(paused_until=later, pause_code="flatchr_credentials")
    assert "Flatchr refused the API key" in text_of(boss.get(page(company)))
    boss.post(address(company, "resume"))
    assert not FlatchrCompany.objects.get().is_paused


def test_who_may_only_look_cannot_test_resume_or_fetch(company: FlatchrCompany) -> None:
    reader = client_of(make_user("reader", "view_flatchrcompany", company=company))
    for name in ("test", "resume", "fetch"):
        assert reader.post(address(company, name)).status_code == 403


def test_an_import_shows_its_progress(world: World, boss: Client) -> None:
    rows = HrFlowSource.objects.filter(pk=world.source.pk)
    rows.update(import_beat_at=timezone.now(), import_done=40, import_total=160)
    response = boss.get(address(world.source, "progress"))
    assert "40 / 160" in text_of(response)
    assert "every 1s" in response.content.decode()
    rows.update(import_beat_at=None)
    assert "every 1s" not in boss.get(address(world.source, "progress")).content.decode()
