"""Failed sign-ins: what django-axes counts, keeps and answers.

Counted for a name from one address, so that nobody can lock a colleague out from elsewhere; and for
an address whatever the names, so that a list of stolen passwords is not tried one name at a time.
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

from sync.models.audit import known_username

# Names tried from one address within the pause; more than an office mistypes.
FAILURES_PER_ADDRESS = 50


class SignInHandler(AxesDatabaseHandler):  # type: ignore[misc]
    def get_failures(self, request: HttpRequest, credentials: Any = None) -> int:
        for_name = int(super().get_failures(request, credentials))
        if _failures_of(request) >= FAILURES_PER_ADDRESS:
            return max(for_name, settings.AXES_FAILURE_LIMIT)
        return for_name


def _failures_of(request: HttpRequest) -> int:
    since = timezone.now() - pause()
    rows = AccessAttempt.objects.filter(
        ip_address=request.axes_ip_address,  # type: ignore[attr-defined]
        attempt_time__gte=since,
    )
    return rows.aggregate(total=Sum("failures_since_start"))["total"] or 0


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
