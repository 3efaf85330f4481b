"""The one door for HTTP calls of both APIs: addresses, headers, observation, redaction.

`errors` maps the end of an exchange to an error; `transport` sends and receives.
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

# Fields of a request whose values an excerpt may show; of all others it shows the size.
_SHOWN = frozenset({"vacancy", "type", "contentType", "column_id", "app_name", "start", "end"})
# Fields whose values are not searched for in answers: they are harmless, or redacted by their form.
_UNCOMPARED = _SHOWN | {"token", "data"}
# Values of these fields are cut out of an answer; an answer that quotes any other field is dropped.
_NAMES = frozenset({"firstname", "lastname", "email", "phone", "reference", "fileName"})
_DEEPEST = 8
# The answer to nearly every create; it needs no search for what was sent.
_HARMLESS = frozenset({b"applicant created"})


class Exchange(NamedTuple):
    """One request and its answer, redacted and short enough to be stored.

    `status` is None when no answer came; `answer_excerpt` is then the value of a `Failure`.
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
        """Raises ValueError when the body is not JSON, or nested deeper than anybody means it."""
        try:
            return jsonlib.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    @cached_property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        """HTML by its type or its first character: a login page is often declared as text."""
        declared = self.headers.get("Content-Type", "").lower()
        return "html" in declared or self.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


@lru_cache(maxsize=1)
def user_agent() -> str:
    try:
        version = metadata.version("hrflow-flatchr-connector")
    except metadata.PackageNotFoundError:  # a checkout, not installed
        version = "0.1.0"
    return f"hrflow-flatchr-connector/{version}"


def segment(value: object) -> str:
    """`value` as one segment of a path; slashes and dots in it cannot change the address."""
    text = quote(str(value), safe="")
    return text.replace(".", "%2E") if text in (".", "..") else text


class HttpDoor:
    """Sends requests to one service and returns its 2xx answers; everything else is an error.

    `timeout`: seconds for a whole exchange, without the DNS look-up. `secrets` are removed from
    everything observed and from every error. `throttle` is called before each request; it may
    wait, or raise. `observe` gets each exchange. Raises ConfigurationError for an unsafe
    `base_url`; a request raises the errors of `sync.clients.errors`.
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
        self._headers = {
            "User-Agent": user_agent(),
            "Accept": "application/json, text/plain;q=0.9, */*;q=0.1",
            "Accept-Encoding": "gzip, deflate",
            **{name: value.strip() for name, value in (headers or {}).items()},
        }
        # A peer may repeat a secret with or without the blanks it was pasted with.
        self.secrets = tuple({form for s in secrets for form in (s, s.strip()) if form})
        self.timeout, self.observe, self._throttle = timeout, observe, throttle
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
        """Sends one request, once.

        `effect`: the call must not happen twice, so it raises OutcomeUnknownError when it ends
        without a certain answer. `send_by`: the monotonic time after which its first byte is not
        written any more. `max_bytes`: of the answer's body.
        """
        if not self._usable:  # the key has characters that a header cannot hold
            raise CredentialsError(errors.CODES[self.service].credentials)
        request = self._prepare(method, path, params, json)
        if self._throttle is not None:
            self._throttle()
        return _Call(self, request, json, effect).run(max_bytes, send_by)

    def _prepare(
        self, method: str, path: str, params: Mapping[str, str] | None, json: Any
    ) -> PreparedRequest:
        """Not by `Session.prepare_request`: that merges environment, cookies and hooks into every
        request and parses the address again, which takes a third of the exchange's CPU time."""
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
        return excerpt(text, self.secrets, limit=_EXCERPT)

    def quote(self, answer: Answer, sent: Any) -> str:
        """The beginning of an answer, without what was sent of a person in `sent`.

        Names, addresses and numbers are cut out. HTML, and an answer that quotes any other text
        of the request, is replaced by its size.
        """
        if answer.body in _HARMLESS:
            return answer.text
        said = answer.body[: _EXCERPT * 4].decode("utf-8", "replace")
        if "\\" in said:  # secrets first: a secret may hold an escape itself
            said = unescaped(hide(said, self.secrets))
        texts = list(_texts(sent))
        passages = (text for name, text in texts if name not in _NAMES)
        if answer.is_html or quotes(said, passages):
            return self.size_of(answer)
        lines = (line for _name, text in texts for line in text.splitlines())
        return self.safe(redact_words(said, lines))

    def size_of(self, answer: Answer) -> str:
        """`<1234 bytes, application/json>`: all that is kept of an answer about a person."""
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        return f"<{len(answer.body)} bytes, {self.safe(kind) or '?'}>"


