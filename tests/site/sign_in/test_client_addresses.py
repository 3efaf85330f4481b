"""The address of a client: behind a proxy, without one, and by network."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

from sync.web.client_address import client_address, client_network
from tests.site.sign_in.signing_in import PASSWORD, attempt, person

pytestmark = pytest.mark.django_db
__all__ = ["person"]
FORWARDED = [
    ("203.0.113.9", "203.0.113.9"),
    ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
    ("6.6.6.6,  [2001:db8::1] ", "2001:db8::1"),
    ("", "10.0.0.1"),
    ("6.6.6.6, nonsense", "10.0.0.1"),
]


@pytest.mark.parametrize(("forwarded", "expected"), FORWARDED)
def test_behind_a_proxy_the_address_is_what_the_proxy_appended(
    settings: Any, forwarded: str, expected: str
) -> None:
    settings.BEHIND_PROXY = True
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == expected


NETWORKS = [
    ("203.0.113.9", "203.0.113.9", "203.0.113.9"),
    ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ("fe80::1%eth0", "fe80::1", "fe80::"),
    ("", None, None),
]


@pytest.mark.parametrize(("remote", "address", "network"), NETWORKS)
def test_limits_count_by_network_and_the_audit_log_keeps_the_address(
    remote: str, address: str | None, network: str | None
) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=remote)
    assert (client_address(request), client_network(request)) == (address, network)


def test_without_a_proxy_nobody_chooses_an_address(person: User, settings: Any) -> None:
    settings.BEHIND_PROXY, settings.AXES_FAILURE_LIMIT = False, 3
    codes = [attempt(headers={"X-Forwarded-For": f"6.6.6.{n}"}).status_code for n in range(4)]
    assert codes == [200, 200, 429, 429]


def test_behind_a_proxy_each_client_is_counted_alone(person: User, settings: Any) -> None:
    settings.BEHIND_PROXY, settings.AXES_FAILURE_LIMIT = True, 3
    spoofed = [
        attempt(headers={"X-Forwarded-For": f"6.6.6.{n}, 203.0.113.9"}).status_code
        for n in range(4)
    ]
    assert spoofed == [200, 200, 429, 429]
    other = attempt(password=PASSWORD, headers={"X-Forwarded-For": "198.51.100.7"})
    assert other.status_code == 302
