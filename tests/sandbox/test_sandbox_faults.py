"""Faults of the sandbox: each is what it is called, and hits whom it should."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from sandbox.data.wrappings import WRAPPINGS
from tests.sandbox.sandbox_calls import Caller, caller, cv_file, running, sandbox
from tests.sandbox_fixture import SandboxHandle

__all__ = ["caller", "running", "sandbox"]


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
    assert cv_file(caller, "no_email").status_code == 500
    assert cv_file(caller, "dates_1969").status_code == 200


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


@pytest.mark.parametrize("kind", sorted(WRAPPINGS))
def test_a_file_fault_changes_how_a_cv_is_served_and_nothing_else(
    caller: Caller, kind: str
) -> None:
    url = f"{caller.sandbox.address}/files/{caller.sandbox.troubles['dates_1969']}/resume.pdf"
    plain = requests.get(url, timeout=5).content
    caller.sandbox.set_faults({"endpoint": "file", "kind": kind})
    answer = requests.get(url, timeout=5, stream=True)
    served = answer.raw.read(decode_content=False)
    assert served != plain or answer.headers["Content-Encoding"] == "gzip"
    assert requests.get(url.replace("resume.pdf", "no.pdf"), timeout=5).status_code == 404


def test_a_file_fault_has_no_other_endpoint(caller: Caller) -> None:
    with pytest.raises(requests.HTTPError):
        caller.sandbox.set_faults({"endpoint": "create", "kind": "file_cut"})


def test_a_search_spells_names_otherwise_and_always_alike(caller: Caller) -> None:
    for number in range(8):
        assert caller.create(email=f"zoe{number}@example.org").status_code == 200

    def shown() -> set[str]:
        found = caller.flatchr("POST", "/company/{company}/search/applicants", {}).json()
        return {f"{one['firstname']}/{one['lastname']}" for one in found}

    assert shown() == {"Zoé/D'Angelo"}
    caller.sandbox.set_faults(changed_names=1)
    others = {"Zoe/D'Angelo", "Zoé/D'ANGELO", "zoé/d'angelo", "D'Angelo/Zoé", "Zoé/ D'Angelo "}
    assert shown() == shown() == {"Zo&#233;/D&#39;Angelo", *others}
    caller.sandbox.set_faults(changed_names=0.5)
    assert "Zoé/D'Angelo" in shown() and len(shown()) > 1
    assert {one["lastname"] for one in caller.sandbox.received()} == {"D'Angelo"}
