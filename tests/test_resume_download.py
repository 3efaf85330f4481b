"""The CV's address, size and content; everything it must not do is tried."""

from __future__ import annotations

import base64
import gzip
import io
import json
import socket
import time
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.clients import resume, resume_content, transport
from sync.clients.hrflow import HrFlowClient
from sync.clients.http import Exchange
from sync.clients.resume import Resume, as_document, download_resume
from sync.exceptions import DoubtfulError, PermanentError, RetryableError, SyncError
from sync.vocabulary import ErrorCode
from tests.raw_server import RawServer, certificate, cut, drip_body, hang, reset, say, serving
from tests.sandbox_fixture import SandboxHandle, start_sandbox

PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOC = OLE + b"\0" * 504 + "WordDocument".encode("utf-16-le")
PNG, JPEG = b"\x89PNG\r\n\x1a\n0000", b"\xff\xd8\xff\xe0JFIF"


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return stream.getvalue()


DOCX = zipped(word__document_xml=b"<w/>")
ODT = zipped(mimetype=b"application/vnd.oasis.opendocument.text", content_xml=b"<o/>")


def get(where: RawServer | str, **options: Any) -> Resume:
    url = where if isinstance(where, str) else f"{where.url}/cv"
    options = {
        "file_name": "CV_Zoé",
        "max_bytes": 1_000_000,
        "allowed_private_hosts": ["127.0.0.1"],
        "timeout": 2.0,
    } | options
    return download_resume(url, **options)


def error_of(where: RawServer | str, **options: Any) -> SyncError:
    with pytest.raises(SyncError) as caught:
        get(where, **options)
    return caught.value


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


KINDS = [
    (PDF, "application/pdf", ".pdf", "application/pdf"),
    (PDF, "application/octet-stream", ".pdf", "application/pdf"),
    (PDF, "", ".pdf", "application/pdf"),
    (PDF, "image/png", ".pdf", "application/pdf"),
    (b"\xef\xbb\xbf\n" + PDF, "application/pdf", ".pdf", "application/pdf"),
    (DOC, "application/octet-stream", ".doc", "application/msword"),
    (DOCX, "application/zip", ".docx", resume_content.DOCX.content_type),
    (ODT, "", ".odt", "application/vnd.oasis.opendocument.text"),
    (b"{\\rtf1 text}", "text/rtf", ".rtf", "application/rtf"),
    (PNG, "image/jpeg", ".png", "image/png"),
    (JPEG, "image/png", ".jpg", "image/jpeg"),
    ("Zoé Roux\nIngénieure".encode(), "text/plain; charset=utf-8", ".txt", "text/plain"),
    ("Zoé Roux".encode("latin-1"), "", ".txt", "text/plain"),
]


@pytest.mark.parametrize(("data", "declared", "extension", "kind"), KINDS)
def test_the_bytes_decide_the_type(data: bytes, declared: str, extension: str, kind: str) -> None:
    with serving(say(200, data, declared)) as server:
        found = get(server)
    assert (found.data, found.content_type) == (data, kind)
    assert found.file_name == f"CV_Zoé{extension}"


WRONG = [
    (b"<html>expired</html>", "application/pdf"),
    (b"\n <!DOCTYPE html><p>%PDF-1.4", "text/html"),
    (b"<?xml version='1.0'?><svg/>", "image/svg+xml"),
    (b"MZ\x90\x00\x03", "application/pdf"),
    (b"\x7fELF\x02", "application/octet-stream"),
    (b"#!/bin/sh\nrm -rf /", "text/plain"),
    (b'{"error": "expired"}', "application/json"),
    (b'{"error": "expired"}', ""),
    (b"link expired", "application/pdf"),
    (OLE + b"\0" * 600, "application/msword"),
    (zipped(xl__workbook_xml=b""), "application/zip"),
    (zipped(word__document_xml=b"", word__vbaProject_bin=b""), ""),
    (b"PK\x03\x04 broken", "application/zip"),
    (b"\x00\x01\x02", ""),
    (b"   ", "text/plain"),
]


@pytest.mark.parametrize(("data", "declared"), WRONG)
def test_what_is_no_document_is_refused(data: bytes, declared: str) -> None:
    with serving(say(200, data, declared)) as server:
        error = error_of(server)
    kind = DoubtfulError if b"html" in data.lower() else PermanentError
    assert (type(error), error.code) == (kind, ErrorCode.RESUME_WRONG_TYPE)


def test_an_empty_file_is_refused() -> None:
    with serving(say(200, b"", "application/pdf")) as server:
        assert error_of(server).code == ErrorCode.RESUME_EMPTY


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


