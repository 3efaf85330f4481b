"""Hostile CV addresses and redirects in a real push: nothing inside is ever reached."""

from __future__ import annotations

from typing import Any

import pytest

from sync.clients import resume_download
from tests.conftest import World
from tests.raw_server import RawServer, say, serving
from tests.services.security.outbound import PDF, assert_refused, inside, push_all

pytestmark = pytest.mark.django_db
__all__ = ["inside"]

# `PORT` is where the inside server listens.
HOSTILE = [
    # spellings of 127.0.0.1
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://017700000001:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.0.0.1:PORT/",
    "http://0x7f.0x0.0x0.0x1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://127.000.000.001:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://127。0。0。1:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://localhost:PORT/",
    "http://localhost.:PORT/",
    "http://LOCALHOST:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    # IPv6, and IPv4 inside it
    "http://[::1]:PORT/",
    "http://[::]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[fe80::1%25lo]:PORT/",
    "http://[fe80::1%lo]:PORT/",
    "http://[ff02::1]:PORT/",
    # other private, special and reserved ranges
    "http://127.255.255.254:PORT/",
    "http://10.1.2.3:PORT/",
    "http://172.31.255.255:PORT/",
    "http://192.168.0.1:PORT/",
    "http://169.254.169.254:PORT/latest/meta-data/iam/",
    "http://100.100.100.200:PORT/latest/meta-data/",
    "http://[fd00:ec2::254]:PORT/latest/meta-data/",
    "http://192.0.0.192:PORT/",
    "http://192.0.2.1:PORT/",
    "http://198.18.0.1:PORT/",
    "http://203.0.113.1:PORT/",
    "http://240.0.0.1:PORT/",
    "http://255.255.255.255:PORT/",
    "http://239.255.255.250:PORT/",
    # another scheme
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "FILE:/etc/passwd",
    "gopher://127.0.0.1:PORT/_GET%20/",
    "dict://127.0.0.1:PORT/info",
    "ftp://127.0.0.1:PORT/cv.pdf",
    "ldap://127.0.0.1:PORT/",
    "jar:http://127.0.0.1:PORT/!/",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "view-source:http://127.0.0.1:PORT/",
    "data:application/pdf;base64,JVBERi0xLjQ=",
    "javascript:alert(1)",
    # user names and other tricks on whoever reads the host
    "http://cv.example.com@127.0.0.1:PORT/",
    "http://cv.example.com:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT@cv.example.com/",
    "http://127.0.0.1:PORT\\@cv.example.com/",
    "http://cv.example.com\\@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@cv.example.com/",
    "http://127.0.0.1:PORT?@cv.example.com/",
    "http://cv.example.com%00.127.0.0.1:PORT/",
    "http://127.0.0.1%0d%0aHost:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    "//127.0.0.1:PORT/",
    "http://[127.0.0.1]:PORT/",
    "http://127.0.0.1:PORT:80/",
    "ht\ntp://127.0.0.1:PORT/",
    "http://127.0.0.1:PO\tRT/",
    # ports of services that speak other protocols
    "http://127.0.0.1:22/",
    "http://127.0.0.1:25/",
    "http://127.0.0.1:5432/",
    "http://127.0.0.1:6379/",
    "http://cv.example.com:6379/",
    "http://cv.example.com:-1/",
    "https://cv.example.com:65536/",
]


def test_no_hostile_address_leads_inside(world: World, inside: RawServer) -> None:
    urls = [url.replace("PORT", str(inside.port)) for url in HOSTILE]
    assert len(set(urls)) == len(HOSTILE)
    assert_refused(world, push_all(world, urls))
    assert (inside.connections, inside.requests) == (0, [])


@pytest.mark.parametrize("address", ["168.63.129.16", "::ffff:168.63.129.16"])
def test_a_metadata_service_at_a_public_address_is_not_asked(address: str) -> None:
    assert not resume_download._is_public(address)
    assert resume_download._is_public("168.63.129.17")


REDIRECTED = [
    url
    for url in HOSTILE
    if url.partition(":")[0] in ("http", "https", "file", "gopher", "ftp", "data", "")
    and url.isascii()
    and not set(url) & set("\n\t\\")
]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_inside(
    world: World, inside: RawServer, settings: Any, status: int
) -> None:
    """A server that may be asked sends on to one that may not."""
    step = {301: 0, 302: 1, 303: 2, 307: 3, 308: 4}[status]
    targets = [url.replace("PORT", str(inside.port)) for url in REDIRECTED[step::5]]
    # Relative to the server that is asked, these are none: they stay on it.
    targets = [url for url in targets if not url.startswith(("http:/1", "http:1", "http:///"))]
    assert len(targets) >= 8
    for target in targets:
        with serving(say(status, "", Location=target)) as front:
            settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{front.port}"]
            (push,) = push_all(world, [f"{front.url}/cv"]).values()
            assert_refused(world, {target: push})
            assert {request.path for request in front.requests} == {"/cv"}
    assert (inside.connections, inside.requests) == (0, [])


def test_a_redirect_loop_ends(world: World, settings: Any) -> None:
    with serving(say(302, "", Location="/again")) as front:
        settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{front.port}"]
        assert_refused(world, push_all(world, [f"{front.url}/cv"]))
        assert len(front.requests) == resume_download.MAX_REDIRECTS + 1


def test_an_address_sends_no_credentials_of_ours_anywhere(world: World, settings: Any) -> None:
    with serving(say(200, PDF, "application/pdf")) as server:
        settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        push_all(world, [f"{server.url}/cv"])
        (request,) = server.requests
    text = repr(request)
    for secret in (world.source.api_secret, world.source.api_user, world.company.auth):
        assert secret not in text
