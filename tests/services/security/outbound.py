"""Pushes of profiles whose CV lies at a given address, and a server that must not be reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sync.clients import resume_download, transport
from sync.models import Push
from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.raw_server import RawServer, say, serving

PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"
TOO_LARGE, UNREACHABLE = ErrorCode.RESUME_TOO_LARGE, ErrorCode.RESUME_UNREACHABLE


def add_profile(world: World, url: str) -> str:
    attachment = {
        "type": "resume",
        "file_name": "resume",
        "extension": ".pdf",
        "public_url": url,
        "file_size": len(PDF),
    }
    return world.sandbox.add_profile(attachments=[attachment])


def push_all(world: World, urls: list[str]) -> dict[str, Push]:
    keys = {add_profile(world, url): url for url in urls}
    run = world.dispatch(*keys).run
    world.work(60)
    return {keys[push.profile_key]: push for push in run.pushes.all()}


# Names to some resolvers and addresses to others: either way they lead nowhere.
ODD_NAMES = ("localhost.:", "127。", "127.0.0.1.:", "%25lo]", "%lo]")


def assert_refused(world: World, found: dict[str, Push]) -> None:
    """At once, with the reason, and without a candidate."""
    for url, push in found.items():
        last = push.error_params.get("last", push.error_code)
        if any(name in url for name in ODD_NAMES) and last == UNREACHABLE:
            continue
        outcome = (push.status, push.error_code, push.attempts)
        assert outcome == (PushStatus.FAILED, ErrorCode.RESUME_FORBIDDEN_ADDRESS, 1), url
        assert push.create_started_at is None
    assert world.sandbox.received() == []


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[RawServer]:
    """A server on the private network, at the port that web addresses are allowed to have."""
    settings.RESUME_ALLOWED_PRIVATE_HOSTS = []
    transport.close_sessions()
    with serving(say(200, PDF, "application/pdf")) as server:
        for scheme in resume_download._PORTS:
            monkeypatch.setitem(resume_download._PORTS, scheme, server.port)
        yield server
    transport.close_sessions()