FORBIDDEN = [
    "file:///etc/passwd",
    "ftp://example.com/cv.pdf",
    "gopher://example.com/",
    "data:application/pdf;base64,JVBERg==",
    "javascript:alert(1)",
    "",
    "cv.pdf",
    "//example.com/cv.pdf",
    "http://",
    "http://user:pass@example.com/cv.pdf",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://exa mple.com/",
    "http://example.com/\r\nHost: evil",
    "http://[::1",
    "http://example.com:99999/",
    "http://example.com:22/",
    "http://example.com:6379/",
    "http://127.0.0.2/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[fec0::1]/",
    "http://[64:ff9b::a00:1]/",
    "http://2130706434/",
    "http://0x7f.2/",
    "http://017700000002/",
    "http://localhost/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "https://192.168.1.1/",
    "http://example.com/" + "a" * 5000,
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_a_forbidden_address_is_never_opened(url: str) -> None:
    error = error_of(url)
    assert (type(error), error.code) == (PermanentError, ErrorCode.RESUME_FORBIDDEN_ADDRESS)
    assert "pass" not in str(error.params).replace("passwd", "")


def test_a_private_host_is_opened_only_when_it_is_listed() -> None:
    with serving(say(200, PDF, "application/pdf")) as server:
        exact = f"127.0.0.1:{server.port}"
        assert get(server, allowed_private_hosts=[exact]).data == PDF
        assert get(server, allowed_private_hosts=["127.0.0.1"]).data == PDF
        named = server.url.replace("127.0.0.1", "LOCALHOST")
        assert get(f"{named}/cv", allowed_private_hosts=["Localhost "]).data == PDF
        server.requests.clear()
        for others in ([], ["127.0.0.1:1"], ["localhost"], ["7.0.0.1"], ["127.0.0"], ["*"]):
            code = error_of(server, allowed_private_hosts=others).code
            assert code == ErrorCode.RESUME_FORBIDDEN_ADDRESS
        assert server.requests == []


def test_a_redirect_is_followed_under_the_same_rules() -> None:
    with serving(say(302, "", Location="/b/é.pdf"), say(200, PDF, "application/pdf")) as server:
        assert get(server).data == PDF
        assert [request.path for request in server.requests] == ["/cv", "/b/%C3%A9.pdf"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://10.0.0.1/", "http://u:p@a.io/"])
def test_a_redirect_out_of_the_rules_is_refused(target: str) -> None:
    with serving(say(302, "", Location=target)) as server:
        assert error_of(server).code == ErrorCode.RESUME_FORBIDDEN_ADDRESS


def test_a_redirect_to_another_private_host_is_refused() -> None:
    with serving(say(200, PDF)) as inside:
        with serving(say(302, "", Location=inside.url)) as server:
            exact = f"127.0.0.1:{server.port}"
            code = error_of(server, allowed_private_hosts=[exact]).code
        assert code == ErrorCode.RESUME_FORBIDDEN_ADDRESS
        assert inside.requests == []


def test_too_many_redirects_are_refused() -> None:
    with serving(say(302, "", Location="/again")) as server:
        assert error_of(server).code == ErrorCode.RESUME_FORBIDDEN_ADDRESS
        assert len(server.requests) == 4


def test_connections_are_kept() -> None:
    transport.close_sessions()
    with serving(say(200, PDF, "application/pdf")) as server:
        for _ in range(3):
            get(server)
        assert server.connections == 1


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was resolved. Only the resolver is replaced: a name that has a public address, and the
    way from that address to the servers of these tests."""
    resolve, hosts = socket.getaddrinfo, []

    def resolver(host: str, port: int, *rest: Any, **more: Any) -> Any:
        hosts.append(host)
        if host == "cv.example.com":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]
        return resolve("127.0.0.1" if host == "8.8.8.8" else host, port, *rest, **more)

    transport.close_sessions()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield hosts
    transport.close_sessions()
    transport._tls_context.cache_clear()


def test_a_public_address_is_checked_once_and_connected_to_as_checked(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look-up before connecting could answer otherwise (DNS rebinding)."""
    with serving(say(200, PDF, "application/pdf")) as server:
        monkeypatch.setitem(resume._PORTS, "http", server.port)
        for _ in range(2):
            assert get(f"http://cv.example.com:{server.port}/cv").data == PDF
        assert server.requests[0].headers["host"] == f"cv.example.com:{server.port}"
        assert server.connections == 1
    # Checked for each download; connected to by the checked address, and only once.
    assert asked == ["cv.example.com", "8.8.8.8", "cv.example.com"]


@pytest.mark.parametrize(("issued_for", "trusted"), [("cv.example.com", True), ("a.io", False)])
def test_the_certificate_of_a_pinned_address_must_name_the_host(
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    issued_for: str,
    trusted: bool,
) -> None:
    context, authority = certificate(tmp_path, issued_for)
    monkeypatch.setattr(transport, "DEFAULT_CA_BUNDLE_PATH", authority)
    transport._tls_context.cache_clear()
    with serving(say(200, PDF, "application/pdf"), tls=context) as server:
        monkeypatch.setitem(resume._PORTS, "https", server.port)
        url = f"https://cv.example.com:{server.port}/cv"
        if trusted:
            assert get(url).data == PDF
        else:
            assert error_of(url).code == ErrorCode.RESUME_UNREACHABLE
            assert server.requests == []


def test_a_pinned_address_with_an_unknown_authority_is_refused(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context, _authority = certificate(tmp_path, "cv.example.com")
    with serving(say(200, PDF, "application/pdf"), tls=context) as server:
        monkeypatch.setitem(resume._PORTS, "https", server.port)
        assert error_of(f"https://cv.example.com:{server.port}/cv").code == (
            ErrorCode.RESUME_UNREACHABLE
        )
        assert server.requests == []


NAMES = [
    ("CV_John", "CV_John.pdf"),
    ("resume.PDF", "resume.pdf"),
    ("cv.docx", "cv.pdf"),
    ("Jean.Dupont", "Jean.Dupont.pdf"),
    ("../../etc/passwd", "passwd.pdf"),
    ("C:\\temp\\cv.exe", "cv.pdf"),
    ("a\r\nb\0:c", "abc.pdf"),
    ("", "CV.pdf"),
    (".pdf", "CV.pdf"),
    ("x" * 300, "x" * 100 + ".pdf"),
]


@pytest.mark.parametrize(("wanted", "given"), NAMES)
def test_a_file_name_is_plain_and_ends_as_the_bytes_say(wanted: str, given: str) -> None:
    assert resume_content.file_name(wanted, resume_content.PDF) == given


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
