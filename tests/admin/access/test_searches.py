"""A search for nothing that can be searched finds nothing, in every list."""

from __future__ import annotations

import pytest

from sync.admin.push.flow import _search as search_vacancies
from sync.models import FlatchrVacancy, Profile
from sync.models.states import PushStatus
from tests.cases import Case
from tests.cases.reading.searches import BOTH, CASES
from tests.desk import Desk, client_of, make_vacancy

pytestmark = pytest.mark.django_db
NOTHING = [case for case in CASES if not case.right]
LISTS = ("hrflowsource", "flatchrcompany", "flatchrvacancy", "workflow", "push", "run", "profile")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_search_finds_whom_it_names_and_nobody_else(case: Case) -> None:
    desk = Desk()
    for name in BOTH:
        Profile.objects.create(source=desk.source, key=name, full_name=name)
    found = Profile.objects.mentioning(case.input).order_by("full_name")
    assert [one.full_name for one in found] == case.right


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_choice_of_a_vacancy_is_searched_alike(case: Case) -> None:
    desk = Desk()
    for title in BOTH:
        make_vacancy(desk.company, title)
    found = search_vacancies(FlatchrVacancy.objects.filter(title__in=BOTH), case.input)
    assert [one.title for one in found] == case.right


@pytest.mark.parametrize("case", NOTHING, ids=str)
def test_no_list_shows_everything_for_it(case: Case) -> None:
    desk = Desk()
    desk.push(PushStatus.SUCCEEDED, candidate_name="Zoé Riou", candidate_email="zoe@example.org")
    Profile.objects.create(source=desk.source, key="a", full_name="Zoé Riou")
    desk.user.is_superuser = True
    desk.user.save()
    client = client_of(desk.user)
    for name in LISTS:
        page = client.get(f"/admin/sync/{name}/", {"q": case.input})
        if page.status_code == 302 or not page.context["cl"].search_fields:
            continue
        exact = {"_"} if name in ("flatchrvacancy", "workflow") else set()
        assert case.input in exact or page.context["cl"].result_count == 0, name
