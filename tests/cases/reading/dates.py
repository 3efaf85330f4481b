"""Dates as accounts hold them; `right`: the moment that is kept, None where it is left out."""

from __future__ import annotations

from typing import Any

from tests.cases import Case

TEST = "mapping/test_dates.py::test_a_date_is_read_or_left_out"
_DATES: list[tuple[str, Any, str | None]] = [
    ("the first moment, east of Greenwich", "0001-01-01T00:00:00+02:00", None),
    ("the first moment, .NET's minimum", "0001-01-01T00:00:00", None),
    ("the last moment", "9999-12-31T23:59:59", None),
    ("the last moment, west of Greenwich", "9999-12-31T23:59:59-12:00", None),
    ("for ever, as a day", "9999-12-31", None),
    ("a year of five digits", "99999-01-01T00:00:00", None),
    ("a year of five digits and a sign", "+99999-01-01T00:00:00Z", None),
    ("a negative year", "-0001-11-30T00:00:00", None),
    ("MySQL's no date", "0000-00-00 00:00:00", None),
    ("HrFlow's no date", "1969-12-31T23:59:59", None),
    ("an epoch number in seconds", 1717243200, None),
    ("an epoch number in milliseconds", 1717243200000, None),
    ("an epoch number as text", "1717243200", None),
    ("a float", 1717243200.5, None),
    ("a number without end", float("inf"), None),
    ("an integer of forty digits", 10**40, None),
    ("true", True, None),
    ("a list", ["2024-06-01"], None),
    ("an old object", {"iso8601": "2024-06-01T12:00:00"}, "2024-06-01T12:00:00+00:00"),
    ("an old object of the first moment", {"iso8601": "0001-01-01T00:00:00+02:00"}, None),
    ("an old object with a number", {"iso8601": 1717243200}, None),
    ("an object of another shape", {"timestamp": 1717243200}, None),
    ("the thirtieth of February", "2024-02-30T10:00:00", None),
    ("words", "last Tuesday", None),
    ("no character", "", None),
    ("a NUL", "2024-06-01\x00", "2024-06-01T00:00:00+00:00"),
    ("half a surrogate pair", "\ud83d2024", None),
    ("200 KB of digits", "2" * 200_000, None),
    ("without a zone", "2024-06-01T12:00:00", "2024-06-01T12:00:00+00:00"),
    ("a zone without a colon", "2024-06-01T12:00:00+0200", "2024-06-01T10:00:00+00:00"),
    ("a zone of a day, nearly", "2024-06-01T12:00:00+23:59", "2024-05-31T12:01:00+00:00"),
    ("blanks around", " 2024-06-01T12:00:00Z ", "2024-06-01T12:00:00+00:00"),
    ("a month", "2024-06", "2024-06-01T00:00:00+00:00"),
    ("an hour that does not exist", "2024-06-01T25:00:00", "2024-06-01T00:00:00+00:00"),
]
CASES = [Case("dates", name, value, right, TEST) for name, value, right in _DATES]
