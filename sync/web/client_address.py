"""The IP address a request came from: for sign-ins, the audit log and rate limits."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """An IP address; None where there is none (a Unix socket).

    Behind a proxy (BEHIND_PROXY) it is the last entry of X-Forwarded-For, which that proxy
    appended. The entries before it, and without a proxy the whole header, are the client's words.
    """
    if settings.BEHIND_PROXY:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2]
        if address := _address(forwarded):
            return address
    return _address(request.META.get("REMOTE_ADDR", ""))


def client_network(request: HttpRequest) -> str | None:
    """What rate limits and sign-in locks count by: see `network_of`."""
    address = client_address(request)
    return network_of(address) if address else None


def network_of(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 address its /64, all of which one client may use."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


def _address(text: str) -> str | None:
    """The address in one spelling: IPv4 in IPv6 (::ffff:a.b.c.d) as IPv4. None where unreadable."""
    try:
        found = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)
