"""Flatchr client: a create that is refused because of its vacancy."""

from __future__ import annotations

import pytest

from sync.exceptions import CredentialsError, OutcomeUnknownError, PermanentError
from sync.vocabulary import ErrorCode
from tests.cases import Case
from tests.cases.sending.closed_vacancies import CASES
from tests.clients.flatchr.flatchr_calls import BODY, error_of
from tests.raw_server import say


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_refusal_says_whether_the_vacancy_is_closed(case: Case) -> None:
    status, body = case.input
    error = error_of(say(status, body), lambda flatchr: flatchr.create_candidate(BODY))
    assert type(error) is PermanentError
    assert (error.code == ErrorCode.VACANCY_CLOSED) == case.right
    assert error.http_status == status


def test_only_a_certain_refusal_says_so() -> None:
    for status, kind in ((401, CredentialsError), (409, OutcomeUnknownError)):
        answer = say(status, "vacancy is closed")
        error = error_of(answer, lambda flatchr: flatchr.create_candidate(BODY))
        assert type(error) is kind and error.code != ErrorCode.VACANCY_CLOSED
