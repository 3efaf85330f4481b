"""The list of pushes: columns, filters, search."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sync.models import Push
from sync.services.reporting import statistics
from tests.admin.history.push_pages import LIST, page
from tests.desk import ALL, Desk, S, make_company, make_user, make_vacancy, text_of

pytestmark = pytest.mark.django_db


def listed(desk: Desk, query: str) -> set[int]:
    response = desk.client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return {push.pk for push in response.context["cl"].result_list}


def test_the_list_says_who_pushed_whom_where_when_and_with_what_end() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    desk.push(S.SUCCEEDED, column="Entretien")
    text = text_of(desk.client.get(LIST))
    for word in (str(push), push.candidate_email, "Comptable", "Aviva", "recruiter", "no CV"):
        assert word in text
    assert "Entretien" in text


def test_the_history_is_read_only_for_everyone() -> None:
    desk = Desk()
    push = desk.push()
    desk.user.is_superuser = True
    desk.user.save()
    assert desk.client.get(f"{LIST}add/").status_code == 403
    assert desk.client.post(f"{LIST}{push.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in text_of(desk.client.get(LIST))
    desk.client.post(page(push), {"status": "failed", "candidate_name": "changed"})
    assert Push.objects.get(pk=push.pk).candidate_name == push.candidate_name


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=failed", {"failed"}),
        ("state=in_flatchr", {"succeeded", "already_there"}),
        ("state=active", {"queued", "retrying", "running"}),
        ("state=todo", {"failed", "unconfirmed"}),
        ("state=nonsense", set()),
        ("reason=resume_missing", {"failed"}),
        ("reason=nonsense", set()),
        ("", {str(state) for state in S}),
    ],
)
def test_a_filter_by_state_or_reason(query: str, expected: set[str]) -> None:
    desk = Desk()
    states = {desk.push(state).pk: str(state) for state in S}
    assert {states[pk] for pk in listed(desk, query)} == expected


def test_a_filter_by_vacancy_company_person_and_run() -> None:
    desk = Desk()
    other_company = make_company("Nordique")
    other_company.members.add(desk.user)
    other = make_vacancy(other_company, "Infirmier")
    colleague = make_user("colleague", *ALL, company=desk.company)
    mine, theirs = desk.push(), desk.push(run=desk.run(vacancy=other, requested_by=colleague))
    for name, a, b in (
        ("vacancy", desk.vacancy.pk, other.pk),
        ("company", desk.company.pk, other_company.pk),
        ("by", desk.user.pk, colleague.pk),
        ("run", mine.run_id, theirs.run_id),
    ):
        assert listed(desk, f"{name}={a}") == {mine.pk}
        assert listed(desk, f"{name}={b}") == {theirs.pk}
        assert listed(desk, f"{name}=nonsense") == set()


def test_filters_offer_only_what_is_the_readers() -> None:
    desk = Desk()
    desk.push()
    stranger = make_user("stranger")
    secret = make_vacancy(make_company("Nordique"), "Secret job")
    desk.push(run=desk.run(vacancy=secret, requested_by=stranger))
    text = text_of(desk.client.get(LIST))
    assert "Comptable" in text
    for word in ("Secret job", "Nordique", "stranger"):
        assert word not in text


@pytest.mark.parametrize(
    ("query", "ages"),
    [
        ("created=today", {0}),
        ("created=7d", {0, 6}),
        ("created=30d", {0, 6, 29}),
        ("created_from={6}&created_to={6}", {6}),
        ("created_from={29}&created_to={6}", {6, 29}),
        ("created_from={6}", {0, 6}),
        ("created_to={29}", {29, 40}),
        ("created=nonsense", {0, 6, 29, 40}),
        ("created_from=2026-13-45", {0, 6, 29, 40}),
        ("created_from=x&created_to=y", {0, 6, 29, 40}),
        ("created_from=0001-01-01&created_to=9999-12-31", {0, 6, 29, 40}),
    ],
)
def test_a_filter_by_days_includes_both_ends(query: str, ages: set[int]) -> None:
    desk = Desk()
    days = {age: timezone.localdate() - timedelta(days=age) for age in (0, 6, 29, 40)}
    # The first and the last moment of each day.
    pushes = {
        desk.push(at=moment).pk: age
        for age, day in days.items()
        for moment in (
            statistics.midnight(day),
            statistics.after(day) - timedelta(microseconds=1),
        )
    }
    for age, day in days.items():
        query = query.replace(f"{{{age}}}", day.isoformat())
    found = listed(desk, query)
    assert {pushes[pk] for pk in found} == ages
    assert len(found) == 2 * len(ages)


def test_the_custom_range_keeps_the_other_filters() -> None:
    desk = Desk()
    desk.push()
    html = desk.client.get(f"{LIST}?state=succeeded&q=ada&p=0&created=7d").content.decode()
    form = html[html.index('<form class="menu__form"') :].split("</form>")[0]
    assert '<input type="hidden" name="state" value="succeeded">' in form
    assert '<input type="hidden" name="q" value="ada">' in form
    assert 'name="p"' not in form
    assert 'name="created"' not in form


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("lovelace", True),
        ("LOVE", True),
        ("lovelace ada", True),
        ("lovelace grace", False),
        ("ada@cou", True),
        ("ADA@COUNTESS.example", True),
        ("ada@elsewhere", False),
        ("ada@", True),
        ("countess@", False),
        ("4f1d9c3ab2e84d0fa6c1", True),
        ("4f1d9c3ab2e84d0fa6c2", False),
        ("z7gWQnjXG77hJRak", True),
        ("%", False),
        ("  ", True),
    ],
)
def test_a_search_by_name_e_mail_or_key(term: str, found: bool) -> None:
    desk = Desk()
    push = desk.push(
        candidate_name="Ada Lovelace",
        candidate_email="ada@countess.example",
        profile_key="4f1d9c3ab2e84d0fa6c1",
        applicant_id="z7gWQnjXG77hJRak",
    )
    response = desk.client.get(LIST, {"q": term})
    assert (push in response.context["cl"].result_list) is found


def test_a_search_by_the_beginning_of_an_e_mail_without_its_sign() -> None:
    desk = Desk()
    push = desk.push(candidate_name="", candidate_email="countess@example.com")
    assert listed(desk, "q=countess") == {push.pk}


def test_the_number_of_statements_of_the_list_does_not_grow() -> None:
    desk = Desk()
    desk.push()
    desk.client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        desk.client.get(LIST)
    for number in range(40):
        vacancy = make_vacancy(desk.company, f"Job {number}")
        desk.push(list(S)[number % len(S)], vacancy=vacancy)
    with CaptureQueriesContext(connection) as many:
        desk.client.get(LIST)
    assert len(many) == len(few)
    assert len(many) <= 16
