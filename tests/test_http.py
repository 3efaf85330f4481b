"""The door: its rules, its deadlines, and the table of errors, row by row."""

from __future__ import annotations

import gzip
import html
import json
import logging
import os
import threading
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote_plus

import pytest

from sync.clients import failures, transport
from sync.clients.http import Exchange, HttpDoor, outline, segment
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
from tests.raw_server import (
    RawServer,
    certificate,
    cut,
    drip,
    drip_body,
    hang,
    hang_up,
    reset,
    say,
    serving,
)

SECRET = "s3cr3t/key+of=company"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_context(tls: tuple[Any, str]) -> Any:
    return tls[0]


@pytest.fixture
def tls_authority(tls: tuple[Any, str]) -> str:
    return tls[1]


def door(server: RawServer | str, **options: Any) -> HttpDoor:
    url = server if isinstance(server, str) else server.url
    options = {"secrets": (SECRET,), "timeout": 5.0} | options
    return HttpDoor("flatchr", url, headers={"Authorization": f"Bearer {SECRET}"}, **options)


def error_of(server: RawServer, **options: Any) -> SyncError:
    with pytest.raises(SyncError) as caught:
        door(server, timeout=options.pop("timeout", 5.0)).request("POST", "x", json={}, **options)
    return caught.value


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
    monkeypatch.setattr(transport, "DEFAULT_CA_BUNDLE_PATH", tls_authority)
    transport._tls_context.cache_clear()
    transport.close_sessions()
    try:
        with serving(say(200, {"a": 1}), tls=tls_context) as server:
            named = server.url.replace("127.0.0.1", "localhost")
            assert door(named).request("GET", "x").json() == {"a": 1}
            with pytest.raises(RetryableError):
                door(server).request("GET", "x")  # issued for `localhost`, not for the address
            assert len(server.requests) == 1
    finally:
        transport._tls_context.cache_clear()
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
    ("999999", failures.MAX_RETRY_AFTER),
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
    assert failures.retry_after(header) == seconds


def test_it_reads_retry_after_as_a_date() -> None:
    now = datetime.now(UTC)
    in_a_minute = format_datetime(now + timedelta(seconds=60), usegmt=True)
    assert failures.retry_after(in_a_minute) == pytest.approx(60, abs=2)
    assert failures.retry_after(format_datetime(now - timedelta(days=1), usegmt=True)) == 0.0
    far = format_datetime(now + timedelta(days=9), usegmt=True)
    assert failures.retry_after(far) == failures.MAX_RETRY_AFTER


@pytest.mark.parametrize(("status", "effect"), [(429, True), (503, True), (503, False)])
def test_an_error_carries_the_wait_the_peer_asked_for(status: int, effect: bool) -> None:
    with serving(say(status, "", Retry_After="12")) as server:
        error = error_of(server, effect=effect)
        assert isinstance(error, RetryableError)
        assert error.retry_after == 12.0


def test_an_exchange_is_observed_without_secrets_or_personal_data() -> None:
    seen: list[Exchange] = []
    body = {
        "token": SECRET,
        "vacancy": "slug-of-it",
        "firstname": "Zébulon",
        "email": "zebulon@example.com",
        "resume": {"data": "QUJD" * 1000, "fileName": "CV_Zebulon", "contentType": "a/b"},
    }
    answer = f"bad: Zébulon zebulon@example.com +33 6 95 46 82 31 {SECRET}"
    with serving(say(400, {"error": answer})) as server, pytest.raises(PermanentError) as caught:
        door(server, observe=seen.append).request("POST", "x", json=body, effect=True)
    (exchange,) = seen
    everything = f"{exchange} {caught.value} {caught.value.params} {caught.value!r}"
    for private in (SECRET, "Zébulon", "Zebulon", "zebulon@", "46 82 31", "QUJDQUJD"):
        assert private not in everything
    assert "data: <3000 bytes>" in exchange.request_excerpt
    assert "vacancy: slug-of-it" in exchange.request_excerpt
    assert exchange.answer_excerpt.startswith('{"error": "bad: […] […] [phone]')
    assert (exchange.service, exchange.method, exchange.status) == ("flatchr", "POST", 400)


