"""The IP address a request came from: for sign-ins, the audit log and rate limits."""

from __future__ import annotations

import ipaddress
import logging
import re

from django.conf import settings
from django.http import HttpRequest

from sync.web.throttle import Throttle

logger = logging.getLogger(__name__)

# `203.0.113.7:51234`, `[2001:db8::1]:443`, `[2001:db8::1]`: an address, and a port or none.
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d*)?|(?P<v4>[\d.]+):\d*", re.ASCII)
# Where proxies and the clients of an inner site are, and no client from outside.
_INNER_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
        "169.254.0.0/16", "fc00::/7", "fe80::/10", "::1/128",
    )
]  # fmt: skip
# What docs/configuration.md says of each, at TRUSTED_PROXIES, is told once a minute.
MISSING, TOO_SHORT, NO_ADDRESS, INNER = "missing", "too-short", "no-address", "inner-address"
doubts_told = Throttle(per_minute=1)


def client_address(request: HttpRequest) -> str | None:
    """An IP address; None where there is none (a Unix socket).

    Behind proxies (BEHIND_PROXY) each of them appends to X-Forwarded-For whom it was asked by, so
    it is the entry that the first of TRUSTED_PROXIES appended, and the proxy's own address where
    that is none. The entries before it, and without a proxy the whole header, are the client's
    words.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    if not settings.BEHIND_PROXY:
        return peer
    header = request.headers.get("X-Forwarded-For", "")
    entries = [entry for entry in header.split(",") if entry.strip()]
    if not entries:
        _tell(MISSING)
        return peer
    if len(entries) < settings.TRUSTED_PROXIES:
        _tell(TOO_SHORT)
    before, entry = entries[: -settings.TRUSTED_PROXIES], entries[-settings.TRUSTED_PROXIES :][0]
    address = _address(entry)
    if address is None:
        _tell(NO_ADDRESS)
        return peer
    if before and any(ipaddress.ip_address(address) in network for network in _INNER_NETWORKS):
        _tell(INNER)
    return address


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
    """The address in one spelling: without port, and IPv4 in IPv6 (::ffff:a.b.c.d) as IPv4. None
    where unreadable."""
    bare = text.strip().strip('"').strip()
    if with_port := _WITH_PORT.fullmatch(bare):
        bare = with_port["v6"] or with_port["v4"] or ""
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def _tell(doubt: str) -> None:
    """To the operator, without anything that the client wrote."""
    if doubts_told.has_room(doubt):
        doubts_told.count(doubt)
        logger.warning("client addresses: X-Forwarded-For: %s; see TRUSTED_PROXIES", doubt)
