"""The type of a request once django-htmx's middleware has seen it."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """`htmx` is true where a part of a page was asked for."""

    htmx: HtmxDetails
