"""Requests of the HTTP door to a server of the test."""

from __future__ import annotations

from typing import Any

import pytest

from sync.clients.http import HttpDoor
from sync.exceptions import SyncError
from tests.raw_server import RawServer

SECRET = "s3cr3t/key+of=company"


def door(server: RawServer | str, **options: Any) -> HttpDoor:
    url = server if isinstance(server, str) else server.url
    options = {"secrets": (SECRET,), "timeout": 5.0} | options
    return HttpDoor("flatchr", url, headers={"Authorization": f"Bearer {SECRET}"}, **options)


def error_of(server: RawServer, **options: Any) -> SyncError:
    with pytest.raises(SyncError) as caught:
        door(server, timeout=options.pop("timeout", 5.0)).request("POST", "x", json={}, **options)
    return caught.value
