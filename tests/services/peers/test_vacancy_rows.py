"""The same vacancy keeps its row, whatever Flatchr calls it; the public feed is optional."""

from __future__ import annotations

from typing import Any

import pytest

from sync.models import FlatchrCompany, FlatchrVacancy, Push, RunKind, Workflow
from sync.models.states import PushStatus
from sync.services.intake.vacancies import sync_vacancies
from sync.services.intake.workflows import run_workflow
from sync.services.pushing.dispatch import dispatch
from sync.vocabulary.explanations import told
from tests.cases import Case
from tests.cases.reading.vacancies import CASES, FED, LISTED
from tests.conftest import World
from tests.pushing import fault
from tests.raw_server import say, serving
from tests.rows import make_company, make_vacancy

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("case", [case for case in CASES if case.test == LISTED], ids=str)
def test_a_list_meets_the_rows_of_the_one_before(case: Case, settings: Any) -> None:
    company = make_company()
    made: list[int] = []
    with serving(say(200, [])) as server:
        settings.FLATCHR_API_URL = server.url
        for listed in case.input:
            server.answer_with(say(200, listed))
            sync_vacancies(company)
            made = made or list(company.vacancies.order_by("pk").values_list("pk", flat=True))
    rows = list(company.vacancies.order_by("pk"))
    assert [row.pk for row in rows][: len(made)] == made
    found = [(row.slug.replace(f"{row.pk}~", "2~"), row.is_open) for row in rows]
    assert found == case.right


@pytest.mark.parametrize("case", [case for case in CASES if case.test == FED], ids=str)
def test_a_feed_out_of_order_costs_its_extra_rows_only(case: Case, world: World) -> None:
    renamed = world.vacancy()
    extra = make_vacancy(world.company, is_listed=False)
    gone = make_vacancy(world.company)
    world.sandbox.change_vacancy(renamed.slug, title="Comptable confirmé·e")
    world.sandbox.set_faults(fault("careers", times=None, **case.input))
    found = sync_vacancies(world.company)
    for row in (renamed, extra, gone):
        row.refresh_from_db()
    assert (renamed.title, extra.is_open, gone.is_open) == ("Comptable confirmé·e", True, False)
    company = FlatchrCompany.objects.get(pk=world.company.pk)
    words = told(company.last_error)
    assert company.slug in words and f"HTTP {case.right or '—'}" in words and "key" not in words
    assert found.problem is not None and str(found.problem) == words
    assert not company.is_paused
    world.sandbox.set_faults()
    assert sync_vacancies(world.company).closed == 1, "the feed is read, and does not show it"
    assert FlatchrCompany.objects.get(pk=company.pk).last_error == ""


def test_workflows_history_and_the_one_push_survive_a_new_slug(world: World) -> None:
    vacancy = world.vacancy()
    workflow = Workflow.objects.create(workflow_id="w", source=world.bulk, vacancy=vacancy)
    [key] = world.keys(1)
    first = world.push(key, source=world.bulk)
    world.sandbox.change_vacancy(vacancy.slug, title="Comptable général", reslug=True)
    found = sync_vacancies(world.company)
    assert (found.created, found.updated, found.closed) == (0, 1, 0)
    row = FlatchrVacancy.objects.get(pk=vacancy.pk)
    assert row.slug != vacancy.slug and row.is_open
    again = dispatch(source=world.bulk, vacancy=row, keys=[key], kind=RunKind.COMMAND)
    assert again.blocked == [key]
    run_workflow(workflow)
    world.work()
    assert Push.objects.filter(profile_key=key).get() == first
    sent = world.sandbox.received(vacancy=row.slug)
    assert len(sent) == Push.objects.filter(status=PushStatus.SUCCEEDED).count() == 60


def test_a_feed_with_the_former_slug_makes_no_second_row(settings: Any) -> None:
    company = make_company(slug="site")
    listed = {"slug": "b", "vacancy_id": 1, "id": "A", "title": "B"}
    feed = {"items": [{"id": 9, "vacancy": {**listed, "slug": "a"}}]}
    with serving(say(200, [listed]), say(200, feed)) as server:
        settings.FLATCHR_API_URL = settings.FLATCHR_CAREERS_URL = server.url
        sync_vacancies(company)
    assert company.vacancies.get().slug == "b"


def test_of_two_rows_of_one_vacancy_the_one_with_its_slug_is_kept_up(settings: Any) -> None:
    """An earlier version made a second row of a vacancy whose slug had changed."""
    company = make_company()
    old = make_vacancy(company, slug="a", vacancy_id=1, is_open=False)
    new = make_vacancy(company, slug="b", vacancy_id=1)
    with serving(say(200, [{"slug": "b", "vacancy_id": 1, "id": "A", "title": "B"}])) as server:
        settings.FLATCHR_API_URL = server.url
        sync_vacancies(company)
    for row in (old, new):
        row.refresh_from_db()
    assert [(old.slug, old.is_open), (new.slug, new.is_open)] == [("a", False), ("b", True)]
    assert new.remote_id == "A"
