"""One request as the handlers see it: read, parsed, and ready for a plain function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.data.profiles import Json

UNREADABLE = object()


@dataclass(slots=True)
class Call:
    """`payload` is the parsed body, `UNREADABLE` where it is not JSON, None where empty."""

    endpoint: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    path: dict[str, str]
    payload: Any = None

    @classmethod
    async def read(cls, endpoint: str, request: web.Request) -> Call:
        """The body is read to its end even when a fault follows, as a real server would."""
        call = cls(endpoint, request.headers, request.query, dict(request.match_info))
        if request.body_exists:
            call.payload = _parse(await request.read())
        return call

    def facts(self) -> Json:
        """What a fault rule can match: query, path and the body's plain values."""
        facts: Json = dict(self.query) | self.path
        if isinstance(self.payload, dict):
            facts |= {name: value for name, value in self.payload.items() if value != {}}
        return facts


def _parse(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return UNREADABLE
