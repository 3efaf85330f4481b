"""Flatchr client against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sync.clients.flatchr import FlatchrClient
from sync.clients.resume_download import Resume, as_document
from sync.exceptions import CredentialsError, OutcomeUnknownError, PermanentError, RetryableError
from tests.clients.flatchr.flatchr_calls import BODY
from tests.sandbox_fixture import SandboxHandle, start_sandbox


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


def test_a_candidate_is_created_found_moved_and_enriched(sandbox: SandboxHandle) -> None:
    flatchr, vacancy = company(sandbox), sandbox.vacancy()
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
