"""Hostile CV addresses and files on the real road of a push: nothing inside is ever reached.

The addresses come from profiles, which candidates write. tests/test_resume_download.py tries the
download by itself; here a worker meets them, and what counts is what an inside server sees.
"""

from __future__ import annotations

import gzip
import io
import socket
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from sync.clients import resume, transport
from sync.models import Push
from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.raw_server import Handler, RawServer, cut, drip_body, say, serving

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"
MEGABYTE = 1024 * 1024
TOO_LARGE, UNREACHABLE = ErrorCode.RESUME_TOO_LARGE, ErrorCode.RESUME_UNREACHABLE


def add_profile(world: World, url: str) -> str:
    attachment = {
        "type": "resume",
        "file_name": "resume",
        "extension": ".pdf",
        "public_url": url,
        "file_size": len(PDF),
    }
    return world.sandbox.add_profile(attachments=[attachment])


def push_all(world: World, urls: list[str]) -> dict[str, Push]:
    keys = {add_profile(world, url): url for url in urls}
    run = world.dispatch(*keys).run
    world.work(60)
    return {keys[push.profile_key]: push for push in run.pushes.all()}


# Names to some resolvers and addresses to others: either way they lead nowhere.
ODD_NAMES = ("localhost.:", "127。", "127.0.0.1.:", "%25lo]", "%lo]")


def assert_refused(world: World, found: dict[str, Push]) -> None:
    """At once, with the reason, and without a candidate."""
    for url, push in found.items():
        last = push.error_params.get("last", push.error_code)
        if any(name in url for name in ODD_NAMES) and last == UNREACHABLE:
            continue
        ending = (push.status, push.error_code, push.attempts)
        assert ending == (PushStatus.FAILED, ErrorCode.RESUME_FORBIDDEN_ADDRESS, 1), url
        assert push.create_started_at is None
    assert world.sandbox.received() == []


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[RawServer]:
    """A server on the private network, at the port that web addresses are allowed to have."""
    settings.RESUME_ALLOWED_PRIVATE_HOSTS = []
    transport.close_sessions()
    with serving(say(200, PDF, "application/pdf")) as server:
        for scheme in resume._PORTS:
            monkeypatch.setitem(resume._PORTS, scheme, server.port)
        yield server
    transport.close_sessions()


# `PORT` is where the inside server listens.
HOSTILE = [
    # spellings of 127.0.0.1
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://017700000001:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.0.0.1:PORT/",
    "http://0x7f.0x0.0x0.0x1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://127.000.000.001:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://127。0。0。1:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://localhost:PORT/",
    "http://localhost.:PORT/",
    "http://LOCALHOST:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    # IPv6, and IPv4 inside it
    "http://[::1]:PORT/",
    "http://[::]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[fe80::1%25lo]:PORT/",
    "http://[fe80::1%lo]:PORT/",
    "http://[ff02::1]:PORT/",
    # other private, special and reserved ranges
    "http://127.255.255.254:PORT/",
    "http://10.1.2.3:PORT/",
    "http://172.31.255.255:PORT/",
    "http://192.168.0.1:PORT/",
    "http://169.254.169.254:PORT/latest/meta-data/iam/",
    "http://100.100.100.200:PORT/latest/meta-data/",
    "http://[fd00:ec2::254]:PORT/latest/meta-data/",
    "http://192.0.0.192:PORT/",
    "http://192.0.2.1:PORT/",
    "http://198.18.0.1:PORT/",
    "http://203.0.113.1:PORT/",
    "http://240.0.0.1:PORT/",
    "http://255.255.255.255:PORT/",
    "http://239.255.255.250:PORT/",
    # another scheme
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "FILE:/etc/passwd",
    "gopher://127.0.0.1:PORT/_GET%20/",
    "dict://127.0.0.1:PORT/info",
    "ftp://127.0.0.1:PORT/cv.pdf",
    "ldap://127.0.0.1:PORT/",
    "jar:http://127.0.0.1:PORT/!/",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "view-source:http://127.0.0.1:PORT/",
    "data:application/pdf;base64,JVBERi0xLjQ=",
    "javascript:alert(1)",
    # user names and other tricks on whoever reads the host
    "http://cv.example.com@127.0.0.1:PORT/",
    "http://cv.example.com:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT@cv.example.com/",
    "http://127.0.0.1:PORT\\@cv.example.com/",
    "http://cv.example.com\\@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@cv.example.com/",
    "http://127.0.0.1:PORT?@cv.example.com/",
    "http://cv.example.com%00.127.0.0.1:PORT/",
    "http://127.0.0.1%0d%0aHost:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    "//127.0.0.1:PORT/",
    "http://[127.0.0.1]:PORT/",
    "http://127.0.0.1:PORT:80/",
    "ht\ntp://127.0.0.1:PORT/",
    "http://127.0.0.1:PO\tRT/",
    # ports of services that speak other protocols
    "http://127.0.0.1:22/",
    "http://127.0.0.1:25/",
    "http://127.0.0.1:5432/",
    "http://127.0.0.1:6379/",
    "http://cv.example.com:6379/",
    "http://cv.example.com:-1/",
    "https://cv.example.com:65536/",
]


