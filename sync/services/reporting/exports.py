"""The history and the audit log as spreadsheets: streamed, readable by Excel in French, safe
against formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sync.models import Action, AuditEntry, Push
from sync.services.security import audit, audit_words

# Excel takes a file for UTF-8 only when it begins so.
BYTE_ORDER_MARK = "\ufeff"
CHUNK = 2000
# What begins a formula (https://owasp.org/www-community/attacks/CSV_Injection): a sign, or a form
# of it that Excel reads as the same; before it perhaps blanks, invisible characters and quotes;
# and before those the begin of a cell, whatever separates cells where the file is opened.
_SIGNS = "=+@−﹦﹢﹣﹫＝＋－＠-"
_UNSEEN = r"\s\x00-\x1f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_FORMULA = re.compile(rf'(?:^|[;,\t\r\n])["{_UNSEEN}]*(?=[{_SIGNS}])')

Column = tuple[Promise, Callable[[Any], object]]
REASON: Column = (_("reason"), lambda push: push.explanation)
PUBLIC_REASON: Column = (_("reason"), lambda push: push.public_explanation)
COLUMNS: tuple[Column, ...] = (
    (_("number"), lambda push: push.pk),
    (_("asked for"), lambda push: moment(push.created_at)),
    (_("closed"), lambda push: moment(push.closed_at)),
    (_("requested by"), lambda push: push.requested_by and push.requested_by.get_username()),
    (_("candidate"), lambda push: push.candidate_name),
    (_("e-mail"), lambda push: push.candidate_email),
    (_("source"), lambda push: push.source.name),
    (_("profile key"), lambda push: push.profile_key),
    (_("company"), lambda push: push.vacancy.company.name),
    (_("vacancy"), lambda push: push.vacancy.title),
    (_("vacancy reference"), lambda push: push.vacancy.reference),
    (_("status"), lambda push: push.get_status_display()),
    REASON,
    (_("side"), lambda push: push.side.label if push.side else ""),
    (_("next step"), lambda push: push.next_step),
    (_("attempts"), lambda push: push.attempts),
    (_("column"), lambda push: push.column),
    (_("found in Flatchr"), lambda push: moment(push.confirmed_at)),
    (_("applicant"), lambda push: push.applicant_id),
    (_("enrichment"), lambda push: push.get_enrichment_status_display()),
    (_("run"), lambda push: push.run_id),
)
PUBLIC_COLUMNS = tuple(PUBLIC_REASON if one is REASON else one for one in COLUMNS)
AUDIT_COLUMNS: tuple[Column, ...] = (
    (_("number"), lambda entry: entry.pk),
    (_("when"), lambda entry: moment(entry.at)),
    (_("user"), audit_words.who),
    (_("address"), lambda entry: entry.address),
    (_("action"), lambda entry: entry.get_action_display()),
    (_("kind of object"), audit_words.kind),
    (_("object number"), lambda entry: entry.object_id),
    (_("object"), audit_words.label),
    (_("company"), lambda entry: entry.company.name if entry.company else ""),
    (_("details"), audit_words.details),
)


def moment(value: datetime | None) -> str:
    """In local time, in a form that every spreadsheet takes for a date; empty for None."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S") if value else ""


def safe(value: object) -> str:
    """The text of a cell that no spreadsheet computes: an apostrophe stands before what could begin
    a formula, also where the file is opened with another separator than ours."""
    return _FORMULA.sub(r"\g<0>'", "" if value is None else str(value))


def push_lines(pushes: QuerySet[Push], *, payload: bool = False) -> Iterator[str]:
    """The text of a CSV file, newest push first; at most CHUNK rows are in memory at a time.

    In the language that is active when this is called, for the server asks for the text later. A
    semicolon separates where numbers have a decimal comma, as Excel expects. Who asked for the file
    is noted in the audit log. `payload`: whether they may see what HrFlow and Flatchr answered.
    """
    audit.record(None, Action.EXPORT, kind=Push, details={"rows": pushes.count()})
    rows = pushes.select_related("requested_by", "source", "vacancy__company")
    columns = COLUMNS if payload else PUBLIC_COLUMNS
    return _lines(rows, columns, translation.get_language() or "en")


def audit_lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """The audit log as `push_lines` writes pushes; that it was exported is noted in it too."""
    audit.record(None, Action.EXPORT, kind=AuditEntry, details={"rows": entries.count()})
    language = translation.get_language() or "en"
    return _lines(entries.select_related("company"), AUDIT_COLUMNS, language)


def _lines(rows: QuerySet[Any], columns: tuple[Column, ...], language: str) -> Iterator[str]:
    separator = ";" if language.startswith("fr") else ","
    with translation.override(language):
        labels = [str(label) for label, _value in columns]
        head = _text([[label[:1].upper() + label[1:] for label in labels]], separator)
    yield BYTE_ORDER_MARK + head
    # Chunk by primary key, each a statement of its own: no cursor stays open for a slow reader.
    newest_first = rows.order_by("-pk")
    chunk = list(newest_first[:CHUNK])
    while chunk:
        with translation.override(language):
            text = _text(([value(row) for _label, value in columns] for row in chunk), separator)
        yield text
        chunk = list(newest_first.filter(pk__lt=chunk[-1].pk)[:CHUNK])


def _text(rows: Iterable[Iterable[object]], separator: str) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return buffer.getvalue()
