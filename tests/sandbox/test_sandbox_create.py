"""The sandbox as Flatchr's careers host: creates, wire rules, keys."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from tests.sandbox.sandbox_calls import PDF, Caller, caller, cv_file, running, sandbox

__all__ = ["caller", "running", "sandbox"]


def test_a_create_answers_a_text_and_stores_the_applicant(caller: Caller) -> None:
    answer = caller.create(comment="Bonjour")
    assert (answer.status_code, answer.text) == (200, "applicant created")
    stored = caller.sandbox.received()[0]
    assert stored["firstname"] == "Zoé"
    assert stored["comment"] == "Bonjour"
    assert stored["resume"]["file_name"] == "CV_Zoe_D_Angelo"
    assert stored["resume"]["size"] == len(PDF)
    assert stored["vacancy"] == caller.sandbox.vacancy()["slug"]


def test_a_stored_cv_tells_which_profile_it_belongs_to(caller: Caller) -> None:
    key = caller.sandbox.troubles["dates_1969"]
    data = base64.b64encode(cv_file(caller, "dates_1969").content).decode()
    resume = {"data": data, "fileName": "CV", "contentType": "application/pdf"}
    assert caller.create(resume=resume).status_code == 200
    stored = caller.sandbox.received()[0]["resume"]
    assert (stored["profile_key"], stored["variant"]) == (key, "resume")


def test_a_second_create_makes_a_second_applicant(caller: Caller) -> None:
    caller.create()
    caller.create()
    first, second = caller.sandbox.received()
    assert first["applicant"] != second["applicant"]
    assert first["candidate"] == second["candidate"]


def test_a_link_is_stored_as_a_link(caller: Caller) -> None:
    link = "https://example.com/cv.pdf"
    assert caller.create(type="link", resume=link).status_code == 200
    assert caller.sandbox.received()[0]["link"] == link


def test_a_test_request_checks_and_stores_nothing(caller: Caller) -> None:
    assert caller.create(how="test").status_code == 200
    assert caller.create(how="test", lastname="Соколова").status_code == 400
    assert caller.sandbox.received() == []


def _resume(**changes: Any) -> dict[str, Any]:
    good = {"data": "JVBERg==", "fileName": "CV", "contentType": "application/pdf"}
    return good | changes


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("required_field", {"lastname": ""}),
        ("required_field", {"vacancy": ""}),
        ("required_field", {"type": ""}),
        ("field_type", {"email": 12}),
        ("field_type", {"urls": ["https://example.com"]}),
        ("field_type", {"offerer_id": "12"}),
        ("unknown_field", {"reference": "x"}),
        ("name_pattern", {"firstname": "Наталья"}),
        ("type_value", {"type": "file"}),
        ("resume_shape", {"resume": {"data": "JVBERg=="}}),
        ("resume_shape", {"type": "link", "resume": "file:///etc/passwd"}),
        ("resume_empty", {"resume": _resume(data="")}),
        ("resume_base64", {"resume": _resume(data="JVBERg=")}),
        ("resume_base64", {"resume": _resume(data="JVB\nERg==")}),
        ("resume_base64", {"resume": _resume(data="JV=ERgAA")}),
        ("resume_base64", {"resume": _resume(data="\ud800\ud800\ud800\ud800")}),
        ("urls_key", {"urls": {"github": "https://github.com/zoe"}}),
        ("urls_empty", {"urls": {"linkedin": ""}}),
        ("urls_value", {"urls": {"linkedin": None}}),
        ("answers", {"answers": [{"question": "x"}]}),
        ("exotic_characters", {"comment": "l’équipe"}),
        ("exotic_characters", {"comment": "• rigueur"}),
        ("exotic_characters", {"lastname": "D’Angelo"}),
        ("exotic_characters", {"comment": "half a character: \ud83d"}),
        ("exotic_characters", {"resume": _resume(fileName="CV – Zoé")}),
    ],
)
def test_a_broken_wire_rule_is_answered_and_kept(
    caller: Caller, rule: str, changes: dict[str, Any]
) -> None:
    answer = caller.create(**changes)
    assert answer.status_code == 400
    assert rule in [entry["rule"] for entry in caller.sandbox.violations()]
    assert caller.sandbox.received() == []


def test_what_flatchr_supports_breaks_no_rule(caller: Caller) -> None:
    comment = "Éloïse a dit : « œuvre » à 50 €\nНаталья Соколова, 王小明"
    answers = [{"question": "Télétravail souhaité", "value": "partiel"}]
    answer = caller.create(comment=comment, answers=answers, phone=639980102, urls={})
    assert answer.status_code == 200, answer.text
    assert caller.sandbox.violations() == []


def test_a_body_that_is_not_json_is_refused(caller: Caller) -> None:
    sandbox = caller.sandbox
    headers = {"Authorization": f"Bearer {sandbox.company()['auth']}"}
    url = f"{sandbox.flatchr_careers_url}/vacancy/candidate/json"
    assert requests.post(url, data="a=b", headers=headers, timeout=5).status_code == 400


def test_it_wants_the_key_in_header_and_body(caller: Caller) -> None:
    assert caller.create(token="wrong").status_code == 401
    url = f"{caller.sandbox.flatchr_careers_url}/vacancy/candidate/json"
    assert requests.post(url, json=caller.candidate(), timeout=5).status_code == 401


def test_a_key_in_the_address_works_but_breaks_a_rule(caller: Caller) -> None:
    company = caller.sandbox.company()
    url = f"{caller.sandbox.flatchr_api_url}/company/{company['key']}/columns"
    assert requests.get(url, params={"token": company["auth"]}, timeout=5).status_code == 200
    assert caller.sandbox.violations()[0]["rule"] == "token_in_query"


def test_an_unknown_or_foreign_vacancy_is_a_404(caller: Caller) -> None:
    foreign = caller.sandbox.vacancy(premium=False)["slug"]
    assert caller.create(vacancy="nowhere").status_code == 404
    assert caller.create(vacancy=foreign).status_code == 404


def test_a_closed_vacancy_takes_nobody(caller: Caller) -> None:
    slug = caller.sandbox.vacancy()["slug"]
    caller.sandbox.change_vacancy(slug, open=False)
    answer = caller.create()
    assert (answer.status_code, answer.json()["message"]) == (400, "vacancy is closed")
