"""What people type into a search; `right`: whom it finds of `Zoé Riou` and `René Ruiz`."""

from __future__ import annotations

from tests.cases import Case

TEST = "admin/access/test_searches.py::test_a_search_finds_whom_it_names_and_nobody_else"
BOTH = ["René Ruiz", "Zoé Riou"]
_SEARCHES: list[tuple[str, str, list[str]]] = [
    ("an emoji", "😀", []),
    ("several emoji", "👩‍💻 🇫🇷", []),
    ("a bullet of Word", "\uf0b7\uf0a7", []),
    ("a character of no width", "\u200b", []),
    ("a byte order mark", "\ufeff", []),
    ("a direction mark", "\u202e", []),
    ("a private character", "\ue000", []),
    ("a variation selector", "\ufe0f", []),
    ("two quotes", '""', []),
    ("two apostrophes", "''", []),
    ("a percent sign", "%", []),
    ("an underscore", "_", []),
    ("a backslash", "\\", []),
    ("an emoji and a name", "😀 zoé", ["Zoé Riou"]),
    ("a name without accents", "zoe", ["Zoé Riou"]),
    ("a name in full width", "ＺＯＥ", ["Zoé Riou"]),
    ("nothing", "", BOTH),
    ("blanks", "   ", BOTH),
]
CASES = [Case("searches", name, term, right, TEST) for name, term, right in _SEARCHES]
