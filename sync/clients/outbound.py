"""How this installation reaches the Internet: through a proxy or not, and whose certificates it
trusts. From settings of the operator's (docs/configuration.md), for both APIs and for CVs; what the
environment tells other programs (`HTTPS_PROXY`, `REQUESTS_CA_BUNDLE`) is not read.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from requests.utils import DEFAULT_CA_BUNDLE_PATH

_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=2)
def tls_context(pinned: bool) -> ssl.SSLContext:
    """One TLS context for all threads: by itself urllib3 reads the CA bundle again for every
    connection (20 ms of CPU). It trusts the public authorities, and those of CA_BUNDLE.

    `pinned`: for connections to a checked IP address. There urllib3 compares the certificate with
    the host's name itself and needs OpenSSL's own check off, so they have their own context.
    """
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    if settings.CA_BUNDLE:
        context.load_verify_locations(cafile=settings.CA_BUNDLE)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.check_hostname = not pinned
    return context


def proxies_for(url: str) -> dict[str, str] | None:
    """Proxies by scheme, as `requests` takes them; None where the host is reached directly: this
    machine, and the private hosts that CVs may be fetched from."""
    proxy = settings.OUTBOUND_PROXY
    if not proxy or _is_loopback(urlsplit(url).hostname or ""):
        return None
    if names_of(url) & allowed_hosts(settings.RESUME_ALLOWED_PRIVATE_HOSTS):
        return None
    return {"http": proxy, "https": proxy}


def names_of(url: str) -> set[str]:
    """How a list of hosts may name the host of `url`: with its port or for any port."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    return {host, f"{host}:{port}", f"[{host}]", f"[{host}]:{port}"}


def allowed_hosts(hosts: Collection[str]) -> frozenset[str]:
    return frozenset(host.strip().lower() for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
