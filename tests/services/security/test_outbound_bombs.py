"""Endless, huge and compressed CVs: limits in bytes, memory and seconds."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
import zipfile
import zlib
from typing import Any

import pytest

from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode
from tests.clients.resumes.resume_forms import data_url, framed
from tests.conftest import World
from tests.raw_server import Handler, RawServer, cut, drip_body, say, serving
from tests.services.security.outbound import PDF, TOO_LARGE, UNREACHABLE, add_profile

pytestmark = pytest.mark.django_db
WRONG_TYPE, EMPTY = ErrorCode.RESUME_WRONG_TYPE, ErrorCode.RESUME_EMPTY
MEGABYTE = 1024 * 1024


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
    "gzip that no header names": (lambda: say(200, gzip.compress(ZEROS, 9)), {TOO_LARGE}),
    "gzip in a data URL": (lambda: say(200, data_url(gzip.compress(ZEROS, 9))), {TOO_LARGE}),
    "gzip in an upload": (lambda: say(200, framed(gzip.compress(ZEROS, 9))), {TOO_LARGE}),
    "a thousand gzips": (lambda: say(200, gzip.compress(b"") * 50_000), {WRONG_TYPE, EMPTY}),
    "a million parts": (lambda: say(200, b"--a\r\nB: c\r\n\r\n" * 100_000), {WRONG_TYPE}),
    "a million headers": (lambda: say(200, b"Content-A: b\r\n" * 140_000), {WRONG_TYPE}),
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