@dataclass(repr=False)
class _Call:
    """One request: sends it, reports the exchange to the observer, and raises its error.

    `status`: of the answer's head, which may arrive without a whole body.
    """

    door: HttpDoor
    request: PreparedRequest
    json: Any
    effect: bool
    status: int | None = None

    def run(self, max_bytes: int, send_by: float) -> Answer:
        started = time.monotonic()
        result: Answer | Failure
        try:
            raw = transport.send(
                transport.api_adapter(), self.request, self.door.timeout, send_by=send_by
            )
            self.status = raw.status
            result = Answer(raw.status, raw.headers, transport.read_body(raw, max_bytes))
        except TransportError as error:
            result = error.failure
        duration_ms = int((time.monotonic() - started) * 1000)
        if self.door.observe is not None:
            self.door.observe(self._exchange(result, duration_ms))
        if isinstance(result, Answer) and 200 <= result.status < 300:
            return result
        raise self._error(result)

    def _exchange(self, result: Answer | Failure, duration_ms: int) -> Exchange:
        return Exchange(
            service=self.door.service,
            method=str(self.request.method),
            url=redact(str(self.request.url), self.door.secrets),
            status=self.status,
            duration_ms=duration_ms,
            request_excerpt=self.door.safe(outline(self.json)) if self.json else "",
            answer_excerpt=(
                result.value if isinstance(result, Failure) else self._answer_excerpt(result)
            ),
        )

    def _error(self, result: Answer | Failure) -> SyncError:
        service, effect = self.door.service, self.effect
        if isinstance(result, Failure):
            return errors.of_transport(service, result, effect=effect, status=self.status)
        return errors.of_status(
            service,
            result.status,
            effect=effect,
            retry_after=errors.retry_after(result.headers.get("Retry-After")),
            answer=self._answer_excerpt(result),
        )

    def _answer_excerpt(self, answer: Answer) -> str:
        """The text of an error, and of a short confirmation of a create. Other successes carry
        personal data: only their size is kept."""
        is_private = answer.status < 300 and not (self.effect and len(answer.body) <= 200)
        return self.door.size_of(answer) if is_private else self.door.quote(answer, self.json)


def _texts(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every (field name, text) of a JSON body that may be about a person."""
    if isinstance(value, str) and name not in _UNCOMPARED:
        yield name, value
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        for key, item in value.items():
            yield from _texts(item, str(key), depth + 1)
    elif isinstance(value, list | tuple) and depth < _DEEPEST:
        for item in value:
            yield from _texts(item, name, depth + 1)


def outline(value: Any, *, depth: int = 0) -> str:
    """The field names of a JSON body with sizes in place of values, three levels deep.

    `{vacancy: slug, firstname: <3 characters>, resume: {data: <3000 bytes>}}`; the fields of
    `_SHOWN` keep their values.
    """
    if isinstance(value, Mapping):
        if depth > 2:
            return "{…}"
        parts = []
        for name, item in value.items():
            shown = outline(item, depth=depth + 1)
            if name in _SHOWN and isinstance(item, str | int):
                shown = str(item)[:80]
            elif name == "data" and isinstance(item, str):  # base64
                shown = f"<{len(item) * 3 // 4 - item[-2:].count('=')} bytes>"
            parts.append(f"{name}: {shown}")
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, str):
        return f"<{len(value)} characters>"
    if isinstance(value, Sequence):
        return f"[{len(value)}]"
    return "null" if value is None else f"<{type(value).__name__}>"


def _encoded(json: Any) -> bytes:
    """`json` as compact ASCII. Raises FormattingError, outside the block that caught the cause:
    the cause would quote the value."""
    try:
        return jsonlib.dumps(json, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        problem = gettext_noop("its value cannot be sent as JSON.")
    raise FormattingError("candidate", problem)


_SENDABLE = re.compile(r"[\x20-\x7e]+")


@lru_cache(maxsize=64)
def _checked_base(base_url: str) -> str:
    """The base address, ending in one slash. Raises ConfigurationError unless it is HTTPS, or HTTP
    to a loopback address, without user name, query and fragment."""
    parts = urlsplit(base_url.strip())
    host = parts.hostname or ""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback)
    if not (host and is_safe) or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigurationError(
            gettext_noop(
                "%(address)s cannot be used as an API address: it must be https:// (http:// only "
                "for a loopback address), without user name, query or fragment."
            ),
            address=f"{parts.scheme}://{host}",
        )
    return parts.geturl().rstrip("/") + "/"
