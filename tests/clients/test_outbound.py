"""An outbound proxy and a private authority, as the operator's settings name them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sync.clients import outbound, transport
from sync.exceptions import OutcomeUnknownError, RetryableError
from sync.vocabulary import ErrorCode
from tests.clients.connect_proxy import proxying
from tests.clients.http_calls import SECRET, door
from tests.clients.resumes.resume_files import PDF, get
from tests.raw_server import RawServer, certificate, hang_up, say, serving

PEER = "https://peer.example"


@pytest.fixture
def peer(tmp_path: Any, settings: Any) -> Iterator[RawServer]:
    """A server for `peer.example`, whose authority is a private one."""
    context, authority = certificate(tmp_path, "peer.example")
    settings.CA_BUNDLE = authority
    outbound.tls_context.cache_clear()
    transport.close_sessions()
    with serving(say(200, {"a": 1}), tls=context) as server:
        yield server
    outbound.tls_context.cache_clear()
    transport.close_sessions()


def test_calls_go_through_the_proxy(peer: RawServer, settings: Any) -> None:
    with proxying(peer.port, user="me:p@ss") as proxy:
        settings.OUTBOUND_PROXY = f"http://me:p%40ss@{proxy.address}"
        for _ in range(2):
            assert door(PEER).request("GET", "x").json() == {"a": 1}
        assert proxy.said == ["CONNECT peer.example:443 HTTP/1.0"]
    assert peer.requests[0].path == "/x"
    assert "proxy-authorization" not in peer.requests[0].headers
    assert peer.requests[0].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("status", ["403 Forbidden", "502 Bad Gateway", "407 Who are you"])
def test_a_proxy_that_refuses_has_sent_nothing(peer: RawServer, settings: Any, status: str) -> None:
    with proxying(peer.port, status=status) as proxy:
        settings.OUTBOUND_PROXY = f"http://{proxy.address}"
        with pytest.raises(RetryableError) as caught:
            door(PEER).request("POST", "x", json={}, effect=True)
    assert caught.value.code == ErrorCode.FLATCHR_UNREACHABLE
    assert peer.requests == []


def test_a_proxy_that_is_away_has_sent_nothing(settings: Any) -> None:
    settings.OUTBOUND_PROXY = "http://127.0.0.1:1"
    with pytest.raises(RetryableError):
        door(PEER).request("POST", "x", json={}, effect=True)


def test_a_create_cut_behind_the_proxy_is_unknown(peer: RawServer, settings: Any) -> None:
    peer.answer_with(hang_up)
    with proxying(peer.port) as proxy:
        settings.OUTBOUND_PROXY = f"http://{proxy.address}"
        with pytest.raises(OutcomeUnknownError):
            door(PEER).request("POST", "x", json={}, effect=True)


def test_a_proxy_that_says_nothing_costs_the_time_of_one_exchange(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=silent.accept, daemon=True).start()
        settings.OUTBOUND_PROXY = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(RetryableError) as caught:
            door(PEER, timeout=0.3).request("POST", "x", json={}, effect=True)
    assert caught.value.code == ErrorCode.FLATCHR_UNREACHABLE


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached_directly(settings: Any, host: str) -> None:
    settings.OUTBOUND_PROXY = "http://127.0.0.1:1"
    with serving(say(200, {})) as server:
        url = server.url.replace("127.0.0.1", host)
        assert door(url).request("GET", "x").status == 200


def test_private_hosts_are_reached_directly(settings: Any) -> None:
    settings.OUTBOUND_PROXY = "http://proxy:3128"
    settings.RESUME_ALLOWED_PRIVATE_HOSTS = ["files.internal", "other.internal:8080"]
    assert outbound.proxies_for("https://files.internal/cv.pdf") is None
    assert outbound.proxies_for("http://other.internal:8080/cv.pdf") is None
    assert outbound.proxies_for("https://other.internal/cv.pdf") is not None


def test_a_cv_goes_through_the_proxy_to_the_address_that_was_checked(
    peer: RawServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.answer_with(say(200, PDF, Content_Type="application/pdf"))
    settings.RESUME_ALLOWED_PRIVATE_HOSTS = []
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **rest: found if "peer" in str(host) else real(host, *more, **rest),
    )
    with proxying(peer.port) as proxy:
        settings.OUTBOUND_PROXY = f"http://{proxy.address}"
        assert get(f"{PEER}/cv.pdf", allowed_private_hosts=()).data == PDF
    assert proxy.said == ["CONNECT 93.184.216.34:443 HTTP/1.0"]
    assert peer.requests[0].headers["host"] == "peer.example"
