"""The export of a list as a CSV file: its address, and the answer."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone


def export_address(request: HttpRequest, page: str, permission: str) -> str:
    """The address that exports the list as it is narrowed now, all its pages.

    `page`: the name of the URL. Empty for who does not have `permission`.
    """
    if not request.user.has_perm(permission):
        return ""
    query = request.GET.copy()
    query.pop("p", None)
    return f"{reverse(page)}?{query.urlencode()}"


def csv_response(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    """A file such as `pushes-2025-03-12-0905.csv`: `name`, then the local time.

    Streamed, since it may be long: `lines` are asked for while the answer is sent.
    """
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    file_name = f"{name}-{timezone.localtime():%Y-%m-%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response
