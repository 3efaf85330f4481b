"""The HTTP door: TLS, reused connections, threads, processes, cookies and proxies."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from sync.clients import outbound, transport
from sync.exceptions import RetryableError
from sync.vocabulary import ErrorCode
from tests.clients.http_calls import SECRET, door, error_of
from tests.raw_server import certificate, hang_up, say, serving


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_context(tls: tuple[Any, str]) -> Any:
    return tls[0]


@pytest.fixture
def tls_authority(tls: tuple[Any, str]) -> str:
    return tls[1]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://no-such-host.invalid"])
def test_what_reached_nobody_is_retryable_even_with_effect(url: str) -> None:
    with pytest.raises(RetryableError) as caught:
        door(url).request("POST", "x", json={}, effect=True)
    assert type(caught.value) is RetryableError
    assert caught.value.code == ErrorCode.FLATCHR_UNREACHABLE


def test_an_untrusted_certificate_is_refused_before_anything_is_sent(tls_context: Any) -> None:
    with serving(say(200, "applicant created"), tls=tls_context) as server:
        error = error_of(server, effect=True)
        assert (type(error), error.code) == (RetryableError, ErrorCode.FLATCHR_UNREACHABLE)
        assert server.requests == []


def test_a_trusted_certificate_is_taken_and_its_host_name_is_compared(
    tls_context: Any, tls_authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "DEFAULT_CA_BUNDLE_PATH", tls_authority)
    outbound.tls_context.cache_clear()
    transport.close_sessions()
    try:
        with serving(say(200, {"a": 1}), tls=tls_context) as server:
            named = server.url.replace("127.0.0.1", "localhost")
            assert door(named).request("GET", "x").json() == {"a": 1}
            with pytest.raises(RetryableError):
                door(server).request("GET", "x")  # issued for `localhost`, not for the address
            assert len(server.requests) == 1
    finally:
        outbound.tls_context.cache_clear()
        transport.close_sessions()


def test_connections_are_kept_and_shared_by_the_doors_of_a_thread() -> None:
    transport.close_sessions()
    with serving(say(200, {})) as server:
        for _ in range(3):
            door(server).request("GET", "x")
            door(server).request("POST", "x", json={"a": 1})
        assert (len(server.requests), server.connections) == (6, 1)


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "MAX_IDLE_SECONDS", 0.0)
    with serving(say(200, {})) as server:
        door(server).request("GET", "x")
        door(server).request("GET", "x")
        assert server.connections == 2


def test_a_connection_closed_by_the_server_meanwhile_is_replaced() -> None:
    def answer_and_close(*arguments: Any) -> None:
        say(200, {})(*arguments)
        hang_up(*arguments)

    with serving(answer_and_close) as server:
        for _ in range(3):
            transport.threading.Event().wait(0.05)
            assert door(server).request("POST", "x", json={}, effect=True).status == 200
        assert server.connections == 3


def test_each_thread_has_its_own_connections() -> None:
    with serving(say(200, {})) as server:
        threads = [
            threading.Thread(target=lambda: door(server).request("GET", "x")) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {request.connection for request in server.requests} == {1, 2, 3}


def test_cookies_of_one_answer_are_not_sent_with_the_next_request() -> None:
    with serving(say(200, {}, Set_Cookie="session=of-company-a; Path=/")) as server:
        door(server).request("GET", "x")
        door(server).request("GET", "x")
        assert "cookie" not in server.requests[1].headers


def test_neither_netrc_nor_proxies_of_the_environment_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving(say(200, {})) as server:
        door(server).request("GET", "x")
        assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_forked_child_does_not_use_the_connections_of_its_parent() -> None:
    with serving(say(200, {})) as server:
        door(server).request("GET", "x")
        child = os.fork()
        if child == 0:  # pragma: no cover
            try:
                door(server).request("GET", "x")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        door(server).request("GET", "x")
        connections = [request.connection for request in server.requests]
        assert connections[0] == connections[2] != connections[1]
