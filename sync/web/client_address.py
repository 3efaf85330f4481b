"""From which address a request came: for sign-ins, the audit log and limits."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """An IP address; None where there is none (a Unix socket).

    Behind a proxy it is the last entry of X-Forwarded-For: the one that our proxy appended. All
    entries before it, and the whole header without a proxy, are whatever the client wrote.
    """
    if settings.BEHIND_PROXY:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2]
        if address := _address(forwarded):
            return address
    return _address(request.META.get("REMOTE_ADDR", ""))


def client_network(request: HttpRequest) -> str | None:
    """What limits count by."""
    address = client_address(request)
    return network_of(address) if address else None


def network_of(address: str) -> str:
    """The address, or the /64 that it lies in: an IPv6 client has all 2^64 addresses of one."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


def _address(text: str) -> str | None:
    """In one spelling only: IPv4 in IPv6 (::ffff:a.b.c.d) is IPv4."""
    try:
        found = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)
