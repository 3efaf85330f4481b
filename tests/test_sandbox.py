"""The stand-in must keep to the reference, or tests against it prove nothing."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from sandbox.profiles import FIRST_DAY
from tests.sandbox_fixture import SandboxHandle, start_sandbox

PDF = b"%PDF-1.4\n%%EOF\n"


class Caller:
    """Plain calls as the vendors document them."""

    def __init__(self, sandbox: SandboxHandle) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False

    def hrflow(self, path: str, **params: Any) -> requests.Response:
        sandbox = self.sandbox
        headers = {"X-API-KEY": sandbox.api_secret, "X-USER-EMAIL": sandbox.api_user}
        url = sandbox.hrflow_url + path
        return self.session.get(url, params=params, headers=headers, timeout=5)

    def flatchr(
        self, method: str, path: str, body: Any = None, *, premium: bool = True, timeout: float = 5
    ) -> requests.Response:
        """`{company}` in the path stands for the company's key."""
        company = self.sandbox.company(premium=premium)
        url = self.sandbox.flatchr_api_url + path.replace("{company}", company["key"])
        headers = {"Authorization": f"Bearer {company['auth']}"}
        return self.session.request(method, url, json=body, headers=headers, timeout=timeout)

    def candidate(self, **changes: Any) -> dict[str, Any]:
        resume = {
            "data": base64.b64encode(PDF).decode(),
            "fileName": "CV_Zoe_D_Angelo",
            "contentType": "application/pdf",
        }
        body = {
            "vacancy": self.sandbox.vacancy()["slug"],
            "firstname": "Zoé",
            "lastname": "D'Angelo",
            "token": self.sandbox.company()["auth"],
            "type": "document",
            "resume": resume,
            "email": "zoe@example.org",
            "phone": "+33 6 39 98 01 02",
            "urls": {"linkedin": "https://www.linkedin.com/in/zoe"},
        } | changes
        return {name: value for name, value in body.items() if value is not None}

    def create(self, *, how: str = "json", timeout: float = 5, **changes: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.sandbox.company()['auth']}"}
        url = f"{self.sandbox.flatchr_careers_url}/vacancy/candidate/{how}"
        body = self.candidate(**changes)
        return self.session.post(url, json=body, headers=headers, timeout=timeout)

    def search(self, **filters: Any) -> list[dict[str, Any]]:
        answer = self.flatchr("POST", "/company/{company}/search/applicants", filters)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    def read(self, key: str, source: str = "main") -> dict[str, Any]:
        source_key = self.sandbox.source_keys[source]
        answer = self.hrflow("profile/indexing", source_key=source_key, key=key)
        assert answer.status_code == 200, answer.text
        profile: dict[str, Any] = answer.json()["data"]
        return profile

    def list(self, source: str = "main", **params: Any) -> dict[str, Any]:
        keys = json.dumps([self.sandbox.source_keys[source]])
        answer = self.hrflow("storing/profiles", source_keys=keys, **params)
        assert answer.status_code == 200, answer.text
        envelope: dict[str, Any] = answer.json()
        return envelope


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxHandle]:
    with start_sandbox() as handle:
        yield handle


@pytest.fixture
def sandbox(running: SandboxHandle) -> SandboxHandle:
    running.reset()
    return running


@pytest.fixture
def caller(sandbox: SandboxHandle) -> Iterator[Caller]:
    caller = Caller(sandbox)
    yield caller
    caller.session.close()


# HrFlow


def test_it_accepts_the_right_credentials(caller: Caller) -> None:
    assert caller.hrflow("auth").json()["code"] == 200


def test_a_401_repeats_the_key_that_was_sent(sandbox: SandboxHandle) -> None:
    headers = {"X-API-KEY": "ask_wrong", "X-USER-EMAIL": sandbox.api_user}
    answer = requests.get(sandbox.hrflow_url + "auth", headers=headers, timeout=5)
    assert answer.status_code == 401
    assert answer.json()["code"] == 401
    assert "ask_wrong" in answer.json()["message"]


def test_it_refuses_the_key_of_another_user(sandbox: SandboxHandle) -> None:
    headers = {"X-API-KEY": sandbox.api_secret, "X-USER-EMAIL": "other@example.com"}
    assert requests.get(sandbox.hrflow_url + "auth", headers=headers, timeout=5).status_code == 401


