"""Faults that can be switched on while the sandbox runs; each acts on the socket itself."""

# ruff: noqa: ARG001 (all kinds of fault are called alike)

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

from sandbox.data.profiles import Json
from sandbox.data.wrappings import WRAPPINGS
from sandbox.encoding import answer

ENDPOINTS = frozenset(
    {
        "*", "auth", "read", "list", "file", "create", "test", "careers", "vacancies", "vacancy",
        "columns", "search", "move", "archive", "enrich",
    }
)  # fmt: skip
HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>Maintenance</title></head>"
    "<body><h1>Service momentanément indisponible</h1></body></html>"
)
_HANG_SECONDS = 600
_SETTINGS = (
    "rules",
    "seed",
    "search_lag_ms",
    "search_cap",
    "changed_names",
    "latency_ms",
    "list_depth",
    "list_end",
)
# How a list ends at `list_depth`: a refusal, an empty page, or as if there were no more pages (then
# also with a total that says so).
LIST_ENDS = ("refused", "empty", "hidden", "hidden_total")


@dataclass(slots=True)
class Rule:
    """One fault. A kind that ends in `_after` lets the request take effect first.

    `probability` 0 to 1; `times` None is for ever; `match` compares texts with the request's
    query, path and body fields; `delay_ms` is the latency, or the pause between two drips of
    `chunk_bytes`; `retry_after` is a number of seconds or "date"; `text` is what `say` answers.
    """

    endpoint: str
    kind: str
    status: int | None = None
    retry_after: int | str | None = None
    probability: float = 1.0
    times: int | None = None
    delay_ms: float = 50
    chunk_bytes: int = 1
    text: str = ""
    match: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.endpoint not in ENDPOINTS:
            raise ValueError(f"unknown endpoint: {self.endpoint}")
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind: {self.kind}")
        if self.kind in WRAPPINGS and self.endpoint != "file":
            raise ValueError(f"{self.kind} is a fault of the endpoint file")

    @property
    def takes_effect(self) -> bool:
        """Whether the request is carried out, whether or not its answer arrives."""
        arrives = ("latency", "slow_body", "cut_body", *WRAPPINGS)
        return self.kind.endswith("_after") or self.kind in arrives

    def fits(self, endpoint: str, facts: Json) -> bool:
        if self.times == 0 or self.endpoint not in ("*", endpoint):
            return False
        return all(str(facts.get(name)) == str(value) for name, value in self.match.items())


class Faults:
    """The current settings, with a random generator of their own."""

    def __init__(self, latency_ms: float = 0) -> None:
        self.default_latency_ms = latency_ms
        self.applied: Counter[str] = Counter()
        self.set({})

    def set(self, wanted: Json) -> None:
        """Replaces everything. Raises TypeError or ValueError on settings it does not know."""
        unknown = wanted.keys() - {*_SETTINGS}
        if unknown:
            raise ValueError(f"unknown setting: {', '.join(sorted(unknown))}")
        if wanted.get("list_end", "refused") not in LIST_ENDS:
            raise ValueError(f"list_end must be one of {', '.join(LIST_ENDS)}")
        self.rules = [Rule(**rule) for rule in wanted.get("rules", [])]
        self.seed = wanted.get("seed", 1)
        self.search_lag_ms = float(wanted.get("search_lag_ms", 0))
        # A search answers with the oldest so many; 0: with all.
        self.search_cap = int(wanted.get("search_cap", 0))
        # A search shows this share of the applicants with another spelling of their name.
        self.changed_names = float(wanted.get("changed_names", 0))
        self.latency_ms = float(wanted.get("latency_ms", self.default_latency_ms))
        # HrFlow shows no more profiles of a list than that; None: all.
        self.list_depth: int | None = wanted.get("list_depth")
        self.list_end: str = wanted.get("list_end", "refused")
        self._random = random.Random(self.seed)

    def as_json(self) -> Json:
        return {
            "rules": [asdict(rule) for rule in self.rules],
            "seed": self.seed,
            "search_lag_ms": self.search_lag_ms,
            "search_cap": self.search_cap,
            "changed_names": self.changed_names,
            "latency_ms": self.latency_ms,
            "list_depth": self.list_depth,
            "list_end": self.list_end,
            "applied": dict(self.applied),
        }

    def pick(self, endpoint: str, facts: Callable[[], Json]) -> Rule | None:
        """The first rule that fits, if a random number falls under its `probability`."""
        if not self.rules:
            return None
        known = facts()
        for rule in self.rules:
            if rule.fits(endpoint, known) and self._random.random() < rule.probability:
                rule.times = None if rule.times is None else rule.times - 1
                self.applied[f"{endpoint}:{rule.kind}"] += 1
                return rule
        return None


