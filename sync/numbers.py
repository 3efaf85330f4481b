"""Integers read from text and JSON: addresses, forms, headers, answers of peers. Pure."""

from __future__ import annotations

from typing import Any

# Every number of 18 digits fits into a 64-bit column.
LONGEST = 18


def whole_number(text: str) -> int | None:
    """The number that `text` writes in ASCII digits, at most `LONGEST` of them; None otherwise.

    `isascii` because `isdecimal` alone accepts the digits of other scripts, such as `٣`.
    """
    fits = text.isascii() and text.isdecimal() and len(text) <= LONGEST
    return int(text) if fits else None


def json_integer(value: Any) -> int | None:
    """The integer in a JSON value, given as a number or as digits in a string; None otherwise.

    `true` is no integer here, although Python's `bool` is an `int`; a number of more than `LONGEST`
    digits is none either.
    """
    if isinstance(value, str):
        return whole_number(value.strip())
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and abs(value) < 10**LONGEST else None
