"""The address of a CV: what is forbidden, redirects, and the pinned address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.clients import outbound, resume_download, transport
from sync.exceptions import PermanentError
from sync.vocabulary import ErrorCode
from tests.clients.resumes.resume_files import PDF, error_of, get
from tests.raw_server import certificate, say, serving

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
    outbound.tls_context.cache_clear()


def test_a_public_address_is_checked_once_and_connected_to_as_checked(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look-up before connecting could answer otherwise (DNS rebinding)."""
    with serving(say(200, PDF, "application/pdf")) as server:
        monkeypatch.setitem(resume_download._PORTS, "http", server.port)
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
    monkeypatch.setattr(outbound, "DEFAULT_CA_BUNDLE_PATH", authority)
    outbound.tls_context.cache_clear()
    with serving(say(200, PDF, "application/pdf"), tls=context) as server:
        monkeypatch.setitem(resume_download._PORTS, "https", server.port)
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
        monkeypatch.setitem(resume_download._PORTS, "https", server.port)
        assert error_of(f"https://cv.example.com:{server.port}/cv").code == (
            ErrorCode.RESUME_UNREACHABLE
        )
        assert server.requests == []