def test_it_reads_a_profile_by_key_and_by_reference(caller: Caller) -> None:
    profile = caller.read(caller.sandbox.troubles["dates_1969"])
    source_key = caller.sandbox.source_keys["main"]
    again = caller.hrflow(
        "profile/indexing", source_key=source_key, reference=profile["reference"]
    ).json()
    assert again["data"] == profile
    assert again["code"] == 200


@pytest.mark.parametrize(("source_key", "key"), [(None, "0" * 40), ("0" * 40, None)])
def test_an_unknown_key_is_a_400(caller: Caller, source_key: str | None, key: str | None) -> None:
    sandbox = caller.sandbox
    answer = caller.hrflow(
        "profile/indexing",
        source_key=source_key or sandbox.source_keys["main"],
        key=key or sandbox.troubles["no_email"],
    )
    assert answer.status_code == 400
    assert "Unable to find object" in answer.json()["message"]


def test_paging_shows_every_profile_once(caller: Caller) -> None:
    pages = [caller.list(page=page, limit=25) for page in (1, 2, 3, 4)]
    keys = [entry["key"] for page in pages for entry in page["data"]]
    assert len(keys) == len(set(keys)) == 60
    assert pages[2]["meta"] == {"page": 3, "maxPage": 3, "count": 10, "total": 60}
    assert pages[3]["data"] == []


def test_a_listing_holds_profiles_only_on_request(caller: Caller) -> None:
    brief = caller.list(limit=1)["data"][0]
    full = caller.list(limit=1, return_profile="true")["data"][0]
    assert set(brief) == {"key", "reference", "created_at", "updated_at", "archived_at"}
    assert full["key"] == brief["key"]
    assert "experiences" in full


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_listing_is_sorted(caller: Caller, field: str, order: str) -> None:
    data = caller.list(limit=60, sort_by=field, order_by=order)["data"]
    moments = [entry[field] for entry in data]
    assert moments == sorted(moments, reverse=order == "desc")
    assert len(set(moments)) > 10


def test_a_listing_is_filtered_by_date_name_and_place(caller: Caller) -> None:
    last, first = ((FIRST_DAY + timedelta(days)).date().isoformat() for days in (2, 3))
    since = caller.list(created_at_min=first, limit=60)["data"]
    until = caller.list(created_at_max=last, limit=60)["data"]
    assert min(one["created_at"] for one in since) >= first
    assert max(one["created_at"] for one in until) < first
    assert len(since) + len(until) == 60
    assert caller.list(name="martin")["meta"]["total"] >= 3
    near = caller.list(location_lat=48.85, location_lon=2.35, location_dist=20)["meta"]["total"]
    assert 0 < near < 60


def test_source_keys_must_be_a_list_in_json(caller: Caller) -> None:
    answer = caller.hrflow("storing/profiles", source_keys=caller.sandbox.source_keys["main"])
    assert answer.status_code == 400


def test_the_same_seed_makes_the_same_profiles(caller: Caller) -> None:
    with start_sandbox(profiles=60) as other:
        assert other.troubles == caller.sandbox.troubles
        assert other.api_secret == caller.sandbox.api_secret
        key = other.troubles["no_email"]
        mine, theirs = caller.read(key), Caller(other).read(key)
    assert mine["info"] == theirs["info"]


def test_the_default_source_has_both_shapes_of_everything(caller: Caller) -> None:
    profiles = caller.list(limit=60, return_profile="true")["data"]
    ordinary = [one for one in profiles if one["key"] not in caller.sandbox.troubles.values()]
    assert len(ordinary) > 30
    assert {type(one["info"]["urls"]) for one in ordinary} == {list, dict, type(None)}
    attachments = [entry for one in ordinary for entry in one["attachments"]]
    assert {entry["type"] for entry in attachments} == {"resume", "original", None}
    assert {type(entry["file_size"]) for entry in attachments} == {int, str}
    summaries = [one["info"]["summary"] or "" for one in ordinary]
    assert any("•" in text and "’" in text for text in summaries)


def test_troubles_are_what_they_say(caller: Caller) -> None:
    def info(kind: str) -> Any:
        return caller.read(caller.sandbox.troubles[kind])["info"]

    assert info("no_email")["email"] is None
    assert info("no_name")["full_name"] is None
    assert info("full_name_only")["first_name"] is None
    assert info("shared_email_1")["email"] == info("shared_email_2")["email"]
    assert info("shared_email_1")["first_name"] != info("shared_email_2")["first_name"]
    assert not any(info("nulls").values())
    duration = caller.read(caller.sandbox.troubles["duration_null"])["experiences_duration"]
    assert duration is None


