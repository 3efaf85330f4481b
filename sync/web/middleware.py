"""What every answer carries besides Django's own headers, and when a session ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from sync.web.htmx import HtmxRequest

Answer = Callable[[HttpRequest], HttpResponse]

# Nothing here uses a device of the reader's; an injected script shall not either.
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


class SecurityHeaders:
    """The outermost middleware: static files and errors carry them too."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


BEGAN, SEEN = "began_at", "seen_at"
# One write in a few minutes, not one a page.
SEEN_SECONDS = 300


def begin_session(request: HttpRequest, **_: Any) -> None:
    """At sign-in (`user_logged_in`), when the session is written anyway."""
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


class SessionLimits:
    """A session ends after a while without a page, and after a longest life whatever happens.

    Parts of a page that refresh themselves keep nobody signed in: only whole pages count.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._watch(request)
        return self.get_response(request)

    def _watch(self, request: HtmxRequest) -> None:
        now, session = int(time.time()), request.session
        if now - session.get(BEGAN, 0) > settings.SESSION_LONGEST_SECONDS:
            logout(request)
        elif now - session.get(SEEN, 0) > SEEN_SECONDS and not request.htmx:
            # Saving it also moves its end, in the database and in the cookie.
            session[SEEN] = now
