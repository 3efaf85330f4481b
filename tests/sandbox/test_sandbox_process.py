"""The sandbox as a process: what it counts and shows, where it listens, how it stops."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.sandbox.sandbox_calls import PDF, Caller, caller, running, sandbox
from tests.sandbox_fixture import SandboxHandle, start_sandbox

__all__ = ["caller", "running", "sandbox"]


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
