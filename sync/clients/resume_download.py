"""Downloads a CV from wherever a profile's `public_url` points: an address we did not choose.

`requests-hardened` resolves the host, refuses private addresses and connects to the very address
it checked. The list of private hosts that are allowed is ours, and so are the rules for scheme,
port, redirects, size and content. No credentials, cookies or API headers are ever sent.
"""

from __future__ import annotations

import base64
import ipaddress
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from django.utils.translation import gettext_noop as _
from requests import PreparedRequest, RequestException
from requests.adapters import HTTPAdapter
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from sync.clients import errors, file_types, transport
from sync.clients.errors import Verdict
from sync.clients.http import Exchange, user_agent
from sync.clients.transport import Failure, TransportError
from sync.exceptions import DoubtfulError, PermanentError, RetryableError, SyncError
from sync.redaction import excerpt
from sync.vocabulary import ErrorCode

MAX_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_URL = 4096
# Public by its number, and inside every machine of Azure:
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})


@dataclass(frozen=True, slots=True)
class Resume:
    """A CV as it can be sent; `content_type` and the file's extension follow from its bytes."""

    data: bytes = field(repr=False)
    file_name: str
    content_type: str
    generated: bool = False


def as_document(resume: Resume) -> dict[str, str]:
    """The `resume` object of a create call whose `type` is `document`."""
    return {
        "data": base64.b64encode(resume.data).decode("ascii"),
        "fileName": resume.file_name,
        "contentType": resume.content_type,
    }


def download_resume(
    url: str,
    *,
    file_name: str,
    max_bytes: int,
    allowed_private_hosts: Collection[str],
    timeout: float,
    observe: Callable[[Exchange], None] | None = None,
) -> Resume:
    """The CV at `url`.

    `allowed_private_hosts`: `host` (any port) or `host:port`, matched exactly; they may lie at
    private addresses and other ports than 80 and 443. `timeout`: seconds for everything,
    redirects included. Raises PermanentError (RESUME_*), RetryableError(RESUME_UNREACHABLE), or
    DoubtfulError(RESUME_WRONG_TYPE) for a web page.
    """
    allowed = frozenset(host.strip().lower() for host in allowed_private_hosts)
    download = _Download(allowed, max_bytes, time.monotonic() + timeout, observe)
    data, declared = download.run(url)
    if not data:
        raise PermanentError(ErrorCode.RESUME_EMPTY)
    kind = file_types.recognise(data, declared)
    if kind is None:
        shown = excerpt(declared, limit=80) or "?"
        problem = _("it is said to be %(type)s and holds no document we know")
        # A page may be the word of a proxy in trouble, and the next time the CV comes.
        kind_of_error = DoubtfulError if file_types.is_page(data) else PermanentError
        raise kind_of_error(ErrorCode.RESUME_WRONG_TYPE, problem=problem, type=shown)
    return Resume(data, file_types.file_name(file_name, kind), kind.content_type)


class _ForbiddenAddressError(Exception):
    """The host resolves to an address that is not on the public Internet."""


class _PublicOnlyAdapter(IPFilterAdapter, transport.TimedAdapter):  # type: ignore[misc]
    """requests-hardened's adapter, with our deadline and a stricter idea of public addresses."""

    pinned = True

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        try:
            host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        except InvalidIPAddress:
            host = None
        # Outside the block: the address must not be tried, and the cause tells nothing more.
        if host is None or not _is_public(host["host"]):
            raise _ForbiddenAddressError
        return host, pool


def _is_public(host: str) -> bool:
    """The library refuses what is private; this, whatever is not plainly public."""
    address = ipaddress.ip_address(host.strip("[]"))
    if address in _METADATA:
        return False
    site_local = getattr(address, "is_site_local", False)  # fec0::/10, IPv6 only
    return address.is_global and not (address.is_reserved or address.is_multicast or site_local)


class _PublicAdapters:
    """This thread's adapters for CVs; they keep their connections from one push to the next."""

    def __init__(self) -> None:
        make: Any = _PublicOnlyAdapter  # mypy takes the arguments of a typed base for its own
        self.https: HTTPAdapter = make(is_https_proto=True)
        self.http: HTTPAdapter = make(is_https_proto=False)

    def close(self) -> None:
        self.https.close()
        self.http.close()


