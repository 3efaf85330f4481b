"""Flatchr client: what a create sends, and what counts as created."""

from __future__ import annotations

from typing import Any

import pytest

from sync.clients.flatchr import FlatchrClient
from sync.exceptions import (
    CredentialsError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.vocabulary import ErrorCode
from tests.cases import Case
from tests.cases.sending.create_answers import CASES
from tests.clients.flatchr.flatchr_calls import AUTH, BODY, call, client, error_of
from tests.raw_server import cut, hang, hang_up, reset, say, serving


def create(flatchr: FlatchrClient) -> None:
    flatchr.create_candidate(BODY)


def test_it_creates_a_candidate_with_the_key_in_header_and_body() -> None:
    with serving(say(200, "applicant created", "text/plain")) as server:
        client(server).create_candidate(BODY)
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/careers/vacancy/candidate/json")
    assert request.headers["authorization"] == f"Bearer {AUTH}"
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {**BODY, "token": AUTH}
    assert "token" not in BODY


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_the_documented_sentence_says_that_a_candidate_was_created(case: Case) -> None:
    """`input`: a body and its type; `right`: whether it says so. Any other 2xx leaves the outcome
    unknown."""
    answer = say(200, *case.input)
    if case.right:
        assert call(answer, create) is None
        return
    error = error_of(answer, create)
    assert (type(error), error.code) == (OutcomeUnknownError, ErrorCode.FLATCHR_UNREADABLE)


def test_any_2xx_may_carry_the_sentence_and_none_is_enough_without_it() -> None:
    assert call(say(201, "applicant created", ""), create) is None
    error_of(say(204, ""), create)


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
