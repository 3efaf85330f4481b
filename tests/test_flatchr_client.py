"""Flatchr: what is sent, what counts as created, and the shapes its answers come in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from sync.clients.flatchr import Applicant, Column, FlatchrClient, Question
from sync.clients.resume import Resume, as_document
from sync.exceptions import (
    CredentialsError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.vocabulary import ErrorCode
from tests.raw_server import RawServer, cut, hang, hang_up, reset, say, serving
from tests.sandbox_fixture import SandboxHandle, start_sandbox

AUTH, COMPANY = "flatchr-key/0123456789", "G6KzqPnNLyp31m0l"
BODY = {"vacancy": "slug", "firstname": "Zoé", "lastname": "Roux", "email": "zoe@example.com"}


def client(server: RawServer) -> FlatchrClient:
    return FlatchrClient(
        auth=AUTH,
        company=COMPANY,
        api_url=f"{server.url}/api",
        careers_url=f"{server.url}/careers",
        timeout=0.5,
    )


def call(answer: Any, action: Callable[[FlatchrClient], Any]) -> Any:
    with serving(answer) as server:
        return action(client(server))


def error_of(answer: Any, action: Callable[[FlatchrClient], Any]) -> SyncError:
    with pytest.raises(SyncError) as caught:
        call(answer, action)
    return caught.value


def create(flatchr: FlatchrClient) -> None:
    flatchr.create_candidate(BODY)


def search(flatchr: FlatchrClient) -> list[Applicant]:
    return flatchr.search_applicants(email="zoe@example.com")


def test_it_creates_a_candidate_with_the_key_in_header_and_body() -> None:
    with serving(say(200, "applicant created", "text/plain")) as server:
        client(server).create_candidate(BODY)
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/careers/vacancy/candidate/json")
    assert request.headers["authorization"] == f"Bearer {AUTH}"
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {**BODY, "token": AUTH}
    assert "token" not in BODY


CREATED = [
    say(200, "applicant created", "text/plain"),
    say(201, "Applicant Created", ""),
    say(200, '"applicant created"'),
    say(200, {"message": "applicant created"}),
    say(200, {"applicant": "z7gWQ"}),
]


@pytest.mark.parametrize("answer", CREATED)
def test_the_documented_answer_is_a_success(answer: Any) -> None:
    assert call(answer, create) is None


DOUBTFUL = [
    say(200, "", "text/plain"),
    say(204, ""),
    say(200, "<html>applicant created</html>", "text/html"),
    say(200, "  <!DOCTYPE html> applicant created", "text/plain"),
    say(200, "OK", "text/plain"),
    say(200, {}),
    say(200, {"error": "applicant could not be created"}),
    say(200, "applicant not created", "text/plain"),
    say(200, b"\x00\xff\xfe"),
]


@pytest.mark.parametrize("answer", DOUBTFUL)
def test_any_other_2xx_leaves_the_outcome_unknown(answer: Any) -> None:
    error = error_of(answer, create)
    assert (type(error), error.code) == (OutcomeUnknownError, ErrorCode.FLATCHR_UNREADABLE)


CREATE_ROWS = [
    (401, CredentialsError, ErrorCode.FLATCHR_CREDENTIALS),
    (403, CredentialsError, ErrorCode.FLATCHR_CREDENTIALS),
    (404, PermanentError, ErrorCode.FLATCHR_NOT_FOUND),
    (400, PermanentError, ErrorCode.FLATCHR_REJECTED),
    (413, PermanentError, ErrorCode.FLATCHR_REJECTED),
    (429, RetryableError, ErrorCode.FLATCHR_RATE_LIMITED),
    (302, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (408, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (409, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (500, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (502, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
]


@pytest.mark.parametrize(("status", "kind", "code"), CREATE_ROWS)
def test_it_maps_a_status_of_a_create(status: int, kind: type[SyncError], code: ErrorCode) -> None:
    error = error_of(say(status, "said", "text/plain", Retry_After="9"), create)
    assert (type(error), error.code, error.http_status) == (kind, code, status)
    if isinstance(error, RetryableError):
        assert error.retry_after == 9.0


@pytest.mark.parametrize("answer", [reset, hang_up, hang, cut(b"app", 17)])
def test_a_create_without_an_answer_is_unknown_and_sent_once(answer: Any) -> None:
    with serving(answer) as server:
        with pytest.raises(OutcomeUnknownError) as caught:
            client(server).create_candidate(BODY)
        assert caught.value.code == ErrorCode.FLATCHR_FAULT
        assert len(server.requests) == 1


def test_a_refusal_says_why_without_the_person_or_the_key() -> None:
    said = {"error": f"firstname Zoé of zoe@example.com does not match, key {AUTH}"}
    error = error_of(say(400, said), create)
    assert "does not match" in str(error)
    for private in ("Zoé", "zoe@", AUTH):
        assert private not in f"{error} {error!r} {error.params}"


def test_it_tests_a_candidate_without_creating_one() -> None:
    with serving(say(200, "ok", "text/plain")) as server:
        client(server).test_candidate(BODY)
        assert server.requests[0].path == "/careers/vacancy/candidate/test"
        assert server.requests[0].json()["token"] == AUTH


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (say(400, "no"), PermanentError, ErrorCode.FLATCHR_REJECTED),
        (say(404, "no"), PermanentError, ErrorCode.FLATCHR_NOT_FOUND),
        (say(200, "<html>"), RetryableError, ErrorCode.FLATCHR_UNREADABLE),
        (say(500, ""), RetryableError, ErrorCode.FLATCHR_UNAVAILABLE),
        (reset, RetryableError, ErrorCode.FLATCHR_UNREACHABLE),
    ],
)
def test_a_failed_test_is_never_of_unknown_outcome(
    answer: Any, kind: type[SyncError], code: ErrorCode
) -> None:
    error = error_of(answer, lambda flatchr: flatchr.test_candidate(BODY))
    assert (type(error), error.code) == (kind, code)


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
            firstname="Zoé",
            lastname="Roux",
            vacancy_id="abc",
            start=date(2026, 11, 9),
            end=date(2026, 12, 1),
        )
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", f"/api/company/{COMPANY}/search/applicants")
    assert request.json() == {
        "email": "zoe@example.com",
        "firstname": "Zoé",
        "lastname": "Roux",
        "vacancy": "abc",
        "start": "11/09/26",
        "end": "12/01/26",
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
        created_on=date(2021, 11, 9),
    )


def test_a_search_without_filters_sends_an_empty_object() -> None:
    with serving(say(200, [])) as server:
        assert client(server).search_applicants() == []
        assert server.requests[0].json() == {}


@pytest.mark.parametrize("given", [None, "", "soon", "99/99/99", 5])
def test_an_applicant_may_lack_everything(given: Any) -> None:
    sparse = {"applicant": "a", "created_at": given, "vacancy_id": None, "phone": 33612345678}
    (found,) = call(say(200, [sparse]), search)
    assert (found.id, found.vacancy_id, found.created_on) == ("a", None, None)
    assert (found.email, found.phone, found.vacancy_title) == ("", "33612345678", "")


@pytest.mark.parametrize(
    ("text", "day"), [("09/11/21", date(2021, 11, 9)), ("2021-11-09T10:00:00Z", date(2021, 11, 9))]
)
def test_it_reads_a_day_of_creation(text: str, day: date) -> None:
    (found,) = call(say(200, [{"applicant": "a", "created_at": text}]), search)
    assert found.created_on == day


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


@pytest.mark.parametrize(
    "candidate",
    [
        {"id": 15, "consent": []},
        {"id": "15"},
        {"consent": [{"candidate_id": 15}]},
        {"id": None, "consent": [{"candidate_id": "15"}]},
    ],
)
def test_a_move_reveals_the_candidate(candidate: Any) -> None:
    with serving(say(200, {"id": "a", "candidate": candidate, "column_id": 3})) as server:
        assert client(server).move_applicant("v/1", "a?1", 3) == "15"
        (request,) = server.requests
    assert request.method == "PUT"
    assert request.path == f"/api/company/{COMPANY}/vacancy/v%2F1/applicant/a%3F1"
    assert request.json() == {"column_id": 3}


@pytest.mark.parametrize("candidate", [None, {}, {"consent": [{}]}, {"consent": None}, "x"])
def test_a_move_without_a_candidate_id_is_an_error(candidate: Any) -> None:
    answer = say(200, {"candidate": candidate})
    error = error_of(answer, lambda flatchr: flatchr.move_applicant("v", "a", 1))
    assert error.code == ErrorCode.FLATCHR_UNREADABLE


def test_it_enriches_a_candidate() -> None:
    message = {"resource_type": "attribute", "action": "created"}
    with serving(say(200, {"statusCode": 200, "message": message})) as server:
        client(server).enrich_candidate("15", {"experience": 4})
        (request,) = server.requests
    assert request.path == f"/api/company/{COMPANY}/search/candidate"
    assert request.json() == {
        "app_name": "hrflow",
        "reference": "15",
        "type": "applicants",
        "name": "parsing",
        "value": {"experience": 4},
    }


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (say(200, {"statusCode": 403, "message": "Premium only"}), CredentialsError),
        (say(200, {"statusCode": 404}), PermanentError),
        (say(200, {"statusCode": 500}), RetryableError),
        (say(200, {"statusCode": "?"}), RetryableError),
        (say(500, ""), RetryableError),
        (reset, RetryableError),
    ],
)
def test_a_failed_enrichment_may_be_repeated(answer: Any, kind: type[SyncError]) -> None:
    error = error_of(answer, lambda flatchr: flatchr.enrich_candidate("15", {}))
    assert type(error) is kind


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxHandle]:
    with start_sandbox(profiles=30) as handle:
        yield handle


@pytest.fixture
def sandbox(running: SandboxHandle) -> SandboxHandle:
    running.reset()
    return running


def company(sandbox: SandboxHandle, **changed: Any) -> FlatchrClient:
    owner = sandbox.company()
    options = {"auth": owner["auth"], "company": owner["key"], "timeout": 2.0} | changed
    return FlatchrClient(
        api_url=sandbox.flatchr_api_url, careers_url=sandbox.flatchr_careers_url, **options
    )


def candidate(sandbox: SandboxHandle) -> dict[str, Any]:
    document = as_document(Resume(b"%PDF-1.4 text", "CV.pdf", "application/pdf"))
    return {**BODY, "vacancy": sandbox.vacancy()["slug"], "type": "document", "resume": document}


def test_a_refused_enrichment_keeps_nothing_of_what_was_sent() -> None:
    value = {"education": [{"description": "Licence à Évreux,\navec Léa Quintrec"}]}
    answer = say(200, {"statusCode": 400, "message": json.dumps(value)})
    error = error_of(answer, lambda flatchr: flatchr.enrich_candidate("15", value))
    assert error.params["answer"] == "<131 bytes, application/json>"


def test_a_candidate_is_created_found_moved_and_enriched(sandbox: SandboxHandle) -> None:
    flatchr, vacancy = company(sandbox), sandbox.vacancy()
    flatchr.test_candidate(candidate(sandbox))
    assert sandbox.received() == []
    flatchr.create_candidate(candidate(sandbox))
    (found,) = flatchr.search_applicants(email=BODY["email"], vacancy_id=vacancy["remote_id"])
    assert (found.lastname, found.vacancy_title) == ("Roux", vacancy["title"])
    column = next(one for one in flatchr.list_columns() if one.title == found.column)
    person = flatchr.move_applicant(vacancy["remote_id"], found.id, column.id)
    flatchr.enrich_candidate(person, {"experience": 4})
    assert len(sandbox.received(email=BODY["email"])) == 1
    assert sandbox.violations() == []


def test_both_lists_of_vacancies_agree(sandbox: SandboxHandle) -> None:
    flatchr, owner = company(sandbox), sandbox.company()
    listed = {vacancy.slug: vacancy for vacancy in flatchr.list_vacancies()}
    mine = [one for one in sandbox.vacancies if one["company"] == owner["key"]]
    assert {slug: one.is_open for slug, one in listed.items()} == {
        one["slug"]: one["open"] for one in mine
    }
    published = flatchr.list_published_vacancies(owner["slug"])
    assert {one.slug for one in published} == {one["slug"] for one in mine if one["published"]}
    assert all(listed[one.slug].title == one.title for one in published)


def test_the_questions_of_a_vacancy_are_read(sandbox: SandboxHandle) -> None:
    asking = next(one for one in sandbox.vacancies if one["questions"] == 2)
    questions = company(sandbox).read_questions(asking["remote_id"])
    assert len(questions) == 2
    assert all(question.text for question in questions)


@pytest.mark.parametrize("wrong", [{"auth": "wrong"}, {"company": "wrong"}])
def test_the_sandbox_refuses_a_wrong_account(sandbox: SandboxHandle, wrong: Any) -> None:
    with pytest.raises((CredentialsError, PermanentError)):
        company(sandbox, **wrong).search_applicants(email=BODY["email"])


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        ({"kind": "status_after", "status": 500}, 1),
        ({"kind": "reset_after"}, 1),
        ({"kind": "hang_after"}, 1),
        ({"kind": "html_after"}, 1),
        ({"kind": "empty_after"}, 1),
        ({"kind": "cut_body"}, 1),
        ({"kind": "html"}, 0),
        ({"kind": "status", "status": 500}, 0),
    ],
)
def test_what_was_created_and_what_was_not_look_alike_and_are_both_unknown(
    sandbox: SandboxHandle, fault: Any, stored: int
) -> None:
    sandbox.set_faults({"endpoint": "create", **fault})
    with pytest.raises(OutcomeUnknownError):
        company(sandbox, timeout=0.5).create_candidate(candidate(sandbox))
    assert len(sandbox.received()) == stored


def test_a_rate_limit_is_retryable_with_its_wait(sandbox: SandboxHandle) -> None:
    rule = {"endpoint": "create", "kind": "status", "status": 429}
    for wait, expected in ((3, 3.0), ("date", pytest.approx(2, abs=60))):
        sandbox.set_faults({**rule, "retry_after": wait})
        with pytest.raises(RetryableError) as caught:
            company(sandbox).create_candidate(candidate(sandbox))
        assert type(caught.value) is RetryableError
        assert caught.value.retry_after == expected
    assert sandbox.received() == []