def _file(caller: Caller, kind: str) -> requests.Response:
    attachments = caller.read(caller.sandbox.troubles[kind])["attachments"]
    url = attachments[0]["public_url"]
    return requests.get(url, timeout=10, allow_redirects=False)


def test_files_are_what_they_say(caller: Caller) -> None:
    good = _file(caller, "dates_1969")
    assert good.content.startswith(b"%PDF-")
    assert good.content.rstrip().endswith(b"%%EOF")
    assert caller.sandbox.troubles["dates_1969"].encode() in good.content
    assert _file(caller, "resume_12mb").content[12 * 1024 * 1024 :] != b""
    assert _file(caller, "resume_empty").content == b""
    assert _file(caller, "resume_html").content.startswith(b"<!DOCTYPE html>")
    assert _file(caller, "resume_docx").content.startswith(b"PK")
    assert _file(caller, "resume_not_found").status_code == 404
    assert _file(caller, "resume_redirect").headers["Location"].startswith("http://10.0.0.1/")


def test_profiles_can_be_added_changed_archived_and_deleted(caller: Caller) -> None:
    sandbox = caller.sandbox
    key = sandbox.add_profile(info={"email": "new@example.org"})
    latest = caller.list(sort_by="updated_at", limit=1)["data"][0]
    assert latest["key"] == key
    assert caller.read(key)["info"]["email"] == "new@example.org"
    sandbox.change_profile(sandbox.troubles["no_email"], info={"email": "found@example.org"})
    assert caller.read(sandbox.troubles["no_email"])["info"]["email"] == "found@example.org"
    sandbox.archive_profile(key)
    assert caller.read(key)["archived_at"]
    sandbox.delete_profile(key)
    assert caller.list()["meta"]["total"] == 60


# Flatchr: create


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
    data = base64.b64encode(_file(caller, "dates_1969").content).decode()
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


# Flatchr: the REST host


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


# Faults


def _stored(caller: Caller) -> int:
    return len(caller.sandbox.received())


def test_latency_delays_the_answer(caller: Caller) -> None:
    caller.sandbox.set_faults({"endpoint": "create", "kind": "latency", "delay_ms": 200})
    began = time.monotonic()
    assert caller.create().status_code == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("kind", "stored"), [("status", 0), ("status_after", 1)])
def test_a_status_fault_answers_it(caller: Caller, kind: str, stored: int) -> None:
    rule = {"endpoint": "create", "kind": kind, "status": 503, "retry_after": 7, "times": 1}
    caller.sandbox.set_faults(rule)
    answer = caller.create()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert _stored(caller) == stored
    assert caller.create().status_code == 200


def test_retry_after_can_be_a_date(caller: Caller) -> None:
    rule = {"endpoint": "read", "kind": "status", "status": 429, "retry_after": "date"}
    caller.sandbox.set_faults(rule)
    answer = caller.hrflow("profile/indexing")
    assert answer.status_code == 429
    assert parsedate_to_datetime(answer.headers["Retry-After"]).timestamp() > time.time()


@pytest.mark.parametrize(("kind", "stored"), [("hang", 0), ("hang_after", 1)])
def test_a_hang_lasts_until_the_client_gives_up(caller: Caller, kind: str, stored: int) -> None:
    caller.sandbox.set_faults({"endpoint": "create", "kind": kind})
    with pytest.raises(requests.ReadTimeout):
        caller.create(timeout=0.3)
    assert _stored(caller) == stored


@pytest.mark.parametrize(("kind", "stored"), [("reset", 0), ("reset_after", 1)])
def test_a_reset_is_a_reset_on_the_wire(caller: Caller, kind: str, stored: int) -> None:
    caller.sandbox.set_faults({"endpoint": "create", "kind": kind})
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        caller.create()
    assert _stored(caller) == stored


@pytest.mark.parametrize(("kind", "stored"), [("html", 0), ("html_after", 1)])
def test_an_html_page_comes_with_200(caller: Caller, kind: str, stored: int) -> None:
    caller.sandbox.set_faults({"endpoint": "create", "kind": kind})
    answer = caller.create()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert _stored(caller) == stored