@dataclass(slots=True)
class _Fetched:
    """How one hop ended: with an answer, or with the error to raise."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: SyncError | None = None

    @property
    def location(self) -> str | None:
        return self.headers.get("Location") if self.status in _REDIRECTS else None


@dataclass(frozen=True, slots=True)
class _Download:
    allowed: frozenset[str]
    max_bytes: int
    deadline: float
    observe: Callable[[Exchange], None] | None

    def run(self, url: str) -> tuple[bytes, str]:
        """Body and declared type, after at most `MAX_REDIRECTS` redirects under the same rules."""
        for _hop in range(MAX_REDIRECTS + 1):
            request = _request(url)
            fetched = self._observed(request)
            if fetched.error is not None:
                raise fetched.error
            if fetched.location is None:
                return fetched.body, fetched.headers.get("Content-Type") or ""
            url = _joined(str(request.url), _utf8(fetched.location))
        raise _forbidden(_("it redirects too often"))

    def _observed(self, request: PreparedRequest) -> _Fetched:
        through = self._adapter(str(request.url))
        started = time.monotonic()
        fetched = self._fetch(through, request)
        if self.observe is not None:
            self.observe(_exchange(request, fetched, started))
        return fetched

    def _fetch(self, through: HTTPAdapter, request: PreparedRequest) -> _Fetched:
        fetched = _Fetched()
        try:
            raw = transport.send(through, request, max(self.deadline - time.monotonic(), 0.001))
            fetched.status, fetched.headers = raw.status, raw.headers
            self._take(raw, fetched)
        except TransportError as error:
            fetched.error = self._failed(error.failure)
        except _ForbiddenAddressError:
            fetched.error = _forbidden(_("it is on a private network"))
        return fetched

    def _take(self, raw: urllib3.BaseHTTPResponse, fetched: _Fetched) -> None:
        """What comes with an error or a redirect is not worth reading."""
        if 200 <= raw.status < 300:
            fetched.body = transport.read_body(raw, self.max_bytes)
            return
        raw.close()
        if fetched.location is None:
            fetched.error = _status_error(raw.status, raw.headers.get("Retry-After"))

    def _adapter(self, url: str) -> HTTPAdapter:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        names = {host, f"{host}:{port}", f"[{host}]", f"[{host}]:{port}"}
        if names & self.allowed:
            return transport.adapter(url)
        if port not in _PORTS.values():
            raise _forbidden(_("port %(port)s is not allowed"), port=port)
        adapters = transport.thread_local("resumes", _PublicAdapters)
        found: HTTPAdapter = adapters.https if parts.scheme == "https" else adapters.http
        return found

    def _failed(self, failure: Failure) -> SyncError:
        if failure is Failure.TOO_LARGE:
            limit = f"{self.max_bytes / 1024 / 1024:.3g}"
            return PermanentError(ErrorCode.RESUME_TOO_LARGE, limit=limit)
        return RetryableError(ErrorCode.RESUME_UNREACHABLE)


def _exchange(request: PreparedRequest, fetched: _Fetched, started: float) -> Exchange:
    """Only where it went: the rest of a link names the person or opens the file."""
    parts = urlsplit(str(request.url))
    url = excerpt(f"{parts.scheme}://{parts.netloc}/…", limit=500)
    elapsed = int((time.monotonic() - started) * 1000)
    outcome = f"<{len(fetched.body)} bytes>" if fetched.error is None else str(fetched.error.code)
    return Exchange("resume", "GET", url, fetched.status, elapsed, "", outcome)


def _request(url: str) -> PreparedRequest:
    """A bare GET. The address is normalised first and judged after, in the very form the adapter
    will read, so that no two parsers can disagree about its host."""
    request = PreparedRequest()
    request.method, request.body = "GET", None
    request.hooks = default_hooks()
    request.headers = CaseInsensitiveDict(
        {"User-Agent": user_agent(), "Accept": "*/*", "Accept-Encoding": "identity"}
    )
    request.url = _normalised(url)
    return request


def _normalised(url: str) -> str:
    problem = _refusal(url)
    if problem is None:
        parser = PreparedRequest()
        try:
            parser.prepare_url(url.strip(), None)
            problem = _refusal(normal := str(parser.url))
        except (RequestException, ValueError):
            problem = _("the address is malformed")
    if problem is not None:
        raise _forbidden(problem)
    return normal


def _refusal(url: str) -> str | None:
    """Why an address may not be opened, whatever its host resolves to; None when it may."""
    text = url.strip()
    if not text or len(text) > _LONGEST_URL or any(ord(c) <= 32 or c == "\\" for c in text):
        return _("the address is malformed")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (reading it is what checks it)
    except ValueError:
        return _("the address is malformed")
    if parts.scheme.lower() not in _PORTS:
        return _("only http and https are allowed")
    if "@" in parts.netloc:
        return _("it contains a user name")
    if "%" in parts.netloc:  # An escaped host: what it means is up to who reads it.
        return _("the address is malformed")
    return None if parts.hostname else _("the address is malformed")


def _status_error(status: int, retry_after: str | None) -> SyncError:
    """404, 410, 403 and every other 4xx: the link leads nowhere. The rest may pass."""
    meaning = errors.verdict(status)
    if meaning in (Verdict.NOT_FOUND, Verdict.CREDENTIALS, Verdict.REJECTED):
        return PermanentError(ErrorCode.RESUME_NOT_FOUND, http_status=status)
    return RetryableError(
        ErrorCode.RESUME_UNREACHABLE,
        http_status=status,
        retry_after=errors.retry_after(retry_after),
    )


def _forbidden(problem: str, **params: Any) -> PermanentError:
    return PermanentError(ErrorCode.RESUME_FORBIDDEN_ADDRESS, problem=problem, **params)


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        raise _forbidden(_("the address is malformed")) from None


def _utf8(header: str) -> str:
    """Headers are read as Latin-1, and most servers write UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
