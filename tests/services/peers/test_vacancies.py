"""The vacancies of a company follow Flatchr; one that is gone is closed, never deleted."""

from __future__ import annotations

from typing import Any

import pytest

from sync.clients.flatchr import FlatchrClient
from sync.exceptions import ConfigurationError, CredentialsError, PermanentError, SyncError
from sync.models import FlatchrCompany, FlatchrVacancy
from sync.services.intake.vacancies import fetch_questions, sync_vacancies
from sync.services.peers.connections import check_company, check_source
from tests.conftest import World
from tests.pushing import fault

pytestmark = pytest.mark.django_db


def test_all_are_fetched_open_or_not(world: World) -> None:
    account = world.sandbox.company(premium=True)
    mine = [one for one in world.sandbox.vacancies if one["company"] == account["key"]]
    found = {one.slug: one for one in world.company.vacancies.all()}
    assert set(found) == {one["slug"] for one in mine}
    for one in mine:
        vacancy = found[one["slug"]]
        assert (vacancy.title, vacancy.reference) == (one["title"], one["reference"])
        assert (vacancy.remote_id, vacancy.vacancy_id) == (one["remote_id"], one["vacancy_id"])
        assert vacancy.is_open is one["open"]
        assert vacancy.synced_at
    assert FlatchrCompany.objects.get().vacancies_synced_at


def test_a_second_time_changes_nothing(world: World) -> None:
    found = sync_vacancies(world.company)
    assert (found.created, found.updated, found.closed) == (0, 0, 0)


def test_what_changed_in_flatchr_changes_here(world: World) -> None:
    vacancy = world.vacancy()
    world.sandbox.change_vacancy(vacancy.slug, title="Comptable confirmé·e")
    assert sync_vacancies(world.company).updated == 1
    vacancy.refresh_from_db()
    assert vacancy.title == "Comptable confirmé·e"


def test_one_that_is_closed_and_reopened_follows(world: World) -> None:
    vacancy = world.vacancy()
    for is_open in (False, True):
        world.sandbox.change_vacancy(vacancy.slug, open=is_open)
        sync_vacancies(world.company)
        vacancy.refresh_from_db()
        assert vacancy.is_open is is_open


def test_one_that_flatchr_lists_no_more_is_closed_and_kept(world: World) -> None:
    kept = FlatchrVacancy.objects.create(company=world.company, slug="gone", title="Gone")
    other = FlatchrCompany.objects.create(name="other", company="other", auth="key")
    theirs = FlatchrVacancy.objects.create(company=other, slug="theirs", title="Theirs")
    assert sync_vacancies(world.company).closed == 1
    kept.refresh_from_db()
    theirs.refresh_from_db()
    assert (kept.is_open, theirs.is_open) == (False, True)


@pytest.mark.parametrize("kind", ["html", "empty"])
def test_an_answer_that_nobody_can_read_closes_nothing(world: World, kind: str) -> None:
    before = FlatchrVacancy.objects.open().count()
    world.sandbox.set_faults(fault("vacancies", kind, times=None))
    with pytest.raises(SyncError):
        sync_vacancies(world.company)
    assert FlatchrVacancy.objects.open().count() == before
    assert FlatchrCompany.objects.get().last_error
    world.sandbox.set_faults()
    sync_vacancies(world.company)
    assert FlatchrCompany.objects.get().last_error == ""


def test_an_empty_list_closes_nothing_and_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = FlatchrVacancy.objects.open().count()
    with monkeypatch.context() as empty:
        empty.setattr(FlatchrClient, "list_vacancies", lambda self: [])
        empty.setattr(FlatchrClient, "list_published_vacancies", lambda self, slug: [])
        with pytest.raises(ConfigurationError, match="no vacancy at all"):
            sync_vacancies(world.company)
    assert FlatchrVacancy.objects.open().count() == before
    assert "no vacancy at all" in FlatchrCompany.objects.get().last_error
    sync_vacancies(world.company)
    assert FlatchrCompany.objects.get().last_error == ""


def test_questions_are_fetched_and_not_forgotten_by_the_next_sync(world: World) -> None:
    vacancy = world.vacancy("Développeur Python (H/F)")
    questions = fetch_questions(vacancy)
    assert questions[0]["text"].startswith("Combien d'années")
    assert questions[1]["options"] == ["aucun", "partiel", "complet"]
    sync_vacancies(world.company)
    vacancy.refresh_from_db()
    assert vacancy.questions == questions, "a list without questions does not say there are none"


def test_good_accounts_are_good(world: World) -> None:
    assert check_source(world.bulk) == 60
    assert check_company(world.company) == 5


WRONG: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"auth": "wrong-key"}, CredentialsError),
    ({"company": "unknown"}, PermanentError),
]


@pytest.mark.parametrize(("wrong", "error"), WRONG)
def test_a_wrong_company_is_told(
    world: World, wrong: dict[str, str], error: type[Exception]
) -> None:
    for name, value in wrong.items():
        setattr(world.company, name, value)
    world.company.save()
    for check in (check_company, sync_vacancies):
        with pytest.raises(error):
            check(world.company)


@pytest.mark.parametrize("name", ["api_secret", "api_user", "source_key"])
def test_a_wrong_source_is_told(world: World, name: str) -> None:
    setattr(world.bulk, name, "wrong@example.org")
    world.bulk.save()
    with pytest.raises(PermanentError):
        check_source(world.bulk)
