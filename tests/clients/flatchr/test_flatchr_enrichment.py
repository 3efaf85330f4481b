"""Flatchr client: the move that reveals a candidate, and the enrichment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.exceptions import CredentialsError, PermanentError, RetryableError, SyncError
from sync.vocabulary import ErrorCode
from tests.clients.flatchr.flatchr_calls import COMPANY, client, error_of
from tests.raw_server import reset, say, serving


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


def test_a_refused_enrichment_keeps_nothing_of_what_was_sent() -> None:
    value = {"education": [{"description": "Licence à Évreux,\navec Léa Quintrec"}]}
    answer = say(200, {"statusCode": 400, "message": json.dumps(value)})
    error = error_of(answer, lambda flatchr: flatchr.enrich_candidate("15", value))
    assert error.params["answer"] == "<131 bytes, application/json>"
