"""Whatever the peers answer, in whatever frame: data of the documented types, or a SyncError."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.clients import flatchr_answers
from sync.clients.flatchr import FlatchrClient
from sync.clients.flatchr_answers import Column, UnexpectedShapeError
from sync.clients.hrflow import HrFlowClient
from sync.clients.http import Exchange
from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrCompany
from sync.services.intake.vacancies import fetch_questions, sync_vacancies
from sync.services.reconciling.applicants import mask, on_vacancy
from tests.clients.flatchr.flatchr_calls import BODY, client
from tests.fuzz.budget import check_told, fuzz
from tests.fuzz.json_shapes import shaped, texts, written
from tests.fuzz.peers import ANSWERS, envelopes, profiles, vacancies
from tests.fuzz.wire import answers, says, well_framed
from tests.raw_server import RawServer, hang_up, serving
from tests.rows import make_vacancy

KEY, SOURCE = "a1" * 20, "s" * 40
CALLS: dict[str, Callable[[FlatchrClient], Any]] = {
    "applicants": lambda flatchr: flatchr.search_applicants(email="z@x.fr", start=date.today()),
    "vacancies": lambda flatchr: flatchr.list_vacancies(),
    "published_vacancies": lambda flatchr: flatchr.list_published_vacancies("x"),
    "questions_of_answer": lambda flatchr: flatchr.read_questions("x"),
    "columns": lambda flatchr: flatchr.list_columns(),
    "candidate_id": lambda flatchr: flatchr.move_applicant("v", "a", 1),
    "status_code": lambda flatchr: flatchr.enrich_candidate("c", {"name": {"family": "Roux"}}),
}
_SENTENCES = st.sampled_from(
    ["applicant created", "created", "applicant already exists", "Candidature refusée", "ok", "no"]
)
confirmations = st.one_of(
    _SENTENCES.map(str.encode),
    _SENTENCES.map(lambda text: json.dumps({"status": 409, "message": text}).encode()),
    written(ANSWERS["status_code"]),
)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with serving(hang_up) as server:
        yield server


def storable(value: Any) -> bool:
    """Every text can be sent and stored, and every number fits a column."""
    if isinstance(value, Column):  # Its id is not kept, and sent back as it came.
        return storable(value.title) and storable(value.position)
    if is_dataclass(value):
        return all(storable(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, list | tuple):
        return all(map(storable, value))
    if isinstance(value, int):
        return abs(value) < 2**63
    return not isinstance(value, str) or ("\0" not in value and is_utf8(value))


def is_utf8(text: str) -> bool:
    return text.encode("utf-8", "replace").decode() == text


@pytest.mark.once
@pytest.mark.parametrize("reader", ANSWERS)
def test_a_reader_gives_what_rows_can_hold_or_says_that_it_does_not_know_the_shape(
    reader: str,
) -> None:
    read = getattr(flatchr_answers, reader)

    @fuzz(60)
    @given(ANSWERS[reader])
    def holds(answer: Any) -> None:
        try:
            found = read(answer)
        except UnexpectedShapeError:
            return
        assert storable(found)

    holds()


@pytest.mark.once
@fuzz(60)
@given(ANSWERS["applicants"])
def test_whoever_a_search_finds_can_be_compared(answer: Any) -> None:
    try:
        found = flatchr_answers.applicants(answer)
    except UnexpectedShapeError:
        return
    vacancy = flatchr_answers.vacancies([{"slug": "s", "title": "Comptable", "vacancy_id": 7}])[0]
    for one in on_vacancy(found, vacancy):
        mask(one.person)


@pytest.mark.once
@pytest.mark.parametrize("call", CALLS)
def test_a_client_of_flatchr_raises_nothing_but_sync_errors(server: RawServer, call: str) -> None:
    @fuzz(40)
    @given(answers(written(ANSWERS[call])))
    def holds(answer: bytes) -> None:
        server.answer_with(says(answer))
        try:
            assert storable(CALLS[call](client(server)))
        except SyncError as error:
            check_told(error)

    holds()


@pytest.mark.once
@fuzz(60)
@given(answers(confirmations))
def test_a_create_is_confirmed_or_an_error_says_what_is_known(
    server: RawServer, answer: bytes
) -> None:
    server.answer_with(says(answer))
    try:
        client(server).create_candidate(BODY)
    except SyncError as error:
        check_told(error)
    else:
        assert answer.startswith(b"HTTP/1.1 2")


@pytest.mark.once
@fuzz(60)
@given(answers(written(envelopes(profiles))), st.booleans())
def test_a_client_of_hrflow_raises_nothing_but_sync_errors(
    server: RawServer, answer: bytes, lists: bool
) -> None:
    server.answer_with(says(answer))
    hrflow = HrFlowClient(
        api_user="u@x.fr", api_secret="ask_012345", base_url=f"{server.url}/v1/", timeout=0.5
    )
    try:
        if lists:
            page = hrflow.list_profiles(SOURCE)
            assert all(isinstance(profile, dict) for profile in page.profiles)
        else:
            assert isinstance(hrflow.read_profile(SOURCE, KEY), dict)
    except SyncError as error:
        check_told(error)


@pytest.mark.once
@fuzz(40)
@given(written(shaped({"code": st.just(400), "message": texts}, always=("code", "message"))))
def test_what_a_peer_says_when_it_refuses_can_be_stored_and_told(
    server: RawServer, body: bytes
) -> None:
    seen: list[Exchange] = []
    hrflow = HrFlowClient(
        api_user="u@x.fr",
        api_secret="ask_012345",
        base_url=f"{server.url}/v1/",
        timeout=0.5,
        observe=seen.append,
    )
    for status in (b"200 OK", b"422 Bad"):
        server.answer_with(says(well_framed(body, status)))
        for act in (
            lambda: hrflow.read_profile(SOURCE, KEY),
            lambda: client(server).create_candidate(BODY),
        ):
            try:
                act()
            except SyncError as error:
                check_told(error)
    assert all(storable(list(exchange)) for exchange in seen)


@pytest.mark.django_db
def test_vacancies_are_stored_or_a_sync_error_says_why(server: RawServer, settings: Any) -> None:
    settings.FLATCHR_API_URL = settings.FLATCHR_CAREERS_URL = server.url
    vacancy = make_vacancy()

    @fuzz(25)
    @given(st.lists(vacancies, min_size=1, max_size=3), st.booleans())
    def holds(answer: list[Any], whole: bool) -> None:
        body = json.dumps(answer if whole else answer[0]).encode()
        server.answer_with(says(well_framed(body)))
        try:
            if whole:
                sync_vacancies(FlatchrCompany.objects.get(pk=vacancy.company_id))
            else:
                fetch_questions(vacancy)
        except (SyncError, ConfigurationError) as error:
            check_told(error)

    holds()
