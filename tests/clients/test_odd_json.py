"""Answers in JSON that nobody expects (tests/cases/reading/odd_json.py), over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from sync.clients.flatchr_answers import applicants
from sync.clients.hrflow import HrFlowClient
from sync.exceptions import SyncError
from sync.matching import Person
from sync.services.reconciling.applicants import mask
from tests.cases import Case
from tests.cases.reading.odd_json import CASES
from tests.clients.flatchr.flatchr_calls import client
from tests.raw_server import say, serving


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_list_of_vacancies_in_odd_json(case: Case) -> None:
    with serving(say(200, case.input)) as server:
        found: Any
        try:
            found = [(one.title, one.vacancy_id) for one in client(server).list_vacancies()]
        except SyncError as error:
            found = error.code
    assert found == case.right


@pytest.mark.parametrize("text", ["Zo\0é", "Zo\ud800é", "\udfffZoé"])
def test_an_applicant_with_an_odd_name_can_be_compared_and_masked(text: str) -> None:
    """One of them used to fail every push to its vacancy."""
    [found] = applicants([{"applicant": "a", "firstname": text, "email": text, "phone": text}])
    assert (found.firstname, found.email) == ("Zoé", "Zoé")
    assert mask(Person.of(name=found.firstname, email=found.email)).name


@pytest.mark.parametrize("said", ["no \ud800 such", "no \0 such"])
def test_a_refusal_in_odd_words_can_be_stored(said: str) -> None:
    with serving(say(200, {"code": 400, "message": said})) as server:
        hrflow = HrFlowClient(
            api_user="u@x.fr", api_secret="ask_012345", base_url=f"{server.url}/v1/", timeout=0.5
        )
        with pytest.raises(SyncError) as caught:
            hrflow.read_profile("s" * 40, "k" * 40)
    assert "no such" in caught.value.note.encode().decode()
