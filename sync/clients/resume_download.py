"""Downloads a CV from a profile's `public_url`, an address that outsiders choose.

`requests-hardened` resolves the host, refuses private addresses and connects to the address it has
checked. The private hosts that are allowed, and the rules for scheme, port, redirects, size and
content, are in this module. No credentials, cookies or API headers are sent.
"""

from __future__ import annotations

import base64
import ipaddress
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext_noop as _
from requests import PreparedRequest, RequestException
from requests.adapters import HTTPAdapter
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from sync.clients import errors, file_types, outbound, transport
from sync.clients.errors import Meaning
from sync.clients.http import Exchange, user_agent
from sync.clients.transport import Failure, TransportError
from sync.exceptions import DoubtfulError, PermanentError, RetryableError, SyncError
from sync.redaction import excerpt
from sync.vocabulary import ErrorCode

MAX_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_URL = 4096
# A public number that reaches the platform from inside every machine of Azure:
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})


@dataclass(frozen=True, slots=True)
class Resume:
    """A CV ready to be sent; its bytes decide `content_type` and the extension of `file_name`."""

    data: bytes = field(repr=False)
    file_name: str
    content_type: str
    generated: bool = False


def as_document(resume: Resume) -> dict[str, str]:
    """The `resume` object of a create call whose `type` is `document`; `data` is base64.

    https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat
    """
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

    `allowed_private_hosts`: `host` (any port) or `host:port`, compared exactly; they may have
    private addresses, and other ports than 80 and 443. `timeout`: seconds for all of it, redirects
    included. Raises PermanentError(RESUME_*), RetryableError(RESUME_UNREACHABLE), or, for a web
    page, DoubtfulError(RESUME_WRONG_TYPE).
    """
    allowed = outbound.allowed_hosts(allowed_private_hosts)
    download = _Download(allowed, max_bytes, time.monotonic() + timeout, observe)
    data, declared = download.run(url)
    if not data:
        raise PermanentError(ErrorCode.RESUME_EMPTY)
    kind = file_types.recognise(data, declared)
    if kind is None:
        shown = excerpt(declared, limit=80) or "?"
        problem = _("it is said to be %(type)s and holds no document we know")
        # A page may come from a proxy in trouble: the next download may bring the CV.
        kind_of_error = DoubtfulError if file_types.is_page(data) else PermanentError
        raise kind_of_error(ErrorCode.RESUME_WRONG_TYPE, problem=problem, type=shown)
    return Resume(data, file_types.file_name(file_name, kind), kind.content_type)


class _ForbiddenAddressError(Exception):
    """The host resolves to an address outside the public Internet."""


class _PublicOnlyAdapter(IPFilterAdapter, transport.TimedAdapter):  # type: ignore[misc]
    """requests-hardened's adapter, with our deadline and a stricter rule for public addresses."""

    pinned = True

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        try:
            host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        except InvalidIPAddress:
            host = None
        # Outside the block, so that the error has no cause.
        if host is None or not _is_public(host["host"]):
            raise _ForbiddenAddressError
        return host, pool


def _is_public(host: str) -> bool:
    """Whether an IP address is on the public Internet.

    Stricter than the library, which refuses only private addresses: reserved, multicast and
    site-local ones are refused too, and Azure's metadata address.
    """
    address = ipaddress.ip_address(host.strip("[]"))
    if address in _METADATA:
        return False
    site_local = getattr(address, "is_site_local", False)  # fec0::/10, IPv6 only
    return address.is_global and not (address.is_reserved or address.is_multicast or site_local)


@dataclass(slots=True)
class _Fetched:
    """The end of one request: an answer (`location` for a redirect), or the error to raise."""

    status: int | None = None
    content_type: str = ""
    location: str | None = None
    body: bytes = b""
    error: SyncError | None = None


