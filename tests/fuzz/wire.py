"""Answers as bytes on a socket: statuses, headers and framing as good and bad servers send them."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Callable

from hypothesis import strategies as st

from tests.raw_server import Handler, RawServer, Request

_STATUSES = st.sampled_from(
    [b"200 OK"] * 20
    + [b"201 Created", b"204 No Content", b"206 x", b"302 Found", b"304 x", b"400 Bad", b"401 x"]
    + [b"403 x", b"404 x", b"408 x", b"409 x", b"422 x", b"429 x", b"500 x", b"503 x", b"999 x"]
    + [b"200", b"20x OK", b"-1 x", b"100 Continue", b"103 Early Hints", "200 Créé".encode()]
)
_TYPES = [
    b"application/json", b"application/json; charset=utf-16", b"text/html", b"text/plain", b"",
    b"application/pdf", b"application/octet-stream", b"x", b"\xff\xfe", b"text/html;" + b"a" * 9000,
]  # fmt: skip
_HEADERS = st.lists(
    st.sampled_from(
        [
            b"Retry-After: 1", b"Retry-After: -5", b"Retry-After: 1e999", b"Retry-After: demain",
            b"Retry-After: Fri, 31 Feb 2026 25:61:00 GMT", b"Retry-After: " + b"9" * 5000,
            b"Retry-After: Mon, 01 Jan 0001 00:00:00 +9999", b"Set-Cookie: a=b", b"no colon",
            b"Location: http://[", b"Location: //127.0.0.1:1/x", b"Connection: keep-alive",
            b"X-\xe9: \xff\x00", b" folded: x", b"Content-Length: 3", b": empty",
            b"Content-Type: text/html", b"Content-Disposition: attachment; filename*=UTF-8''%ff",
        ]
    ),
    max_size=3,
)  # fmt: skip


def _whole(body: bytes) -> tuple[list[bytes], bytes]:
    return [b"Content-Length: %d" % len(body)], body


def _chunked(body: bytes) -> tuple[list[bytes], bytes]:
    return [b"Transfer-Encoding: chunked"], b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def _broken_chunk(body: bytes) -> tuple[list[bytes], bytes]:
    return [b"Transfer-Encoding: chunked"], b"zz;x\r\n" + body


_FRAMINGS: list[Callable[[bytes], tuple[list[bytes], bytes]]] = [
    *[_whole] * 6,
    _chunked,
    _broken_chunk,
    lambda body: ([], body),
    lambda body: ([b"Content-Length: %d" % (len(body) + 7)], body),
    lambda body: ([b"Content-Length: %d" % (len(body) // 2)], body),
    lambda body: ([b"Content-Length: -1"], body),
    lambda body: ([b"Content-Length: " + b"9" * 30], body),
    lambda body: (
        [b"Content-Encoding: gzip", *_whole(gzip.compress(body))[0]],
        gzip.compress(body),
    ),
    lambda body: ([b"Content-Encoding: gzip", *_whole(body)[0]], body),
    lambda body: ([b"Content-Encoding: gzip"], gzip.compress(body)[:-9]),
    lambda body: ([b"Content-Encoding: deflate"], zlib.compress(body)),
    lambda body: ([b"Content-Encoding: br, x", *_whole(body)[0]], body),
]


def answers(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """A whole answer as it goes over the wire: half of them as they should be, the others odd."""
    return st.booleans().flatmap(lambda odd: _odd(bodies) if odd else bodies.map(well_framed))


def well_framed(body: bytes, status: bytes = b"200 OK") -> bytes:
    return _head(b"HTTP/1.1 " + status, b"Content-Type: application/json", *_whole(body)[0]) + body


@st.composite
def _odd(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """Of one to three oddities; now and then cut, or no HTTP at all."""
    framing, body = draw(st.sampled_from(_FRAMINGS)), draw(bodies)
    heads, framed = framing(body)
    kind = b"Content-Type: " + draw(st.sampled_from(_TYPES[:1] * 6 + _TYPES))
    more = draw(st.just([]) | _HEADERS)
    whole = _head(b"HTTP/1.1 " + draw(_STATUSES), kind, *heads, *more) + framed
    how = draw(st.integers(0, 15))
    if how == 0:
        return whole[: draw(st.integers(0, len(whole)))]
    return body if how == 1 else whole


def _head(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


def says(answer: bytes) -> Handler:
    """Sends these bytes and hangs up."""

    def handler(_server: RawServer, connection: socket.socket, _request: Request) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        raise OSError

    return handler
