"""The HTTP door: statuses, deadlines, redirects, size limits, base addresses."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from sync.clients import errors, transport
from sync.clients.http import HttpDoor, segment
from sync.exceptions import (
    ConfigurationError,
    CredentialsError,
    FormattingError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SyncError,
)
from sync.vocabulary import ErrorCode
from tests.clients.http_calls import door, error_of
from tests.raw_server import cut, drip, drip_body, hang, hang_up, reset, say, serving

# What an end means: (handler, effect) -> (class, code). One row each of the table.
STATUS_ROWS = [
    (401, False, CredentialsError, ErrorCode.FLATCHR_CREDENTIALS),
    (401, True, CredentialsError, ErrorCode.FLATCHR_CREDENTIALS),
    (403, True, CredentialsError, ErrorCode.FLATCHR_CREDENTIALS),
    (404, False, PermanentError, ErrorCode.FLATCHR_NOT_FOUND),
    (404, True, PermanentError, ErrorCode.FLATCHR_NOT_FOUND),
    (429, False, RetryableError, ErrorCode.FLATCHR_RATE_LIMITED),
    (429, True, RetryableError, ErrorCode.FLATCHR_RATE_LIMITED),
    (400, False, PermanentError, ErrorCode.FLATCHR_REFUSED),
    (400, True, PermanentError, ErrorCode.FLATCHR_REJECTED),
    (413, True, PermanentError, ErrorCode.FLATCHR_REJECTED),
    (422, True, PermanentError, ErrorCode.FLATCHR_REJECTED),
    (302, False, RetryableError, ErrorCode.FLATCHR_UNAVAILABLE),
    (302, True, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (408, True, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (409, True, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (425, True, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (500, False, RetryableError, ErrorCode.FLATCHR_UNAVAILABLE),
    (500, True, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
    (503, False, RetryableError, ErrorCode.FLATCHR_UNAVAILABLE),
    (504, True, OutcomeUnknownError, ErrorCode.FLATCHR_FAULT),
]


@pytest.mark.parametrize(("status", "effect", "kind", "code"), STATUS_ROWS)
def test_it_maps_a_status(
    status: int, effect: bool, kind: type[SyncError], code: ErrorCode
) -> None:
    with serving(say(status, "why", "text/plain", Location="/elsewhere")) as server:
        error = error_of(server, effect=effect)
        assert (type(error), error.code, error.http_status) == (kind, code, status)
        assert len(server.requests) == 1


LOST = [reset, hang_up, hang, cut(b"{", 500), drip_body(), drip(b"HTTP/1.1 200 OK\r\nX-Y: zzzzzzz")]


@pytest.mark.parametrize("handler", LOST, ids=["reset", "close", "hang", "cut", "body", "head"])
def test_a_lost_answer_is_unknown_for_a_call_with_effect_and_is_not_sent_again(
    handler: Any,
) -> None:
    with serving(handler) as server:
        error = error_of(server, effect=True, timeout=0.3)
        assert type(error) is OutcomeUnknownError
        assert error.code == ErrorCode.FLATCHR_FAULT
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (reset, ErrorCode.FLATCHR_UNREACHABLE),
        (hang, ErrorCode.FLATCHR_UNREACHABLE),
        (cut(b"{", 500), ErrorCode.FLATCHR_UNREADABLE),
        (drip_body(), ErrorCode.FLATCHR_UNREADABLE),
    ],
    ids=["reset", "hang", "cut", "drip"],
)
def test_a_lost_answer_to_a_read_is_retryable(handler: Any, code: ErrorCode) -> None:
    with serving(handler) as server:
        error = error_of(server, timeout=0.3)
        assert (type(error), error.code) == (RetryableError, code)
        assert len(server.requests) == 1


@pytest.mark.parametrize("handler", [hang, drip_body(0.02), drip(b"H" * 5000, 0.02)])
def test_no_exchange_outlives_its_timeout(handler: Any) -> None:
    with serving(handler) as server:
        started = time.monotonic()
        error_of(server, timeout=0.4)
        assert 0.35 < time.monotonic() - started < 1.5


def test_a_server_that_does_not_read_a_large_body_is_given_up_at_the_deadline() -> None:
    listener = transport.socket.create_server(("127.0.0.1", 0))
    try:
        target = door(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.4)
        started = time.monotonic()
        with pytest.raises(OutcomeUnknownError):
            target.request("POST", "x", json={"data": "A" * 30_000_000}, effect=True)
        assert time.monotonic() - started < 3
    finally:
        listener.close()


def test_it_says_who_it_is() -> None:
    with serving(say(200, {})) as server:
        door(server).request("GET", "x", params={"a b": "é/?"})
        assert server.requests[0].headers["user-agent"].startswith("hrflow-flatchr-connector/")
        assert server.requests[0].path == "/x?a+b=%C3%A9%2F%3F"


def test_a_redirect_is_not_followed() -> None:
    with serving(say(302, "", Location="/y"), say(200, {})) as server:
        error_of(server)
        assert [request.path for request in server.requests] == ["/x"]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.flatchr.io",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "https://user:pass@api.flatchr.io/",
        "https://api.flatchr.io/?token=x",
        "api.flatchr.io",
        "",
    ],
)
def test_an_unsafe_base_address_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        door(url)
    assert "pass" not in str(caught.value)
    assert "token" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://localhost:8000/v1", "http://[::1]:80", "https://a.io/v1/"])
def test_a_base_address_may_be_https_or_loopback(url: str) -> None:
    assert door(url).base_url == url.rstrip("/") + "/"


def test_a_key_that_fits_no_header_is_a_credentials_error() -> None:
    with serving(say(200, {})) as server:
        bad = HttpDoor("hrflow", server.url, headers={"X-API-KEY": "clé\r\nHost: evil"})
        with pytest.raises(CredentialsError):
            bad.request("GET", "x")
        assert server.requests == []


def test_an_answer_over_the_limit_is_not_read() -> None:
    with serving(say(200, b"x" * 5000)) as server:
        error = error_of(server, max_bytes=4999)
        assert error.code == ErrorCode.FLATCHR_UNREADABLE
        assert len(door(server).request("GET", "x", max_bytes=5000).body) == 5000


def test_a_decompression_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    with serving(say(200, bomb, Content_Encoding="gzip")) as server:
        assert error_of(server, max_bytes=1_000_000).code == ErrorCode.FLATCHR_UNREADABLE


def test_a_compressed_answer_is_decoded() -> None:
    with serving(say(200, gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")) as server:
        assert door(server).request("GET", "x").json() == {"a": 1}


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_a_body_that_is_no_json_is_not_sent(value: Any) -> None:
    with serving(say(200, {})) as server:
        with pytest.raises(FormattingError):
            door(server).request("POST", "x", json={"a": value})
        assert server.requests == []


def test_it_waits_for_the_throttle_before_each_request() -> None:
    calls: list[int] = []
    with serving(say(200, {})) as server:
        throttled = door(server, throttle=lambda: calls.append(len(server.requests)))
        throttled.request("GET", "x")
        throttled.request("GET", "x")
        assert calls == [0, 1]


RETRY_AFTER = [
    ("3", 3.0),
    ("0", 0.0),
    ("999999", errors.MAX_RETRY_AFTER),
    (" 7 ", 7.0),
    ("-5", None),
    ("soon", None),
    ("1e9", None),
    ("²", None),
    ("9" * 5000, None),
    ("", None),
    (None, None),
    ("Mon, 99 Foo 2026 99:99:99 GMT", None),
]


@pytest.mark.parametrize(("header", "seconds"), RETRY_AFTER)
def test_it_reads_retry_after_in_seconds(header: str | None, seconds: float | None) -> None:
    assert errors.retry_after(header) == seconds


def test_it_reads_retry_after_as_a_date() -> None:
    now = datetime.now(UTC)
    in_a_minute = format_datetime(now + timedelta(seconds=60), usegmt=True)
    assert errors.retry_after(in_a_minute) == pytest.approx(60, abs=2)
    assert errors.retry_after(format_datetime(now - timedelta(days=1), usegmt=True)) == 0.0
    far = format_datetime(now + timedelta(days=9), usegmt=True)
    assert errors.retry_after(far) == errors.MAX_RETRY_AFTER


@pytest.mark.parametrize(("status", "effect"), [(429, True), (503, True), (503, False)])
def test_an_error_carries_the_wait_the_peer_asked_for(status: int, effect: bool) -> None:
    with serving(say(status, "", Retry_After="12")) as server:
        error = error_of(server, effect=effect)
        assert isinstance(error, RetryableError)
        assert error.retry_after == 12.0


@pytest.mark.parametrize(
    ("value", "expected"), [("a/b", "a%2Fb"), ("..", "%2E%2E"), ("a?b#c", "a%3Fb%23c"), (5, "5")]
)
def test_a_value_cannot_leave_its_place_in_a_path(value: object, expected: str) -> None:
    assert segment(value) == expected


def test_what_is_asked_too_late_is_not_sent() -> None:
    """A process may be stopped between its decision and its first byte."""
    with serving(say(200, b"{}")) as server:
        with pytest.raises(RetryableError) as caught:
            door(server).request("POST", "x", json={}, effect=True, send_by=time.monotonic() - 1)
        assert not isinstance(caught.value, OutcomeUnknownError)
        assert server.requests == []