def test_no_hostile_address_leads_inside(world: World, inside: RawServer) -> None:
    urls = [url.replace("PORT", str(inside.port)) for url in HOSTILE]
    assert len(set(urls)) == len(HOSTILE)
    assert_refused(world, push_all(world, urls))
    assert (inside.connections, inside.requests) == (0, [])


@pytest.mark.parametrize("address", ["168.63.129.16", "::ffff:168.63.129.16"])
def test_a_metadata_service_at_a_public_address_is_not_asked(address: str) -> None:
    assert not resume._is_public(address)
    assert resume._is_public("168.63.129.17")


REDIRECTED = [
    url
    for url in HOSTILE
    if url.partition(":")[0] in ("http", "https", "file", "gopher", "ftp", "data", "")
    and url.isascii()
    and not set(url) & set("\n\t\\")
]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_inside(
    world: World, inside: RawServer, settings: Any, status: int
) -> None:
    """A server that may be asked sends on to one that may not."""
    step = {301: 0, 302: 1, 303: 2, 307: 3, 308: 4}[status]
    targets = [url.replace("PORT", str(inside.port)) for url in REDIRECTED[step::5]]
    # Relative to the server that is asked, these are none: they stay on it.
    targets = [url for url in targets if not url.startswith(("http:/1", "http:1", "http:///"))]
    assert len(targets) >= 8
    for target in targets:
        with serving(say(status, "", Location=target)) as front:
            settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{front.port}"]
            (push,) = push_all(world, [f"{front.url}/cv"]).values()
            assert_refused(world, {target: push})
            assert {request.path for request in front.requests} == {"/cv"}
    assert (inside.connections, inside.requests) == (0, [])


def test_a_redirect_loop_ends(world: World, settings: Any) -> None:
    with serving(say(302, "", Location="/again")) as front:
        settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{front.port}"]
        assert_refused(world, push_all(world, [f"{front.url}/cv"]))
        assert len(front.requests) == resume.MAX_REDIRECTS + 1


# --- names --------------------------------------------------------------------------------------


@dataclass
class Names:
    """Stands in for the system's resolver: each name has one answer after the other, the last for
    good. A public address leads to the server `outside`."""

    answers: dict[str, list[list[str]]]
    outside: int
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int, *rest: Any, **more: Any) -> Any:
        self.asked.append(host)
        if host == "8.8.8.8":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", self.outside))]
        if host not in self.answers:
            return _resolve(host, port, *rest, **more)
        waiting = self.answers[host]
        addresses = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [_entry(address, port) for address in addresses]


_resolve = socket.getaddrinfo


