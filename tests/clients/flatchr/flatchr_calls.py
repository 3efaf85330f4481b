"""Calls of the Flatchr client to a server of the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync.clients.flatchr import FlatchrClient
from sync.exceptions import SyncError
from tests.raw_server import RawServer, serving

AUTH, COMPANY = "flatchr-key/0123456789", "G6KzqPnNLyp31m0l"
BODY = {"vacancy": "slug", "firstname": "Zoé", "lastname": "Roux", "email": "zoe@example.com"}


def client(server: RawServer) -> FlatchrClient:
    return FlatchrClient(
        auth=AUTH,
        company=COMPANY,
        api_url=f"{server.url}/api",
        careers_url=f"{server.url}/careers",
        timeout=0.5,
    )


def call(answer: Any, action: Callable[[FlatchrClient], Any]) -> Any:
    with serving(answer) as server:
        return action(client(server))


def error_of(answer: Any, action: Callable[[FlatchrClient], Any]) -> SyncError:
    with pytest.raises(SyncError) as caught:
        call(answer, action)
    return caught.value
