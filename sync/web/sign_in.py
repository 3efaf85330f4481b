"""Failed sign-ins: what django-axes counts, keeps and answers.

Failures are limited three times:
- for a name from one address, so that nobody can lock a colleague out from elsewhere;
- for an address whatever the names, so that a list of stolen passwords cannot be tried one name at
  a time;
- for a name whatever the addresses, so that many machines cannot guess together. It does not hold
  up a person at an address where they have signed in before.

An IPv6 address counts as its network (`network_of`).
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

# Failures from one address within the pause, whatever the names; more than an office mistypes.
FAILURES_PER_ADDRESS = 50
# Failures for one name within the pause, whatever the addresses: some 10,000 guesses a day.
FAILURES_PER_NAME = 100
# How many of a person's last sign-ins say at which addresses they are known.
SIGN_INS_REMEMBERED = 50


class SignInHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """django-axes counts failures for a name from an address; the two other limits are ours."""

    def get_failures(self, request: HttpRequest, credentials: Any = None) -> int:
        failures = int(super().get_failures(request, credentials))
        address = request.axes_ip_address  # type: ignore[attr-defined]
        name = name_to_keep(request, credentials)
        if _failures(ip_address=address) >= FAILURES_PER_ADDRESS or (
            _failures(username=name) >= FAILURES_PER_NAME and not _is_known(name, address)
        ):
            return max(failures, settings.AXES_FAILURE_LIMIT)
        return failures


def _failures(**of: str | None) -> int:
    """Failed sign-ins within the pause, by columns of AccessAttempt."""
    rows = AccessAttempt.objects.filter(**of, attempt_time__gte=timezone.now() - pause())
    return rows.aggregate(total=Sum("failures_since_start"))["total"] or 0


def _is_known(name: str, address: str | None) -> bool:
    """Whether this person has signed in from this address (of IPv6: this network) before."""
    sign_ins = AuditEntry.objects.filter(username=name, action=Action.SIGN_IN)
    found = sign_ins.exclude(address=None).values_list("address", flat=True)
    return address in {network_of(str(one)) for one in found[:SIGN_INS_REMEMBERED]}


def pause() -> timedelta:
    """How long failures count."""
    found: timedelta = settings.AXES_COOLOFF_TIME
    return found


def name_to_keep(_request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The name under which a failure is kept: as typed where there is such an account, else a
    digest, because people type passwords there."""
    name = str((credentials or {}).get("username") or "")
    if name and known_username(name):
        return name
    return f"?{hmac.digest(settings.SECRET_KEY.encode(), name.encode(), hashlib.sha256).hex()[:16]}"


def locked_out(
    request: HttpRequest, _answer: HttpResponse | None = None, _credentials: Any = None
) -> HttpResponse:
    """The page for who must wait: 429, with the pause in minutes."""
    minutes = round(pause().total_seconds() / 60)
    return render(request, "sync/locked_out.html", {"minutes": minutes}, status=429)
