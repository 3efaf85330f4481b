"""CV addresses whose host name resolves to a private or changing address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from sync.clients import transport
from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.raw_server import RawServer, say, serving
from tests.services.security.outbound import PDF, assert_refused, inside, push_all

pytestmark = pytest.mark.django_db
__all__ = ["inside"]


@dataclass
class Names:
    """Stands in for the system's resolver: each name has one answer after the other, the last for
    good. A public address leads to the server `outside`."""

    answers: dict[str, list[list[str]]]
    outside: int
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int, *rest: Any, **more: Any) -> Any:
        self.asked.append(host)
        if host == "8.8.8.8":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", self.outside))]
        if host not in self.answers:
            return _resolve(host, port, *rest, **more)
        waiting = self.answers[host]
        addresses = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [_entry(address, port) for address in addresses]


_resolve = socket.getaddrinfo


def _entry(address: str, port: int) -> Any:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Iterator[Names]:
    with serving(say(200, PDF, "application/pdf")) as outside:
        names = Names({"cv.example.com": list(answers)}, outside.port)
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", names)
            yield names
    transport.close_sessions()


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.7"],
        ["169.254.169.254"],
        ["0.0.0.0"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fd00::1"],
        ["64:ff9b::7f00:1"],
        ["127.0.0.1", "8.8.8.8"],
    ],
)
def test_a_name_with_a_private_address_is_refused(
    world: World, inside: RawServer, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    with resolving(monkeypatch, addresses):
        assert_refused(world, push_all(world, [f"http://cv.example.com:{inside.port}/cv"]))
    assert inside.connections == 0


def test_a_name_that_changes_between_check_and_use_leads_where_it_was_checked(
    world: World, inside: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"]) as names:
        found = push_all(world, [f"http://cv.example.com:{inside.port}/cv"])
    assert [push.status for push in found.values()] == [PushStatus.SUCCEEDED]
    assert names.asked.count("cv.example.com") == 1
    assert inside.connections == 0


def test_a_name_that_has_changed_is_checked_again_with_the_next_download(
    world: World, inside: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kept connection must not carry an old answer on, nor a new one in."""
    url = f"http://cv.example.com:{inside.port}"
    with resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"]):
        first = push_all(world, [f"{url}/one"])
        second = push_all(world, [f"{url}/two"])
    assert [push.status for push in first.values()] == [PushStatus.SUCCEEDED]
    assert [push.error_code for push in second.values()] == [ErrorCode.RESUME_FORBIDDEN_ADDRESS]
    assert inside.connections == 0
