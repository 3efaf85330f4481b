"""Middleware: security headers, the caller of audit entries, and the end of a session."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from sync.services.security import audit
from sync.web import health
from sync.web.client_address import client_address
from sync.web.htmx import HtmxRequest

Answer = Callable[[HttpRequest], HttpResponse]

# No page uses a device of its reader's, so an injected script may not either.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "screen-wake-lock",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
)


class Middleware:
    """Django gives each middleware what makes the answer: the next one, or the view."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response


class SecurityHeaders(Middleware):
    """Adds two headers that Django does not set.

    The outermost middleware, so that static files and errors carry them too.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class HealthFirst(Middleware):
    """Answers load balancers and monitors before anything that asks for the Host or a session.

    They ask by address and not by name; and a session cannot be read while the database is away.
    """

    VIEWS = {"/healthz": health.healthz, "/readyz": health.readyz}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = self.VIEWS.get(request.path_info, self.get_response)
        return view(request)


class AuditCaller(Middleware):
    """Tells the audit log whose request is being answered, and from which address it came.

    Comes after the authentication middleware, which sets `request.user`.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.during(request, client_address(request)):
            return self.get_response(request)


# Keys of the session: when it began and when a page was last asked for (Unix time, seconds).
BEGAN, SEEN = "began_at", "seen_at"
# The session is written once in so many seconds, not once a page.
SEEN_SECONDS = 300


def begin_session(request: HttpRequest, **_: Any) -> None:
    """Receiver of `user_logged_in`: Django writes the session then anyway."""
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


class SessionLimits(Middleware):
    """Ends a session after a time without a page, and after SESSION_LONGEST_SECONDS at the latest.

    Only whole pages count: parts of a page that refresh themselves (htmx) keep nobody signed in.
    """

    def __call__(self, request: HtmxRequest) -> HttpResponse:
        now, session = int(time.time()), request.session
        if not request.user.is_authenticated:
            return self.get_response(request)
        if now - session.get(BEGAN, 0) > settings.SESSION_LONGEST_SECONDS:
            logout(request)
        elif now - session.get(SEEN, 0) > SEEN_SECONDS and not request.htmx:
            # Saving the session also renews its expiry, in the database and in the cookie.
            session[SEEN] = now
        return self.get_response(request)
