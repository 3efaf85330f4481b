"""The sandbox as Flatchr's REST host: search, vacancies, moves, enrichment."""

from __future__ import annotations

import time
from typing import Any

import requests

from tests.sandbox.sandbox_calls import Caller, caller, running, sandbox

__all__ = ["caller", "running", "sandbox"]


def test_search_finds_by_each_filter(caller: Caller) -> None:
    caller.create(email="zoe@example.org")
    caller.create(email="yves@example.org", firstname="Yves", lastname="Quéméner")
    vacancy = caller.sandbox.vacancy()
    today = time.strftime("%m/%d/%y")
    filters: list[dict[str, Any]] = [
        {"email": "ZOE@example.org"},
        {"firstname": "zoé"},
        {"lastname": "D'Angelo", "vacancy": vacancy["remote_id"]},
        {"email": "zoe@example.org", "start": today, "end": today, "column": "Nouveaux"},
        {"email": "zoe@example.org", "hired": False, "start_update": today, "end_update": today},
    ]
    for wanted in filters:
        assert [row["firstname"] for row in caller.search(**wanted)] == ["Zoé"], wanted
    assert len(caller.search()) == 2
    assert caller.search(email="zoe@example.org", hired=True) == []
    assert caller.search(start="12/31/98", end="12/31/99") == []


def test_a_search_row_has_the_documented_fields(caller: Caller) -> None:
    caller.create()
    row = caller.search()[0]
    vacancy = caller.sandbox.vacancy()
    assert len(row["applicant"]) == 16
    assert (row["vacancy"], row["vacancy_id"]) == (vacancy["title"], vacancy["vacancy_id"])
    assert row["created_at"] == time.strftime("%d/%m/%y")
    assert row["column"] == "Nouveaux"


def test_a_search_sees_its_own_company_only(caller: Caller) -> None:
    caller.create()
    answer = caller.flatchr("POST", "/company/{company}/search/applicants", {}, premium=False)
    assert answer.json() == []


def test_an_unknown_filter_and_a_french_date_break_rules(caller: Caller) -> None:
    for filters in ({"slug": "x"}, {"start": "31/12/25"}):
        answer = caller.flatchr("POST", "/company/{company}/search/applicants", filters)
        assert answer.status_code == 400


def test_search_can_lag_behind_create(caller: Caller) -> None:
    caller.sandbox.set_faults(search_lag_ms=300)
    caller.create()
    assert caller.search() == []
    deadline = time.monotonic() + 3
    while not caller.search():
        assert time.monotonic() < deadline
    assert len(caller.sandbox.received()) == 1


def test_vacancies_are_a_bare_list_with_extras_on_request(caller: Caller) -> None:
    bare = caller.flatchr("GET", "/company/{company}/vacancies").json()
    rich = caller.flatchr("GET", "/company/{company}/vacancies?fields=address,tags").json()
    assert isinstance(bare, list)
    assert "address" not in bare[0]
    assert rich[0]["address"]["formatted_address"]
    assert {one["status"] for one in bare} == {0, 1}
    titles = [one["title"] for one in bare]
    assert len(titles) > len(set(titles))
    opened = caller.flatchr("GET", "/company/{company}/vacancies?status=1").json()
    assert {one["status"] for one in opened} == {1}


def test_one_vacancy_comes_with_its_questions(caller: Caller) -> None:
    vacancy = caller.sandbox.vacancy("Développeur Python (H/F)")
    one = caller.flatchr("GET", f"/vacancy/{vacancy['remote_id']}?fields=questions").json()
    assert one["questions"][1]["options"] == "aucun;partiel;complet"
    assert caller.flatchr("GET", "/vacancy/nowhere").status_code == 404


def test_the_careers_feed_shows_published_vacancies_only(caller: Caller) -> None:
    company = caller.sandbox.company()
    url = f"{caller.sandbox.flatchr_careers_url}/company/{company['slug']}.json"
    shown = {item["vacancy"]["slug"] for item in requests.get(url, timeout=5).json()["items"]}
    mine = [one for one in caller.sandbox.vacancies if one["company"] == company["key"]]
    assert shown == {one["slug"] for one in mine if one["published"]}
    assert len(shown) < len(mine)


def test_another_companys_key_is_refused(caller: Caller) -> None:
    other = caller.sandbox.company(premium=False)["key"]
    assert caller.flatchr("GET", f"/company/{other}/vacancies").status_code == 403
    assert caller.flatchr("GET", "/company/nowhere/vacancies").status_code == 404


def _moved(caller: Caller, column: int | None = None) -> requests.Response:
    """The answer to a move of the only applicant, by default to where it is."""
    columns = caller.flatchr("GET", "/company/{company}/columns").json()
    applicant = caller.search()[0]["applicant"]
    remote_id = caller.sandbox.vacancy()["remote_id"]
    path = f"/company/{{company}}/vacancy/{remote_id}/applicant/{applicant}"
    body = {"column_id": columns[0]["id"] if column is None else columns[column]["id"]}
    return caller.flatchr("PUT", path, body)


def test_a_move_reveals_the_candidate(caller: Caller) -> None:
    caller.create()
    answer = _moved(caller).json()
    stored = caller.sandbox.received()[0]["candidate"]
    assert answer["candidate"]["id"] == stored
    assert answer["candidate"]["consent"][0]["candidate_id"] == stored
    assert caller.search()[0]["column"] == "Nouveaux"
    _moved(caller, column=2)
    assert caller.search()[0]["column"] == "Entretien téléphonique"


def test_an_archived_applicant_is_gone(caller: Caller) -> None:
    caller.create()
    applicant = caller.search()[0]["applicant"]
    remote_id = caller.sandbox.vacancy()["remote_id"]
    path = f"/company/{{company}}/vacancy/{remote_id}/applicant/{applicant}"
    assert caller.flatchr("DELETE", path).status_code == 200
    assert caller.search() == []
    assert caller.flatchr("DELETE", path).status_code == 404


def _enrich(caller: Caller, reference: Any, **changes: Any) -> requests.Response:
    premium = changes.pop("premium", True)
    body = {
        "app_name": "connecteur",
        "reference": reference,
        "type": "applicants",
        "name": "parsing",
        "value": {"experience": 4},
    } | changes
    return caller.flatchr("POST", "/company/{company}/search/candidate", body, premium=premium)


def test_enrichment_wants_the_internal_id(caller: Caller) -> None:
    caller.create()
    candidate = _moved(caller).json()["candidate"]["id"]
    assert _enrich(caller, "zoe@example.org").status_code == 404
    answer = _enrich(caller, candidate)
    message = {"resource_type": "attribute", "action": "created"}
    assert answer.json() == {"statusCode": 200, "message": message}
    assert caller.sandbox.received()[0]["enrichment"][0]["value"] == {"experience": 4}


def test_enrichment_is_for_premium_companies_only(caller: Caller) -> None:
    assert _enrich(caller, 1, premium=False).status_code == 403


def test_applicants_can_be_added_and_removed_by_hand(caller: Caller) -> None:
    slug = caller.sandbox.vacancy()["slug"]
    added = caller.sandbox.add_applicant(slug, firstname="Anne", lastname="Joly", email="a@b.fr")
    assert caller.search(email="a@b.fr")[0]["applicant"] == added["applicant"]
    caller.sandbox.remove_applicant(added["applicant"])
    assert caller.search() == []