@dataclass(frozen=True, slots=True)
class _Download:
    """One download. `deadline`: monotonic, for all its requests together."""

    allowed: frozenset[str]
    max_bytes: int
    deadline: float
    observe: Callable[[Exchange], None] | None

    def run(self, url: str) -> tuple[bytes, str]:
        """Body and declared type, after at most `MAX_REDIRECTS` redirects under the same rules."""
        for _hop in range(MAX_REDIRECTS + 1):
            request = _request(url)
            through = self._adapter(str(request.url))
            started = time.monotonic()
            fetched = self._fetch(through, request)
            if self.observe is not None:
                self.observe(_exchange(str(request.url), fetched, time.monotonic() - started))
            if fetched.error is not None:
                raise fetched.error
            if fetched.location is None:
                return fetched.body, fetched.content_type
            url = _redirected(str(request.url), fetched.location)
        raise _forbidden(_("it redirects too often"))

    def _adapter(self, url: str) -> HTTPAdapter:
        """An allowed private host gets the APIs' adapter; all others get one that checks addresses.

        Raises PermanentError(RESUME_FORBIDDEN_ADDRESS) for another port than 80 and 443.
        """
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        if outbound.names_of(url) & self.allowed:
            return transport.api_adapter()
        if port not in _PORTS.values():
            raise _forbidden(_("port %(port)s is not allowed"), port=port)
        make: Any = _PublicOnlyAdapter  # mypy reads the arguments of a typed base class
        found: HTTPAdapter = transport.thread_local(
            f"resumes:{parts.scheme}", lambda: make(is_https_proto=parts.scheme == "https")
        )
        return found

    def _fetch(self, through: HTTPAdapter, request: PreparedRequest) -> _Fetched:
        """One request. The body of a redirect or an error is not read."""
        fetched = _Fetched()
        try:
            raw = transport.send(through, request, max(self.deadline - time.monotonic(), 0.001))
            fetched.status = raw.status
            fetched.content_type = raw.headers.get("Content-Type") or ""
            if 200 <= raw.status < 300:
                fetched.body = transport.read_body(raw, self.max_bytes)
                return fetched
            raw.close()
            if raw.status in _REDIRECTS:
                fetched.location = raw.headers.get("Location")
            if fetched.location is None:
                fetched.error = _status_error(raw.status, raw.headers.get("Retry-After"))
        except TransportError as error:
            fetched.error = RetryableError(ErrorCode.RESUME_UNREACHABLE)
            if error.failure is Failure.TOO_LARGE:
                limit = f"{self.max_bytes / 1024 / 1024:.3g}"
                fetched.error = PermanentError(ErrorCode.RESUME_TOO_LARGE, limit=limit)
        except _ForbiddenAddressError:
            fetched.error = _forbidden(_("it is on a private network"))
        return fetched


def _exchange(url: str, fetched: _Fetched, seconds: float) -> Exchange:
    """With the host only: the rest of a link may name the person, or give access to the file."""
    parts = urlsplit(url)
    return Exchange(
        service="resume",
        method="GET",
        url=excerpt(f"{parts.scheme}://{parts.netloc}/…", limit=500),
        status=fetched.status,
        duration_ms=int(seconds * 1000),
        request_excerpt="",
        answer_excerpt=(
            f"<{len(fetched.body)} bytes>" if fetched.error is None else str(fetched.error.code)
        ),
    )


def _request(url: str) -> PreparedRequest:
    """A GET without any header of ours but the User-Agent.

    The address is checked before and after `requests` normalises it. The adapter gets the
    normalised form, so both read the same host. Raises PermanentError(RESUME_FORBIDDEN_ADDRESS).
    """
    request = PreparedRequest()
    problem = _refusal(url)
    if problem is None:
        try:
            request.prepare_url(url.strip(), None)
            problem = _refusal(str(request.url))
        except (RequestException, ValueError):
            problem = _("the address is malformed")
    if problem is not None:
        raise _forbidden(problem)
    request.method, request.body = "GET", None
    request.hooks = default_hooks()
    request.headers = CaseInsensitiveDict(
        {"User-Agent": user_agent(), "Accept": "*/*", "Accept-Encoding": "identity"}
    )
    return request


def _refusal(url: str) -> str | None:
    """Why an address may not be opened, whatever its host resolves to; None when it may."""
    text = url.strip()
    if not text or len(text) > _LONGEST_URL or any(ord(c) <= 32 or c == "\\" for c in text):
        return _("the address is malformed")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (raises ValueError for a wrong port)
    except ValueError:
        return _("the address is malformed")
    if parts.scheme.lower() not in _PORTS:
        return _("only http and https are allowed")
    if "@" in parts.netloc:
        return _("it contains a user name")
    # An escaped host: parsers disagree about what it means.
    if "%" in parts.netloc or not parts.hostname:
        return _("the address is malformed")
    return None


def _redirected(base: str, location: str) -> str:
    """The address a redirect leads to.

    `http.client` decodes headers as Latin-1; most servers send UTF-8.
    """
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        return urljoin(base, location)
    except ValueError:
        raise _forbidden(_("the address is malformed")) from None


def _status_error(status: int, retry_after: str | None) -> SyncError:
    """401, 403, 404, 410 and every other refusal: the link is dead. Any other status may pass."""
    meaning = errors.meaning_of_status(status)
    if meaning in (Meaning.NOT_FOUND, Meaning.CREDENTIALS, Meaning.REJECTED):
        return PermanentError(ErrorCode.RESUME_NOT_FOUND, http_status=status)
    return RetryableError(
        ErrorCode.RESUME_UNREACHABLE,
        http_status=status,
        retry_after=errors.retry_after(retry_after),
    )


def _forbidden(problem: str, **params: Any) -> PermanentError:
    return PermanentError(ErrorCode.RESUME_FORBIDDEN_ADDRESS, problem=problem, **params)