SUMMARY = 'Responsable comptable à Évreux, canaryone\nMariée, "canarytwo" et \t\\canarythree'
WRITTEN = {
    "vacancy": "v",
    "firstname": "Zoé",
    "comment": SUMMARY,
    "answers": [{"question": "1", "value": "Je cherche un poste canaryanswer"}],
    "resume": {"data": "QUJD" * 10},
}
QUOTED = json.dumps(WRITTEN)
ECHOES = {
    "the value": json.dumps({"message": f"bad comment: {SUMMARY}"}),
    "the value, unescaped": json.dumps({"message": SUMMARY}, ensure_ascii=False),
    "the body": json.dumps({"sent": WRITTEN}),
    "the body as a string": json.dumps({"sent": QUOTED}),
    "a string within a string": json.dumps({"sent": json.dumps({"inner": QUOTED})}),
    "the body as text": QUOTED,
    "a form": quote_plus(f"comment={SUMMARY}"),
    "HTML in text": f"bad: {html.escape(SUMMARY)}",
    "its beginning": json.dumps({"message": f"too long: {SUMMARY[:20]}"}),
    "its end": json.dumps({"message": f"too long: …{SUMMARY[-20:]}"}),
    "one line, bare": SUMMARY.replace("\n", " ").replace('"', ""),
    "without accents": "RESPONSABLE COMPTABLE A EVREUX, CANARYONE",
    "an answer to a question": json.dumps({"message": WRITTEN["answers"]}),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=list(ECHOES))
@pytest.mark.parametrize("status", [422, 201])
def test_what_a_person_wrote_is_not_kept_however_a_peer_spells_it(echo: str, status: int) -> None:
    seen: list[Exchange] = []
    told = ""
    with serving(say(status, echo.encode(), "text/plain")) as server:
        try:
            door(server, observe=seen.append).request("POST", "x", json=WRITTEN, effect=True)
        except PermanentError as error:
            told = f"{error} {error.params}"
    for fragment in ("canary", "comptable", "COMPTABLE", "poste"):
        assert fragment not in f"{seen[0]} {told}"


def test_what_a_peer_says_of_a_person_in_its_own_words_is_kept() -> None:
    said = {"message": "Le candidat Zo\u00e9 existe d\u00e9j\u00e0", "value": ["Bien", None, 3]}
    with serving(say(422, said)) as server, pytest.raises(PermanentError) as caught:
        door(server).request("POST", "x", json={**WRITTEN, "comment": "Bien"}, effect=True)
    assert caught.value.params["answer"] == (
        '{"message": "Le candidat […] existe déjà", "value": ["[…]", null, 3]}'
    )


def test_a_hostile_escape_in_an_answer_becomes_a_blank() -> None:
    body = b'{"message": "a\\u0000b\\ud83d\\u202ec"}'
    with serving(say(422, body)) as server, pytest.raises(PermanentError) as caught:
        door(server).request("POST", "x", json={}, effect=True)
    assert caught.value.params["answer"] == '{"message": "a b c"}'


def test_a_successful_read_is_observed_by_its_size_only() -> None:
    seen: list[Exchange] = []
    with serving(say(200, [{"firstname": "Zoé"}])) as server:
        door(server, observe=seen.append).request("GET", "x", params={"token": SECRET})
    assert seen[0].answer_excerpt == "<27 bytes, application/json>"
    assert SECRET not in seen[0].url
    assert "token=[secret]" in seen[0].url


def test_an_exchange_without_an_answer_is_observed_too() -> None:
    seen: list[Exchange] = []
    with serving(reset) as server, pytest.raises(RetryableError):
        door(server, observe=seen.append).request("GET", "x")
    assert (seen[0].status, seen[0].answer_excerpt) == (None, "no answer")


@pytest.mark.parametrize("handler", [reset, say(401, f"key {SECRET} unknown"), cut(b"{", 9)])
def test_a_traceback_holds_no_secret(handler: Any) -> None:
    with serving(handler) as server:
        with pytest.raises(SyncError) as caught:
            door(server).request("GET", "x", params={"token": SECRET})
        printed = "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None
        assert SECRET not in printed
        assert segment(SECRET) not in printed
        assert "urllib3" not in printed


def test_debug_logs_of_the_libraries_hold_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(say(200, {})) as server:
        params = {"token": SECRET, "email": "zoe@example.com"}
        door(server).request("GET", "x", params=params)
    assert "GET /x" in caplog.text
    for private in ("s3cr3t", "zoe", "example.com"):
        assert private not in caplog.text


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


@pytest.mark.parametrize(
    ("value", "expected"), [("a/b", "a%2Fb"), ("..", "%2E%2E"), ("a?b#c", "a%3Fb%23c"), (5, "5")]
)
def test_a_value_cannot_leave_its_place_in_a_path(value: object, expected: str) -> None:
    assert segment(value) == expected


def test_an_outline_shows_the_shape_of_a_body_only() -> None:
    shape = outline({"type": "document", "answers": [1, 2], "a": None, "b": {"c": {"d": {}}}})
    assert shape == "{type: document, answers: [2], a: null, b: {c: {d: {…}}}}"


def test_what_is_asked_too_late_is_not_sent() -> None:
    """A process may be stopped between its decision and its first byte."""
    with serving(say(200, b"{}")) as server:
        with pytest.raises(RetryableError) as caught:
            door(server).request("POST", "x", json={}, effect=True, send_by=time.monotonic() - 1)
        assert not isinstance(caught.value, OutcomeUnknownError)
        assert server.requests == []
