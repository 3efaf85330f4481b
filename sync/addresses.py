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


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip().strip("[]")))
    except ValueError:
        return None
