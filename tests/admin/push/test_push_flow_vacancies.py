"""Choosing the vacancy of a selection."""

from __future__ import annotations

import pytest

from sync.models import Profile, Push
from sync.services.intake.profiles import import_profiles
from sync.services.selection import drafts
from tests.admin.push.profile_pages import PERMISSIONS, make_profile
from tests.admin.push.push_flow import begin, choose, desk, url
from tests.conftest import World
from tests.desk import Desk, client_of, make_company, make_user, make_vacancy, text_of

pytestmark = pytest.mark.django_db
__all__ = ["desk"]


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


def test_choosing_a_vacancy_fetches_its_questions(world: World) -> None:
    user = make_user("recruiter", *PERMISSIONS, company=world.company)
    import_profiles(world.bulk)
    run = drafts.begin(Profile.objects.filter(source=world.bulk), user=user)
    vacancy = world.vacancy("Développeur Python (H/F)")
    client_of(user).post(url("choose", run), {"vacancy": vacancy.pk})
    vacancy.refresh_from_db()
    assert len(vacancy.questions) == 2
