"""Failed sign-ins: what django-axes counts, keeps and answers.

Counted for a name from one address, so that nobody can lock a colleague out from elsewhere; for an
address whatever the names, so that a list of stolen passwords is not tried one name at a time; and
for a name whatever the addresses, so that many do not guess on together: that one holds up nobody
where they have signed in before. Of IPv6, the network is the address.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from sync.models.audit import Action, AuditEntry, known_username
from sync.web.client_address import network_of

# Names tried from one address within the pause; more than an office mistypes.
FAILURES_PER_ADDRESS = 50
# From wherever, within the pause: some 10,000 guesses a day at one password.
FAILURES_PER_NAME = 100
SIGN_INS_REMEMBERED = 50


class SignInHandler(AxesDatabaseHandler):  # type: ignore[misc]
    def get_failures(self, request: HttpRequest, credentials: Any = None) -> int:
        for_name = int(super().get_failures(request, credentials))
        address = request.axes_ip_address  # type: ignore[attr-defined]
        if _are_too_many(name_to_keep(request, credentials), address):
            return max(for_name, settings.AXES_FAILURE_LIMIT)
        return for_name


def _are_too_many(name: str, address: str | None) -> bool:
    if _failures(ip_address=address) >= FAILURES_PER_ADDRESS:
        return True
    return _failures(username=name) >= FAILURES_PER_NAME and not _is_known(name, address)


def _failures(**of: str | None) -> int:
    rows = AccessAttempt.objects.filter(**of, attempt_time__gte=timezone.now() - pause())
    return rows.aggregate(total=Sum("failures_since_start"))["total"] or 0


def _is_known(name: str, address: str | None) -> bool:
    """Has this person signed in from there before?"""
    sign_ins = AuditEntry.objects.filter(username=name, action=Action.SIGN_IN)
    found = sign_ins.exclude(address=None).values_list("address", flat=True)
    return address in {network_of(str(one)) for one in found[:SIGN_INS_REMEMBERED]}


def pause() -> timedelta:
    found: timedelta = settings.AXES_COOLOFF_TIME
    return found


def name_to_keep(_request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The name where somebody is called so, else a digest: people type passwords there."""
    name = str((credentials or {}).get("username") or "")
    if name and known_username(name):
        return name
    return f"?{hmac.digest(settings.SECRET_KEY.encode(), name.encode(), hashlib.sha256).hex()[:16]}"


def locked_out(
    request: HttpRequest, _answer: HttpResponse | None = None, _credentials: Any = None
) -> HttpResponse:
    minutes = round(pause().total_seconds() / 60)
    return render(request, "sync/locked_out.html", {"minutes": minutes}, status=429)