async def act(rule: Rule, request: web.Request, response: web.Response) -> web.StreamResponse:
    """Apply the rule to the connection; `response` is the true answer, if any."""
    kind = rule.kind.removesuffix("_after")
    return await _ACTS[kind](rule, request, response)


async def _latency(rule: Rule, request: web.Request, response: web.Response) -> web.Response:
    await asyncio.sleep(rule.delay_ms / 1000)
    return response


async def _status(rule: Rule, request: web.Request, response: web.Response) -> web.Response:
    status = rule.status or 500
    lost = answer({"code": status, "message": f"Injected fault {status}"}, status)
    if rule.retry_after is not None:
        lost.headers["Retry-After"] = _retry_after(rule.retry_after)
    return lost


def _retry_after(value: int | str) -> str:
    if value != "date":
        return str(value)
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


async def _html(rule: Rule, request: web.Request, response: web.Response) -> web.Response:
    return web.Response(text=HTML_PAGE, status=rule.status or 200, content_type="text/html")


async def _empty(rule: Rule, request: web.Request, response: web.Response) -> web.Response:
    return web.Response(status=rule.status or 200)


async def _say(rule: Rule, request: web.Request, response: web.Response) -> web.Response:
    """Other words than the documented ones: a 200 that means no, a refusal in French."""
    kind = "application/json" if rule.text[:1] in ("{", "[", '"') else "text/plain"
    return web.Response(text=rule.text, status=rule.status or 200, content_type=kind)


async def _hang(rule: Rule, request: web.Request, response: web.Response) -> web.Response:
    """Until the client gives up."""
    for _ in range(_HANG_SECONDS * 20):
        if _is_gone(request):
            break
        await asyncio.sleep(0.05)
    return response


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _reset(rule: Rule, request: web.Request, response: web.Response) -> web.Response:
    """RST instead of FIN: the client sees "connection reset by peer"."""
    if request.transport is not None:
        sock = request.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    # The transport closes in the event loop's next iteration; nothing may be written before.
    await asyncio.sleep(0)
    return response


def _stream(response: web.Response, length: int) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    stream.content_length = length
    return stream


async def _slow(rule: Rule, request: web.Request, response: web.Response) -> web.StreamResponse:
    body = _body(response)
    stream = _stream(response, len(body))
    await stream.prepare(request)
    for start in range(0, len(body), rule.chunk_bytes):
        if _is_gone(request):
            break
        await stream.write(body[start : start + rule.chunk_bytes])
        await asyncio.sleep(rule.delay_ms / 1000)
    return stream


async def _cut(rule: Rule, request: web.Request, response: web.Response) -> web.StreamResponse:
    """Promises more than it sends, then closes."""
    body = _body(response)
    stream = _stream(response, len(body) + 16)
    await stream.prepare(request)
    await stream.write(body[: len(body) // 2] or b" ")
    if request.transport is not None:
        request.transport.close()
    await asyncio.sleep(0)
    return stream


def _body(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


async def _wrapped(rule: Rule, request: web.Request, response: web.Response) -> web.Response:
    """A CV as `wrappings.py` makes it; refusals stay as they are."""
    if response.status != 200:
        return response
    body, headers = WRAPPINGS[rule.kind](_body(response))
    return web.Response(body=body, content_type=response.content_type, headers=headers)


_Act = Callable[[Rule, web.Request, web.Response], Awaitable[web.StreamResponse]]
_ACTS: dict[str, _Act] = {
    "latency": _latency,
    "status": _status,
    "html": _html,
    "empty": _empty,
    "say": _say,
    "hang": _hang,
    "reset": _reset,
    "slow_body": _slow,
    "cut_body": _cut,
    **dict.fromkeys(WRAPPINGS, _wrapped),
}
KINDS = frozenset(_ACTS) | {
    f"{kind}_after" for kind in ("status", "html", "empty", "say", "hang", "reset")
}
