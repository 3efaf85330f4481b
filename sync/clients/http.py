"""The one door for HTTP: addresses, headers, deadline, observation and redaction live here, once.

What an exchange's end means is the table in `failures`; how bytes travel is `transport`.
"""

from __future__ import annotations

import ipaddress
import json as jsonlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import metadata
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from django.utils.translation import gettext_noop
from requests import PreparedRequest
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict

from sync.clients import errors, transport
from sync.clients.errors import Service
from sync.clients.transport import Failure, TransportError
from sync.exceptions import ConfigurationError, CredentialsError, FormattingError, SyncError
from sync.redaction import excerpt, hide, quotes, redact, redact_words, unescaped

MAX_ANSWER_BYTES = 20 * 1024 * 1024
_EXCERPT = 300  # characters

# Values that name nobody; of everything else an excerpt shows only the size.
_SHOWN = frozenset({"vacancy", "type", "contentType", "column_id", "app_name", "start", "end"})
# Of what was sent, this is told from other texts by itself (keys, CVs) or tells nothing.
_UNCOMPARED = _SHOWN | {"token", "data"}
# An error that names a person is understood without the name; one that quotes what they wrote is
# left out as a whole.
_NAMES = frozenset({"firstname", "lastname", "email", "phone", "reference", "fileName"})
_DEEPEST = 8
# What nearly every push is answered: nothing in it needs to be looked for.
_HARMLESS = frozenset({b"applicant created"})


class Exchange(NamedTuple):
    """One request and its answer, fit to be stored: redacted, and short.

    `status` is None when no answer came; `answer_excerpt` then says how it ended.
    """

    service: str
    method: str
    url: str
    status: int | None
    duration_ms: int
    request_excerpt: str
    answer_excerpt: str


@dataclass(frozen=True)
class Answer:
    """A whole answer with a status of 2xx."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Raises ValueError when the body is not JSON."""
        return jsonlib.loads(self.body)

    @cached_property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        """HTML by its type or by its looks: a login page often calls itself text."""
        declared = self.headers.get("Content-Type", "").lower()
        return "html" in declared or self.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


@lru_cache(maxsize=1)
def user_agent() -> str:
    try:
        version = metadata.version("hrflow-flatchr-connector")
    except metadata.PackageNotFoundError:  # run from a checkout
        version = "0.1.0"
    return f"hrflow-flatchr-connector/{version}"


def segment(value: object) -> str:
    """A value as one segment of a path: a key with a slash in it must not change the address."""
    text = quote(str(value), safe="")
    return text.replace(".", "%2E") if text in (".", "..") else text


class HttpDoor:
    """Sends requests to one service and returns its 2xx answers; everything else is an error.

    `timeout`: seconds for a whole exchange, the DNS look-up apart. `secrets` are taken out of
    everything observed and of every error. `throttle` is called before each request: it may wait,
    or raise. Raises the errors of `failures`, and ConfigurationError for an unsafe `base_url`.
    """

    def __init__(
        self,
        service: Service,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        timeout: float = 20.0,
        throttle: Callable[[], None] | None = None,
        observe: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.service: Service = service
        self.base_url = _checked_base(base_url)
        self._headers = _standard_headers() | {k: v.strip() for k, v in (headers or {}).items()}
        # As a peer may echo them: with and without the blanks of a careless paste.
        self._secrets = tuple({form for s in secrets for form in (s, s.strip()) if form})
        self._timeout, self._throttle, self._observe = timeout, throttle, observe
        self._usable = all(_SENDABLE.fullmatch(value) for value in self._headers.values())

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        max_bytes: int = MAX_ANSWER_BYTES,
        effect: bool = False,
        send_by: float = float("inf"),
    ) -> Answer:
        """One request, never repeated. `effect`: doing it twice would do harm, so an end without
        a certain answer raises OutcomeUnknownError. `send_by`: after this moment (monotonic) its
        first byte is not written any more."""
        if not self._usable:  # a key that cannot even be written in a header
            raise CredentialsError(errors.CODES[self.service].credentials)
        request = self._prepare(method, path, params, json)
        if self._throttle is not None:
            self._throttle()
        return _Record(self, request, json, effect, send_by).run(self._timeout, max_bytes)

    def _prepare(
        self, method: str, path: str, params: Mapping[str, str] | None, json: Any
    ) -> PreparedRequest:
        """Without `Session.prepare_request`: it merges environment, cookies and hooks into every
        request and parses the address again, for a third of the cost of the exchange."""
        request = PreparedRequest()
        request.method = method
        request.url = self.base_url + path + (f"?{urlencode(params)}" if params else "")
        request.headers = CaseInsensitiveDict(self._headers)
        request.hooks = default_hooks()
        if json is not None:
            request.body = _encoded(json)
            request.headers["Content-Type"] = "application/json"
            request.headers["Content-Length"] = str(len(request.body))
        return request

    def safe(self, text: str) -> str:
        """`text` short and without secrets, for an error or a log."""
        return excerpt(text, self._secrets, limit=_EXCERPT)

    def quote(self, answer: Answer, sent: Any) -> str:
        """What an answer says, as far as it may be kept: nothing of what was sent of a person."""
        if answer.body in _HARMLESS:
            return answer.text
        said, texts = self._readable(answer), list(_texts(sent))
        passages = (text for name, text in texts if name not in _NAMES)
        if answer.is_html or quotes(said, passages):
            return self.size_of(answer)
        lines = (line for _name, text in texts for line in text.splitlines())
        return self.safe(redact_words(said, lines))

    def _readable(self, answer: Answer) -> str:
        """The beginning of a body. A key is taken out before escapes are: it may hold some."""
        text = answer.body[: _EXCERPT * 4].decode("utf-8", "replace")
        return unescaped(hide(text, self._secrets)) if "\\" in text else text

    def size_of(self, answer: Answer) -> str:
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        return f"<{len(answer.body)} bytes, {self.safe(kind) or '?'}>"

    def observe(self, exchange: Callable[[], Exchange]) -> None:
        if self._observe is not None:
            self._observe(exchange())

    def clean_url(self, url: str) -> str:
        return redact(url, self._secrets)


