"""How bytes travel: one requests session a thread, a deadline over a whole exchange, TLS.

`requests` limits the silence between two reads, not the exchange: a peer that drips one byte every
few seconds holds a thread for ever. Here every read and write on the socket is given only what is
left of the exchange's time. And whether a request may have reached the peer is known from the
socket, not guessed from the class of an exception: before the first byte was written, nothing
happened.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from functools import lru_cache
from typing import Any, cast

import requests
import urllib3
from django.utils.translation import gettext_noop
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from sync.redaction import RedactingFilter

CONNECT_TIMEOUT = 5.0  # seconds, for each address of a host; its DNS look-up is the system's
# Servers hang up on idle connections (Node.js after 5 s). One that is about to is not used again:
# a create that meets the hang-up has an unknown outcome.
MAX_IDLE_SECONDS = 4.0
_WRITE_SIZE = 1 << 16
_READ_SIZE = 1 << 16


class Failure(Enum):
    """How an exchange ended without a whole answer; the values are for people reading the log, who
    are told them in their language."""

    NOT_SENT = gettext_noop("nothing was sent")
    NO_ANSWER = gettext_noop("no answer")
    CUT = gettext_noop("the answer broke off")
    TOO_LARGE = gettext_noop("the answer is too large")


class TransportError(Exception):
    """No whole answer. Carries no cause: the library's message may quote the request."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class _Progress(threading.local):
    """This thread's exchange: when it must be over, and whether a byte of it was written."""

    deadline = send_by = float("inf")
    sent = False

    def begin(self, timeout: float, send_by: float) -> None:
        self.deadline, self.send_by = time.monotonic() + timeout, send_by
        self.sent = False

    def begin_to_send(self) -> None:
        """Asked at the last moment: this process may have been stopped and woken since."""
        if not self.sent and time.monotonic() > self.send_by:
            raise TimeoutError("too late to be sent")
        self.sent = True

    def remaining(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange took too long")
        return left


_progress = _Progress()


class _TimedReader(io.RawIOBase):
    """A socket's reading side; each read waits for no longer than the exchange has left."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw: Any = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_progress.remaining())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedSocket:
    """What `http.client.HTTPResponse` wants of a socket: only `makefile`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock))


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse
    _idle_since = float("inf")

    @property
    def is_connected(self) -> bool:
        """False lets urllib3 open a new connection in place of one that was idle for long."""
        return time.monotonic() - self._idle_since < MAX_IDLE_SECONDS and super().is_connected

    def getresponse(self) -> Any:
        response = super().getresponse()
        self._idle_since = time.monotonic()
        return response

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        for piece in _pieces(data):
            self.sock.settimeout(_progress.remaining())
            _progress.begin_to_send()
            super().send(piece)


class _TimedTLSConnection(_TimedConnection, HTTPSConnection):
    pass


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLSConnection


def _pieces(data: Any) -> Iterator[Any]:
    """TLS writes start their timeout anew for each record, so a large body goes in pieces."""
    if len(data) <= _WRITE_SIZE:
        yield data
        return
    view = memoryview(data)
    for start in range(0, len(view), _WRITE_SIZE):
        yield view[start : start + _WRITE_SIZE]


@lru_cache(maxsize=2)
def _tls_context(pinned: bool) -> ssl.SSLContext:
    """One context for all threads: urllib3 by itself would read the CA bundle again for every
    connection (20 ms of CPU). Where the address is pinned, urllib3 compares the certificate with
    the host's name, and switches off OpenSSL's own check: not on the context of the others."""
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.check_hostname = not pinned
    return context


class TimedAdapter(HTTPAdapter):
    """An adapter whose connections obey the deadline; it never sends anything twice."""

    pinned = False

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = _tls_context(self.pinned)
        super().init_poolmanager(*args, **kwargs, ssl_context=context)
        pools = {"http": _TimedPool, "https": _TimedTLSPool}
        self.poolmanager.pool_classes_by_scheme = pools

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """Certificates are always required; the authorities are in the shared context already."""
        conn.cert_reqs = "CERT_REQUIRED"


class _Session(requests.Session):
    """Holds this thread's adapters; requests go to these directly, not through `Session.send`.

    That adds what must not happen here: proxies from the environment, an Authorization from
    ~/.netrc in place of ours, cookies of one company sent for the next, and a redirect's whole
    body read, however large, even where it is not followed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("https://", TimedAdapter())
        self.mount("http://", TimedAdapter())


_local = threading.local()


def adapter(url: str) -> HTTPAdapter:
    """This thread's adapter for an API: its connections live from one push to the next."""
    session = thread_local("session", _Session)
    return cast(HTTPAdapter, session.get_adapter(url))


def thread_local(name: str, make: Callable[[], Any]) -> Any:
    """Something of this thread's own, made at first use and dropped in a forked child."""
    value = getattr(_local, name, None)
    if value is None:
        value = make()
        setattr(_local, name, value)
    return value


def close_sessions() -> None:
    """Closes this thread's connections; the end of the thread does the same."""
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
    """Sends once and returns the answer's head; its body is still to be read, by `read_body`.

    `timeout`: seconds from here to the end of the body. `send_by`: the monotonic moment after
    which nothing is sent. Raises TransportError.
    """
    _progress.begin(timeout, send_by)
    limits = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, timeout), read=timeout)
    try:
        response = through.send(request, stream=True, timeout=limits, verify=True)  # type: ignore[arg-type]
        raw: urllib3.BaseHTTPResponse = response.raw
        return raw
    except _EXPECTED:
        pass  # raised below, outside: the cause quotes the request
    raise TransportError(Failure.NO_ANSWER if _progress.sent else Failure.NOT_SENT)


def read_body(raw: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    """The decoded body. Raises TransportError: CUT or TOO_LARGE. The connection goes back to the
    pool after a whole body and is closed after anything else."""
    try:
        body = _read(raw, max_bytes)
    except _EXPECTED:
        body, failure = None, Failure.CUT
    else:
        failure = Failure.TOO_LARGE
    if body is not None:
        return body
    raw.close()
    raise TransportError(failure)


def _read(raw: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes | None:
    """None when there is more than `max_bytes`, by the declared length or as counted."""
    declared = raw.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared[:19]) > max_bytes:
        return None
    parts, total = [], 0
    while part := raw.read(_READ_SIZE, decode_content=True):
        total += len(part)
        if total > max_bytes:
            return None
        parts.append(part)
    raw.release_conn()
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _keep_logs_clean() -> None:
    """urllib3 logs request lines at DEBUG, query included. A filter on `urllib3` would not see
    the records of the modules below it, so each module that logs gets its own."""
    for name in ("connectionpool", "connection", "poolmanager", "response", "util.retry"):
        logging.getLogger(f"urllib3.{name}").addFilter(RedactingFilter())
    logging.getLogger("requests_hardened.ip_filter").addFilter(RedactingFilter())


_keep_logs_clean()