def _entry(address: str, port: int) -> Any:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Iterator[Names]:
    with serving(say(200, PDF, "application/pdf")) as outside:
        names = Names({"cv.example.com": list(answers)}, outside.port)
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", names)
            yield names
    transport.close_sessions()


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.7"],
        ["169.254.169.254"],
        ["0.0.0.0"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fd00::1"],
        ["64:ff9b::7f00:1"],
        ["127.0.0.1", "8.8.8.8"],
    ],
)
def test_a_name_with_a_private_address_is_refused(
    world: World, inside: RawServer, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    with resolving(monkeypatch, addresses):
        assert_refused(world, push_all(world, [f"http://cv.example.com:{inside.port}/cv"]))
    assert inside.connections == 0


def test_a_name_that_changes_between_check_and_use_leads_where_it_was_checked(
    world: World, inside: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"]) as names:
        found = push_all(world, [f"http://cv.example.com:{inside.port}/cv"])
    assert [push.status for push in found.values()] == [PushStatus.SUCCEEDED]
    assert names.asked.count("cv.example.com") == 1
    assert inside.connections == 0


def test_a_name_that_has_changed_is_checked_again_with_the_next_download(
    world: World, inside: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kept connection must not carry an old answer on, nor a new one in."""
    url = f"http://cv.example.com:{inside.port}"
    with resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"]):
        first = push_all(world, [f"{url}/one"])
        second = push_all(world, [f"{url}/two"])
    assert [push.status for push in first.values()] == [PushStatus.SUCCEEDED]
    assert [push.error_code for push in second.values()] == [ErrorCode.RESUME_FORBIDDEN_ADDRESS]
    assert inside.connections == 0


def test_an_address_sends_no_credentials_of_ours_anywhere(world: World, settings: Any) -> None:
    with serving(say(200, PDF, "application/pdf")) as server:
        settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        push_all(world, [f"{server.url}/cv"])
        (request,) = server.requests
    text = repr(request)
    for secret in (world.source.api_secret, world.source.api_user, world.company.auth):
        assert secret not in text


# --- bombs --------------------------------------------------------------------------------------


def endless(server: RawServer, connection: Any, _request: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.closing.is_set():
        connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def endless_head(server: RawServer, connection: Any, _request: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not server.closing.is_set():
        connection.sendall(b"X-More: " + b"x" * 8000 + b"\r\n")


def many_heads(server: RawServer, connection: Any, _request: Any) -> None:
    while not server.closing.is_set():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def packed(data: bytes, *codings: str) -> Handler:
    for coding in codings:
        data = gzip.compress(data, 9) if coding == "gzip" else zlib.compress(data, 9)
    return say(200, data, "application/pdf", Content_Encoding=", ".join(codings))


def zip_bomb() -> bytes:
    """A Word document whose part unpacks to 200 MB."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("word/document.xml", "w") as part:
            for _ in range(200):
                part.write(bytes(MEGABYTE))
        archive.writestr("[Content_Types].xml", "<Types/>")
    return stream.getvalue()


ZEROS = PDF + bytes(100 * MEGABYTE)
BOMBS: dict[str, tuple[Any, set[str]]] = {
    "declared": (lambda: cut(PDF, 10**12, "application/pdf"), {TOO_LARGE}),
    "declared in nonsense": (lambda: cut(PDF, 10**40, "application/pdf"), {TOO_LARGE}),
    "endless": (lambda: endless, {TOO_LARGE}),
    "gzip": (lambda: packed(ZEROS, "gzip"), {TOO_LARGE}),
    "deflate": (lambda: packed(ZEROS, "deflate"), {TOO_LARGE}),
    "gzip in gzip": (lambda: packed(ZEROS, "gzip", "gzip"), {TOO_LARGE}),
    "gzip a hundred times": (lambda: packed(PDF, *["gzip"] * 100), {UNREACHABLE}),
    "endless head": (lambda: endless_head, {UNREACHABLE}),
    "endless interim answers": (lambda: many_heads, {UNREACHABLE}),
    "dripping": (lambda: drip_body(0.05), {UNREACHABLE}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_neither_memory_nor_time(world: World, settings: Any, name: str) -> None:
    make, codes = BOMBS[name]
    handler = make()
    settings.RESUME_MAX_BYTES = 2 * MEGABYTE
    settings.HTTP_TIMEOUT_SECONDS = 2
    settings.PUSH_MAX_ATTEMPTS = 1
    with serving(handler) as server:
        settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        key = add_profile(world, f"{server.url}/cv")
        run = world.dispatch(key).run
        tracemalloc.start()
        begun = time.monotonic()
        world.work()
        took = time.monotonic() - begun
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    push = run.pushes.get()
    code = push.error_params.get("last", push.error_code)
    assert (push.status, code in codes) == (PushStatus.FAILED, True), push.explanation
    assert peak < 32 * MEGABYTE
    assert took < 15
    assert world.sandbox.received() == []


def test_a_document_that_is_a_zip_bomb_is_never_unpacked(world: World, settings: Any) -> None:
    with serving(say(200, zip_bomb(), "application/zip")) as server:
        settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        key = add_profile(world, f"{server.url}/cv")
        world.dispatch(key)
        tracemalloc.start()
        world.work()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 32 * MEGABYTE
    (applicant,) = world.sandbox.received()
    assert applicant["resume"]["content_type"].endswith("wordprocessingml.document")
