"""Numbers that come as text, from addresses, forms and headers. Pure."""

from __future__ import annotations

# What fits into a column of 64 bits, whatever the digits.
LONGEST = 18


def whole_number(text: str) -> int | None:
    """None for whatever is none: `²` and `٣` are digits, too, and thousands of them a burden."""
    fits = text.isascii() and text.isdecimal() and len(text) <= LONGEST
    return int(text) if fits else None
