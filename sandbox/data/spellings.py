"""Names as Flatchr's search shows them: not always as they were sent."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable

_Names = tuple[str, str]


def _entities(first: str, last: str) -> _Names:
    """As a web form stores them: `D&#39;Angelo`, `Zo&#233;`."""
    return _escaped(first), _escaped(last)


def _escaped(name: str) -> str:
    safe = html.escape(name).replace("&#x27;", "&#39;")
    return "".join(c if c.isascii() else f"&#{ord(c)};" for c in safe)


def _plain(first: str, last: str) -> _Names:
    """Without accents."""
    bare = [unicodedata.normalize("NFKD", name).encode("ascii", "ignore") for name in (first, last)]
    return bare[0].decode() or first, bare[1].decode() or last


CHANGES: tuple[Callable[[str, str], _Names], ...] = (
    _entities,
    _plain,
    lambda first, last: (first, last.upper()),
    lambda first, last: (first.lower(), last.lower()),
    lambda first, last: (last, first),
    lambda first, last: (first.replace("-", " "), f" {last} "),
)


def changed(first: str, last: str, number: int, share: float) -> _Names:
    """The names that a search shows; `share` of the numbers have theirs changed, always alike."""
    if number * 7919 % 1000 >= share * 1000:
        return first, last
    return CHANGES[number % len(CHANGES)](first, last)
