"""Read-only columns of the admin's lists, and the cells they are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString


def column(label: Any, cell: Callable[[Any], Any], *, ordering: str = "") -> Any:
    """An attribute of a ModelAdmin, for `list_display`: the heading `label` over `cell(row)`.

    `label`: a string or a lazy one. `ordering`: the field that a click on the heading sorts by;
    none where it is empty. An empty cell shows the admin's `empty_value_display`.
    """

    @admin.display(description=label, ordering=ordering or None)
    def show(_admin: Any, row: Any) -> Any:
        return cell(row)

    return show


def titled(title: object, note: object) -> SafeString:
    """Two lines: a title, and a note in small print."""
    return format_html(
        '<span class="cell-title">{}</span><span class="cell-note">{}</span>', title, note
    )


def noted(text: object, note: object) -> SafeString:
    """Two lines: plain text, and a note in small print."""
    return format_html('{}<span class="cell-note">{}</span>', text, note)


def local(at: datetime | None, style: str = "SHORT_DATETIME_FORMAT") -> str:
    """In the reader's time zone and language; empty where there is no date.

    `style`: the name of one of Django's formats, https://docs.djangoproject.com/en/5.2/ref/settings/.
    """
    return date_format(timezone.localtime(at), style) if at else ""