class _Record:
    """One exchange: runs it, tells the observer, and finds its error."""

    def __init__(
        self, door: HttpDoor, request: PreparedRequest, json: Any, effect: bool, send_by: float
    ) -> None:
        self._door, self._request, self._json, self._effect = door, request, json, effect
        self._send_by = send_by
        self._status: int | None = None

    def run(self, timeout: float, max_bytes: int) -> Answer:
        started = time.monotonic()
        result = self._exchange(timeout, max_bytes)
        elapsed = int((time.monotonic() - started) * 1000)
        self._door.observe(lambda: self._exchange_of(result, elapsed))
        if isinstance(result, Answer) and 200 <= result.status < 300:
            return result
        raise self._error(result)

    def _exchange(self, timeout: float, max_bytes: int) -> Answer | Failure:
        try:
            through = transport.adapter(str(self._request.url))
            raw = transport.send(through, self._request, timeout, send_by=self._send_by)
            self._status = raw.status
            return Answer(raw.status, raw.headers, transport.read_body(raw, max_bytes))
        except TransportError as error:
            return error.failure

    def _error(self, result: Answer | Failure) -> SyncError:
        service, effect = self._door.service, self._effect
        if isinstance(result, Failure):
            return errors.of_transport(service, result, effect=effect, status=self._status)
        return errors.of_status(
            service,
            result.status,
            effect=effect,
            retry_after=errors.retry_after(result.headers.get("Retry-After")),
            answer=self._answer_excerpt(result),
        )

    def _exchange_of(self, result: Answer | Failure, elapsed: int) -> Exchange:
        return Exchange(
            service=self._door.service,
            method=str(self._request.method),
            url=self._door.clean_url(str(self._request.url)),
            status=self._status,
            duration_ms=elapsed,
            request_excerpt=self._door.safe(outline(self._json)) if self._json else "",
            answer_excerpt=(
                result.value if isinstance(result, Failure) else self._answer_excerpt(result)
            ),
        )

    def _answer_excerpt(self, answer: Answer) -> str:
        """What an error says is worth keeping; what a success carries is a person's data."""
        private = answer.status < 300 and not (self._effect and len(answer.body) <= 200)
        return self._door.size_of(answer) if private else self._door.quote(answer, self._json)


def _texts(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text of a JSON body that may be about a person, with the name it stands under."""
    if isinstance(value, str) and name not in _UNCOMPARED:
        yield name, value
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        for key, item in value.items():
            yield from _texts(item, str(key), depth + 1)
    elif isinstance(value, list | tuple) and depth < _DEEPEST:
        for item in value:
            yield from _texts(item, name, depth + 1)


def outline(value: Any, *, depth: int = 0) -> str:
    """The shape of a JSON body: its names, and the size of what could be about a person."""
    if isinstance(value, Mapping):
        if depth > 2:
            return "{…}"
        inner = (_outline_item(str(name), item, depth) for name, item in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, str):
        return f"<{len(value)} characters>"
    if isinstance(value, Sequence):
        return f"[{len(value)}]"
    return "null" if value is None else f"<{type(value).__name__}>"


def _outline_item(name: str, value: Any, depth: int) -> str:
    if name in _SHOWN and isinstance(value, str | int):
        return f"{name}: {str(value)[:80]}"
    if name == "data" and isinstance(value, str):
        return f"data: <{len(value) * 3 // 4 - value[-2:].count('=')} bytes>"
    return f"{name}: {outline(value, depth=depth + 1)}"


def _encoded(json: Any) -> bytes:
    try:
        return jsonlib.dumps(json, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        problem = gettext_noop("its value cannot be sent as JSON.")
    raise FormattingError("candidate", problem)


_SENDABLE = re.compile(r"[\x20-\x7e]+")


@lru_cache(maxsize=1)
def _standard_headers() -> dict[str, str]:
    return {
        "User-Agent": user_agent(),
        "Accept": "application/json, text/plain;q=0.9, */*;q=0.1",
        "Accept-Encoding": "gzip, deflate",
    }


@lru_cache(maxsize=64)
def _checked_base(base_url: str) -> str:
    """The base address with one slash at its end. HTTPS, or HTTP to this machine itself."""
    parts = urlsplit(base_url.strip())
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if not (host and safe) or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigurationError(
            gettext_noop(
                "%(address)s cannot be used as an API address: it must be https:// (http:// only "
                "for a loopback address), without user name, query or fragment."
            ),
            address=f"{parts.scheme}://{host}",
        )
    return parts.geturl().rstrip("/") + "/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
