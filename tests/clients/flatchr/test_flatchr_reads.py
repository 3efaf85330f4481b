"""Flatchr client: applicants, vacancies, questions and columns, in the shapes they come in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync.clients.flatchr import Applicant, Column, FlatchrClient, Question
from sync.exceptions import RetryableError
from sync.vocabulary import ErrorCode
from tests.clients.flatchr.flatchr_calls import COMPANY, call, client, error_of
from tests.raw_server import cut, say, serving


def search(flatchr: FlatchrClient) -> list[Applicant]:
    return flatchr.search_applicants(email="zoe@example.com")


FOUND = {
    "applicant": "z7gWQnjXG77hJRak",
    "vacancy": "Account Executive",
    "vacancy_id": 4711,
    "column": "Nouveau",
    "firstname": "Zoé",
    "lastname": "Roux",
    "email": "zoe@example.com",
    "phone": "+33 6 95 46 82 31",
    "created_at": "09/11/21",
}


def test_it_searches_applicants_by_every_filter() -> None:
    with serving(say(200, [FOUND])) as server:
        (found,) = client(server).search_applicants(
            email="zoe@example.com",
            lastname="Roux",
            vacancy_id="abc",
            start=date(2026, 11, 9),
        )
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", f"/api/company/{COMPANY}/search/applicants")
    assert request.json() == {
        "email": "zoe@example.com",
        "lastname": "Roux",
        "vacancy": "abc",
        "start": "11/09/26",
    }
    assert found == Applicant(
        id="z7gWQnjXG77hJRak",
        vacancy_title="Account Executive",
        vacancy_id=4711,
        column="Nouveau",
        firstname="Zoé",
        lastname="Roux",
        email="zoe@example.com",
        phone="+33 6 95 46 82 31",
    )


def test_a_search_without_filters_sends_an_empty_object() -> None:
    with serving(say(200, [])) as server:
        assert client(server).search_applicants() == []
        assert server.requests[0].json() == {}


@pytest.mark.parametrize("given", [None, "", "soon", "99/99/99", 5])
def test_an_applicant_may_lack_everything(given: Any) -> None:
    sparse = {"applicant": "a", "created_at": given, "vacancy_id": None, "phone": 33612345678}
    (found,) = call(say(200, [sparse]), search)
    assert (found.id, found.vacancy_id) == ("a", None)
    assert (found.email, found.phone, found.vacancy_title) == ("", "33612345678", "")


NO_LIST = [
    say(200, {}),
    say(200, {"items": []}),
    say(200, {"error": "x"}),
    say(200, "null"),
    say(200, ""),
    say(200, [None]),
    say(200, ["a"]),
    say(200, "<html></html>", "text/html"),
    cut(b"[", 10),
]


@pytest.mark.parametrize("answer", NO_LIST)
def test_a_search_answer_that_is_no_list_is_an_error_never_nobody(answer: Any) -> None:
    error = error_of(answer, search)
    assert (type(error), error.code) == (RetryableError, ErrorCode.FLATCHR_UNREADABLE)


VACANCY = {
    "id": "enc-1",
    "vacancy_id": 4711,
    "slug": "enc-1-account-executive",
    "reference": "REF",
    "title": "Account Executive",
    "status": 1,
    "questions": [
        {"id": 2, "text": "B?", "type": "list", "required": 1, "options": "x;y; ", "position": 2},
        {"id": "q1", "text": "A?", "type": "text", "required": False, "position": 1},
    ],
}
QUESTIONS = (
    Question("q1", "A?", "text", False, ()),
    Question("2", "B?", "list", True, ("x", "y")),
)


@pytest.mark.parametrize("answer", [[VACANCY], {"items": [VACANCY]}])
def test_it_lists_vacancies_bare_or_wrapped(answer: Any) -> None:
    with serving(say(200, answer)) as server:
        (vacancy,) = client(server).list_vacancies()
        assert server.requests[0].path == f"/api/company/{COMPANY}/vacancies"
    assert (vacancy.remote_id, vacancy.vacancy_id, vacancy.slug) == ("enc-1", 4711, VACANCY["slug"])
    assert (vacancy.reference, vacancy.title, vacancy.is_open) == ("REF", "Account Executive", True)
    assert vacancy.questions == QUESTIONS


@pytest.mark.parametrize(
    ("status", "is_open"), [(1, True), ("1", True), (None, True), (0, False), (2, False)]
)
def test_a_vacancy_is_open_by_its_status(status: Any, is_open: bool) -> None:
    (vacancy,) = call(say(200, [{"slug": "s", "status": status}]), FlatchrClient.list_vacancies)
    assert vacancy.is_open is is_open
    assert (vacancy.remote_id, vacancy.vacancy_id, vacancy.questions) == ("", None, None)


def test_a_vacancy_without_a_slug_is_left_out() -> None:
    assert call(say(200, [{"id": "x"}, {"slug": None}]), FlatchrClient.list_vacancies) == []


def test_a_vacancy_with_a_name_that_no_column_holds_is_left_out_and_the_others_are_not() -> None:
    odd = [{"id": "x", "slug": "s" * 256}, {"id": "9" * 65, "slug": "s"}, VACANCY]
    (vacancy,) = call(say(200, odd), FlatchrClient.list_vacancies)
    assert vacancy.slug == VACANCY["slug"]


def test_it_lists_the_published_vacancies_once_each_and_without_the_key() -> None:
    item = {"id": 1, "offer_id": 98, "published": True, "vacancy": VACANCY}
    with serving(say(200, {"items": [item, {**item, "id": 2, "offer_id": 152}]})) as server:
        (vacancy,) = client(server).list_published_vacancies("avivacuisines")
        (request,) = server.requests
    assert vacancy.slug == VACANCY["slug"]
    assert request.path == "/careers/company/avivacuisines.json"
    assert "authorization" not in request.headers


def test_it_reads_the_questions_of_a_vacancy() -> None:
    with serving(say(200, VACANCY), say(200, {"id": "enc-1", "questions": None})) as server:
        assert tuple(client(server).read_questions("enc/1")) == QUESTIONS
        assert client(server).read_questions("enc-1") == []
        assert server.requests[0].path == "/api/vacancy/enc%2F1?fields=questions"


def test_it_lists_the_columns_in_their_order() -> None:
    listed = [
        {"id": 7, "title": "Recruté", "position": 2, "visible": True, "hired": True},
        {"id": "c1", "title": "Nouveau", "position": 1},
        {"title": "without id"},
    ]
    columns = call(say(200, listed), FlatchrClient.list_columns)
    assert columns == [Column("c1", "Nouveau", 1, False), Column(7, "Recruté", 2, True)]


@pytest.mark.parametrize(
    "action",
    [
        FlatchrClient.list_vacancies,
        FlatchrClient.list_columns,
        lambda flatchr: flatchr.list_published_vacancies("s"),
        lambda flatchr: flatchr.read_questions("v"),
        lambda flatchr: flatchr.move_applicant("v", "a", 1),
        lambda flatchr: flatchr.enrich_candidate("1", {}),
    ],
)
@pytest.mark.parametrize("answer", [say(200, '"text"'), say(200, ""), say(200, "<p>", "text/html")])
def test_an_answer_of_an_unknown_shape_is_retryable(action: Any, answer: Any) -> None:
    error = error_of(answer, action)
    assert (type(error), error.code) == (RetryableError, ErrorCode.FLATCHR_UNREADABLE)