@pytest.mark.parametrize(("kind", "stored"), [("empty", 0), ("empty_after", 1)])
def test_an_empty_answer_is_empty(caller: Caller, kind: str, stored: int) -> None:
    caller.sandbox.set_faults({"endpoint": "create", "kind": kind})
    answer = caller.create()
    assert (answer.status_code, answer.content) == (200, b"")
    assert _stored(caller) == stored


def test_a_cut_body_is_shorter_than_promised(caller: Caller) -> None:
    caller.sandbox.set_faults({"endpoint": "create", "kind": "cut_body"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        caller.create()
    assert _stored(caller) == 1


def test_a_slow_body_drips(caller: Caller) -> None:
    rule = {"endpoint": "columns", "kind": "slow_body", "delay_ms": 20, "chunk_bytes": 40}
    caller.sandbox.set_faults(rule)
    began = time.monotonic()
    columns = caller.flatchr("GET", "/company/{company}/columns").json()
    assert len(columns) == 5
    assert time.monotonic() - began >= 0.15


def test_a_fault_can_pick_its_victim(caller: Caller) -> None:
    rule = {"endpoint": "create", "kind": "status", "match": {"email": "zoe@example.org"}}
    caller.sandbox.set_faults(rule)
    assert caller.create(email="yves@example.org").status_code == 200
    assert caller.create(email="zoe@example.org").status_code == 500


def test_a_fault_can_pick_a_profile(caller: Caller) -> None:
    key = caller.sandbox.troubles["no_email"]
    caller.sandbox.set_faults({"endpoint": "file", "kind": "status", "match": {"key": key}})
    assert _file(caller, "no_email").status_code == 500
    assert _file(caller, "dates_1969").status_code == 200


def test_the_same_seed_hits_the_same_requests(caller: Caller) -> None:
    rule = {"endpoint": "columns", "kind": "status", "probability": 0.5}

    def draw() -> list[int]:
        caller.sandbox.set_faults(rule, seed=5)
        path = "/company/{company}/columns"
        return [caller.flatchr("GET", path).status_code for _ in range(12)]

    first = draw()
    assert set(first) == {200, 500}
    assert draw() == first


def test_an_unknown_fault_is_refused(sandbox: SandboxHandle) -> None:
    with pytest.raises(requests.HTTPError):
        sandbox.set_faults({"endpoint": "create", "kind": "fire"})


def test_reset_keeps_faults_unless_asked(caller: Caller) -> None:
    caller.sandbox.set_faults({"endpoint": "create", "kind": "status", "times": 2})
    assert caller.create().status_code == 500
    caller.sandbox.clear()
    assert caller.create().status_code == 500
    caller.sandbox.reset()
    assert caller.create().status_code == 200


# What it tells of itself


def test_it_counts_requests_and_concurrency(caller: Caller) -> None:
    caller.sandbox.set_faults(latency_ms=100)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: Caller(caller.sandbox).create(), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    state = caller.sandbox.state()
    assert state["requests"]["create"] == 6
    assert state["statuses"]["create"] == {"200": 6}
    assert 2 <= state["in_flight_max"] <= 6
    assert len(state["request_times"][caller.sandbox.company()["key"]]) == 6


def test_the_page_shows_what_was_received(caller: Caller) -> None:
    caller.create(firstname="<b>Zoé</b>")
    caller.create(lastname="")
    page = requests.get(caller.sandbox.address + "/", timeout=5).text
    assert "&lt;b&gt;Zoé&lt;/b&gt;" in page
    assert "<b>Zoé" not in page
    assert "required_field" in page
    stored = caller.sandbox.received()[0]["applicant"]
    assert f"/received/{stored}/resume" in page
    cv = requests.get(f"{caller.sandbox.address}/received/{stored}/resume", timeout=5)
    assert (cv.headers["Content-Type"], cv.content) == ("application/pdf", PDF)


def test_it_listens_on_loopback_only(sandbox: SandboxHandle) -> None:
    port = int(sandbox.address.rpartition(":")[2])
    with socket.socket() as other:
        # Would fail with "address in use" if it listened on all addresses.
        other.bind(("127.0.0.2", port))


def test_it_stops_on_sigterm_with_status_0() -> None:
    with start_sandbox(profiles=4) as handle:
        assert len(Caller(handle).list("bulk")["data"]) == 4
        handle.process.terminate()
        assert handle.process.wait(10) == 0


def test_it_stops_when_its_parent_is_gone() -> None:
    with start_sandbox(profiles=4) as handle:
        assert handle.process.stdin is not None
        handle.process.stdin.close()
        assert handle.process.wait(10) == 0
