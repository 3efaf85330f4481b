from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from sync.models import Push
from sync.services.reporting import exports
from tests.desk import Desk, S


def table(text: str, separator: str = ",") -> list[list[str]]:
    assert text.startswith(exports.BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=separator))


def export(separator: str = ",") -> list[dict[str, str]]:
    head, *rows = table("".join(exports.push_lines(Push.objects.all())), separator)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+33 6 12",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        " \t=1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
        "\u2003=1",
        "\u3000=1",
        "\u202f=1",
        "\u200b=1",
        "\ufeff=1",
        "\u2066\u00ad=1",
        "\x0b=1",
        '"=1',
        "﹢1",
        "−1",
    ],
)
def test_what_a_spreadsheet_would_compute_becomes_text(value: str) -> None:
    sign = next(at for at, character in enumerate(value) if character in "=+-@＝＋－＠﹢−")
    assert exports.safe(value) == f"{value[:sign]}'{value[sign:]}"


@pytest.mark.parametrize(
    "value", ["Léa", "a=b", "1-2", "", "x@example.com", "O'Neil", "Léa; Martin", "a, b - c"]
)
def test_an_innocent_cell_is_left_as_it_is(value: str) -> None:
    assert exports.safe(value) == value


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "value",
    [
        "Jean;=HYPERLINK(0);x",
        "Jean,=1+1,x",
        "Jean\t@SUM(1)",
        'Jean; "=1+1"',
        "Jean;\u2003\u200b+1",
        "Jean\r\n-1",
        "；＝1",
        ";;=1",
    ],
)
def test_no_cell_is_computed_whichever_separator_it_is_read_with(
    value: str, separator: str
) -> None:
    for written in ",;":
        text = exports._text([["first", value, "last"]], written)
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            for cell in (piece for one in row for piece in one.splitlines()):
                assert not cell.strip('" \u2003\u200b').startswith(tuple("=+-@＝")), (text, cell)


def test_a_cell_without_a_value_is_empty() -> None:
    assert exports.safe(None) == ""
    assert exports.safe(0) == "0"


@pytest.mark.django_db
def test_it_writes_a_line_a_push_newest_first() -> None:
    desk = Desk()
    first = desk.push(S.SUCCEEDED, column="Nouveau")
    second = desk.push(S.FAILED)
    rows = export()
    assert [row["Number"] for row in rows] == [str(second.pk), str(first.pk)]
    assert rows[0]["Reason"] == "The profile has no CV, and this company wants one."
    assert rows[0]["Side"] == "the profile"
    assert rows[0]["Requested by"] == "recruiter"
    assert rows[1]["Column"] == "Nouveau"
    assert rows[1]["Reason"] == ""


@pytest.mark.django_db
def test_a_hostile_name_stays_in_its_cell() -> None:
    name = '=HYPERLINK("http://evil.example";"x")\nnext;line,"'
    Desk().push(candidate_name=name)
    [row] = export()
    assert row["Candidate"] == f"'{name}"


@pytest.mark.django_db
def test_it_separates_by_semicolons_for_excel_in_french() -> None:
    Desk().push(candidate_name="Léa; Martin")
    with translation.override("fr"):
        lines = exports.push_lines(Push.objects.all())
    # The server reads the lines after the request, in whichever language is active then.
    with translation.override("en"):
        head, row = table("".join(lines), ";")
    assert len(head) == len(row) == len(exports.COLUMNS)
    assert "Léa; Martin" in row


@pytest.mark.django_db
def test_dates_are_told_by_the_clock_on_the_wall(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    Desk().push(at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    [row] = export()
    assert row["Asked for"] == "2026-07-02 00:30:00"


@pytest.mark.django_db
def test_a_long_history_is_read_piece_by_piece(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    desk = Desk()
    pushes = [desk.push() for _ in range(5)]
    lines = exports.push_lines(Push.objects.all())
    with django_assert_num_queries(4):  # Three pieces, and one that finds the end.
        _head, *rows = table("".join(lines))
    assert [row[0] for row in rows] == [str(push.pk) for push in reversed(pushes)]
