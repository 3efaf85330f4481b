"""What every answer carries besides Django's own headers, and when a session ends."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

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


class SessionLimits:
    """A session ends after a while without a page, and after a longest life whatever happens.

    Pages that refresh themselves keep nobody signed in: only what a person opens counts, which
    htmx's own requests are not told apart from. One write in a few minutes, not one a page.
    """

    BEGAN, SEEN = "began_at", "seen_at"
    WRITE_SECONDS = 300

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._watch(request)
        return self.get_response(request)

    def _watch(self, request: HttpRequest) -> None:
        now, session = int(time.time()), request.session
        began, seen = session.get(self.BEGAN, now), session.get(self.SEEN, 0)
        if now - began > settings.SESSION_LONGEST_SECONDS:
            logout(request)
            return
        if now - seen > self.WRITE_SECONDS and not request.headers.get("HX-Request"):
            # Saving it also moves its end, in the database and in the cookie.
            session[self.BEGAN], session[self.SEEN] = began, now
