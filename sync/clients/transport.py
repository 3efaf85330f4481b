"""Sending and receiving: connections of each thread, a deadline for a whole exchange, TLS.

`requests` limits the time between two reads, not the exchange: a peer that sends one byte every few
seconds would hold a thread without end. Here every read and write on the socket gets what is left
of the exchange's time. The socket also tells whether a request may have reached the peer: until its
first byte is written, nothing has happened, whatever exception follows.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, cast

import requests
import urllib3
from django.utils.translation import gettext_noop
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from sync.clients import outbound
from sync.redaction import RedactingFilter

CONNECT_TIMEOUT = 5.0  # seconds for each address of a host; the DNS look-up has the system's limit
# Servers close idle connections (Node.js after 5 s). A create on a connection that is being closed
# has an unknown outcome, so a connection idle for this long is not used again.
MAX_IDLE_SECONDS = 4.0
_WRITE_SIZE = 1 << 16
_READ_SIZE = 1 << 16


class Failure(Enum):
    """How an exchange ended without a whole answer. People read the values, translated."""

    NOT_SENT = gettext_noop("nothing was sent")
    NO_ANSWER = gettext_noop("no answer")
    CUT = gettext_noop("the answer broke off")
    TOO_LARGE = gettext_noop("the answer is too large")


class TransportError(Exception):
    """No whole answer. Has no cause: the library's message may quote the request."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class _Exchange(threading.local):
    """The exchange of this thread.

    `deadline`: the monotonic time at which it must be over; `send_by`: after which its first byte
    is not written any more; `sent`: whether a byte was written.
    """

    deadline = send_by = float("inf")
    sent = False

    def remaining(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange took too long")
        return left


_exchange = _Exchange()


class _TimedReader(io.RawIOBase):
    """The reading side of a socket; each read waits no longer than the exchange has left.

    `makefile` lets it stand in for the socket of `http.client.HTTPResponse`, which asks for
    nothing else.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw: Any = sock.makefile("rb", buffering=0)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_exchange.remaining())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedReader(sock), *args, **kwargs)  # type: ignore[arg-type]


class _TimedConnection(HTTPConnection):
    """A connection whose reads and writes obey the exchange's deadline."""

    response_class = _TimedResponse
    _idle_since = float("inf")

    @property
    def is_connected(self) -> bool:
        """False after a long idle time: urllib3 then opens a new connection."""
        return time.monotonic() - self._idle_since < MAX_IDLE_SECONDS and super().is_connected

    def getresponse(self) -> Any:
        response = super().getresponse()
        self._idle_since = time.monotonic()
        return response

    def send(self, data: Any) -> None:
        """In pieces: a write over TLS starts its timeout anew for each record.

        Raises TimeoutError, with nothing sent, when `send_by` has passed: this process may have
        been suspended since the request was prepared.
        """
        if self.sock is None:
            self.connect()
        view = memoryview(data)
        for start in range(0, len(view), _WRITE_SIZE):
            self.sock.settimeout(_exchange.remaining())
            if not _exchange.sent and time.monotonic() > _exchange.send_by:
                raise TimeoutError("too late to be sent")
            _exchange.sent = True
            super().send(view[start : start + _WRITE_SIZE])


class _TimedTLSConnection(_TimedConnection, HTTPSConnection):
    def _tunnel(self) -> None:
        """What a proxy is asked for before TLS begins is nothing that the peer has got."""
        try:
            super()._tunnel()
        finally:
            _exchange.sent = False


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLSConnection


_POOLS = {"http": _TimedPool, "https": _TimedTLSPool}


class TimedAdapter(HTTPAdapter):
    """An adapter whose connections obey the deadline; it never repeats a request."""

    pinned = False

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = outbound.tls_context(self.pinned)
        super().init_poolmanager(*args, **kwargs, ssl_context=context)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        kwargs["ssl_context"] = outbound.tls_context(self.pinned)
        kwargs["proxy_ssl_context"] = outbound.tls_context(pinned=False)
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """Certificates are always required; the shared context holds the authorities already."""
        conn.cert_reqs = "CERT_REQUIRED"


_local = threading.local()


def api_adapter() -> HTTPAdapter:
    """This thread's adapter for both APIs; its connections stay open between pushes.

    Requests go to an adapter and not through `requests.Session`, which would use proxies from the
    environment, replace our Authorization with one from ~/.netrc, send one company's cookies with
    the next one's request, and read the body of a redirect however large it is.
    """
    return cast(HTTPAdapter, thread_local("apis", TimedAdapter))


def thread_local(name: str, make: Callable[[], Any]) -> Any:
    """This thread's object of that name, made at first use; it must have a `close`.

    A forked child starts without the objects of its parent.
    """
    value = getattr(_local, name, None)
    if value is None:
        value = make()
        setattr(_local, name, value)
    return value


def close_sessions() -> None:
    """Close this thread's connections. The end of a thread does the same."""
    for value in list(vars(_local).values()):
        value.close()
    vars(_local).clear()


# A forked worker must not write on the sockets of its parent.
os.register_at_fork(after_in_child=lambda: vars(_local).clear())

_EXPECTED = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


def send(
    through: HTTPAdapter,
    request: requests.PreparedRequest,
    timeout: float,
    *,
    send_by: float = float("inf"),
) -> urllib3.BaseHTTPResponse:
    """Send once and return the answer's head; `read_body` reads the body.

    `timeout`: seconds from here to the end of the body. `send_by`: the monotonic time after which
    nothing is sent any more. Raises TransportError: NOT_SENT, or NO_ANSWER once a byte was written.
    """
    _exchange.deadline, _exchange.send_by = time.monotonic() + timeout, send_by
    _exchange.sent = False
    limits = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, timeout), read=timeout)
    try:
        response = through.send(
            request,
            stream=True,
            timeout=limits,  # type: ignore[arg-type]
            verify=True,
            proxies=outbound.proxies_for(str(request.url)),
        )
        raw: urllib3.BaseHTTPResponse = response.raw
        return raw
    except _EXPECTED:
        pass  # raised below, outside: the cause quotes the request
    raise TransportError(Failure.NO_ANSWER if _exchange.sent else Failure.NOT_SENT)


def read_body(raw: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    """The decoded body. A whole body returns the connection to the pool; anything else closes it.

    Raises TransportError: TOO_LARGE (by the declared length or as counted) or CUT.
    """
    declared = raw.headers.get("Content-Length", "")
    is_too_large = declared.isdecimal() and int(declared[:19]) > max_bytes
    parts: list[bytes] = []
    total, failure = 0, None
    try:
        while not is_too_large and (part := raw.read(_READ_SIZE, decode_content=True)):
            parts.append(part)
            total += len(part)
            is_too_large = total > max_bytes
    except _EXPECTED:
        failure = Failure.CUT
    if is_too_large:
        failure = Failure.TOO_LARGE
    if failure is not None:
        raw.close()
        raise TransportError(failure)
    raw.release_conn()
    return parts[0] if len(parts) == 1 else b"".join(parts)


# urllib3 logs request lines at DEBUG, with their queries. A filter on the logger `urllib3` does not
# see the records of the loggers below it, so each of them gets one.
for _name in ("connectionpool", "connection", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(RedactingFilter())
logging.getLogger("requests_hardened.ip_filter").addFilter(RedactingFilter())
