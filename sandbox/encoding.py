"""JSON as it is sent, and the answers both vendors share."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode(value: Any) -> bytes:
    return _encoder.encode(value).encode()


def raw_json(body: bytes, status: int = 200) -> web.Response:
    """An answer from bytes that are JSON already."""
    return web.Response(
        body=body, status=status, headers={"Content-Type": "application/json; charset=utf-8"}
    )


def answer(value: Any, status: int = 200) -> web.Response:
    return raw_json(encode(value), status)


class RefusalError(Exception):
    """A refused request. HrFlow repeats the status in its envelope; Flatchr does not."""

    def __init__(self, status: int, message: str, *, envelope: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message}
        if envelope:
            self.body = {"code": status, "message": message, "data": None}

    def response(self) -> web.Response:
        return answer(self.body, self.status)
