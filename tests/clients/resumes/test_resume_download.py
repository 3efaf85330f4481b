"""Download of a CV: statuses, deadlines, size limits."""

from __future__ import annotations

import base64
import gzip
import json
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from sync.clients import transport
from sync.clients.hrflow import HrFlowClient
from sync.clients.http import Exchange
from sync.clients.resume_download import Resume, as_document
from sync.exceptions import DoubtfulError, PermanentError, RetryableError, SyncError
from sync.vocabulary import ErrorCode
from tests.clients.resumes.resume_files import PDF, error_of, get
from tests.raw_server import RawServer, cut, drip_body, hang, reset, say, serving
from tests.sandbox_fixture import SandboxHandle, start_sandbox


def test_it_downloads_a_pdf_without_any_credentials() -> None:
    with serving(say(200, PDF, "application/pdf")) as server:
        found = get(f"{server.url}/cv?sig=a%20b&x=1")
        (request,) = server.requests
    assert found == Resume(PDF, "CV_Zoé.pdf", "application/pdf")
    assert found.generated is False
    assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert request.headers["accept-encoding"] == "identity"
    assert request.path == "/cv?sig=a%20b&x=1"


def test_a_resume_becomes_the_documented_object() -> None:
    document = as_document(Resume(PDF, "CV.pdf", "application/pdf"))
    assert document == {
        "data": base64.b64encode(PDF).decode(),
        "fileName": "CV.pdf",
        "contentType": "application/pdf",
    }
    json.dumps(document)


STATUSES = [
    *[(status, PermanentError, ErrorCode.RESUME_NOT_FOUND) for status in (401, 403, 404, 410, 400)],
    *[
        (status, RetryableError, ErrorCode.RESUME_UNREACHABLE)
        for status in (429, 408, 500, 502, 503, 304)
    ],
]


@pytest.mark.parametrize(("status", "kind", "code"), STATUSES)
def test_it_maps_a_status(status: int, kind: type[SyncError], code: ErrorCode) -> None:
    with serving(say(status, PDF, Retry_After="8")) as server:
        error = error_of(server)
    assert (type(error), error.code, error.http_status) == (kind, code, status)
    assert getattr(error, "retry_after", 8.0) == 8.0


@pytest.mark.parametrize("handler", [reset, hang, drip_body(0.02), cut(PDF, 9999)])
def test_a_lost_answer_is_retryable_and_in_time(handler: Any) -> None:
    started = time.monotonic()
    with serving(handler) as server:
        error = error_of(server, timeout=0.4)
    assert (type(error), error.code) == (RetryableError, ErrorCode.RESUME_UNREACHABLE)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("url", ["http://no-such-host.invalid/cv", "http://127.0.0.1:1/cv"])
def test_a_host_that_is_not_there_is_retryable(url: str) -> None:
    assert error_of(url).code == ErrorCode.RESUME_UNREACHABLE


def test_the_deadline_spans_the_redirects() -> None:
    started = time.monotonic()
    with serving(say(302, "", Location="/b"), hang) as server:
        error_of(server, timeout=0.4)
    assert time.monotonic() - started < 1.5


def test_a_file_declared_too_large_is_not_read() -> None:
    with serving(cut(PDF, 12_000_000, "application/pdf")) as server:
        error = error_of(server, max_bytes=10_485_760)
    assert error.code == ErrorCode.RESUME_TOO_LARGE
    assert "10 MB" in str(error)


def test_a_file_that_grows_too_large_is_given_up() -> None:
    def endless(server: RawServer, connection: Any, _request: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not server.closing.is_set():
            connection.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    with serving(endless) as server:
        assert error_of(server).code == ErrorCode.RESUME_TOO_LARGE


def test_a_file_of_just_the_limit_is_taken() -> None:
    with serving(say(200, PDF, "application/pdf")) as server:
        assert get(server, max_bytes=len(PDF)).data == PDF
        assert error_of(server, max_bytes=len(PDF) - 1).code == ErrorCode.RESUME_TOO_LARGE


def test_a_decompression_bomb_is_counted_unpacked() -> None:
    bomb = gzip.compress(PDF + b"0" * 50_000_000)
    with serving(say(200, bomb, "application/pdf", Content_Encoding="gzip")) as server:
        assert error_of(server).code == ErrorCode.RESUME_TOO_LARGE


def test_connections_are_kept() -> None:
    transport.close_sessions()
    with serving(say(200, PDF, "application/pdf")) as server:
        for _ in range(3):
            get(server)
        assert server.connections == 1


def test_a_download_is_observed_without_the_part_that_names_or_opens_it() -> None:
    seen: list[Exchange] = []
    with serving(say(302, "", Location="/b?X-Sig=zzz"), say(404)) as server:
        error = error_of(f"{server.url}/cv?X-Sig=yyy", observe=seen.append)
        assert [exchange.status for exchange in seen] == [302, 404]
        assert [exchange.url for exchange in seen] == [f"{server.url}/…"] * 2
    printed = "".join(traceback.format_exception(error)) + str(seen)
    assert "yyy" not in printed
    assert "zzz" not in printed


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxHandle]:
    with start_sandbox(profiles=30) as handle:
        yield handle


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ("resume_12mb", ErrorCode.RESUME_TOO_LARGE),
        ("resume_empty", ErrorCode.RESUME_EMPTY),
        ("resume_html", ErrorCode.RESUME_WRONG_TYPE),
        ("resume_private", ErrorCode.RESUME_FORBIDDEN_ADDRESS),
        ("resume_file_scheme", ErrorCode.RESUME_FORBIDDEN_ADDRESS),
    ],
)
def test_a_troubled_cv_of_the_sandbox_is_refused(
    sandbox: SandboxHandle, trouble: str, code: ErrorCode
) -> None:
    flow = HrFlowClient(
        api_user=sandbox.api_user, api_secret=sandbox.api_secret, base_url=sandbox.hrflow_url
    )
    profile = flow.read_profile(sandbox.source_keys["main"], sandbox.troubles[trouble])
    url = profile["attachments"][0]["public_url"]
    error = error_of(url, max_bytes=10 * 1024 * 1024)
    kind = DoubtfulError if trouble == "resume_html" else PermanentError
    assert (type(error), error.code) == (kind, code)
    assert "%(" not in str(error)
