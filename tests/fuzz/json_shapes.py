"""JSON as the world writes it: wrong types, deep nesting, odd texts and numbers, repeated keys."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from hypothesis import strategies as st

Values = st.SearchStrategy[Any]
DEEPEST = 100_000

# Names, scripts and signs that meet in one field; entities as a web form stores them.
_WORDS = [
    "Zoé", "D&#39;Angelo", "O&amp;#39;Brien", "&eacute;", "DUPONT, Jean", "Ndiaye\u2011Ba", "ﬁn",
    "Jean (dit Jo)", "ß", "İstanbul", "Nguyễn", "Ștefan", "Дмитрий", "محمد", "王小明", "한글",
    "Ἀλέξανδρος", "๛", "👩‍💻", "\u202eecilA", "\ufeffAda", "a\u0301\u0301\u0301", "Ⅷ", "²", "١٢",
    "null", "N/A", "undefined", "NaN", "None", "true", "-", "''", "<b>x</b>", "{{x}}", "%s", "${x}",
]  # fmt: skip
_SIGNS = ["\0", "\ud800", "\udfff", "\x1b[0m", "\u2028", "\r\n", "\t", "\u00a0", "\\", '"', "\x7f"]
DATES = [
    "1969-12-31T23:59:59", "1970-01-01", "0000-00-00", "0001-01-01T00:00:00+14:00", "2023-02-29",
    "9999-12-31T23:59:59-12:00", "10000-01-01", "2024-06-30T23:59:60Z", "2024-W05-3", "12/04/1990",
    "2024-01-10T09:00:00+0000", "2024-01-10T09:00:00.123456789Z", "2024-13-45", "20240110", "2020",
    "2024-06-01T12:00:00+99:99", "1e3", "٢٠٢٤-٠١-٠١", "Thu, 10 Jan 2024 09:00:00 GMT",
]  # fmt: skip

texts: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(_WORDS),
    st.lists(st.sampled_from([*_WORDS, *_SIGNS, " "]), max_size=5).map("".join),
    st.text(st.characters(), max_size=20),
    st.sampled_from([*DATES, "", " ", "9" * 4301, "x" * 5000, "é" * 300]),
)
numbers: Values = st.one_of(
    st.integers(-10, 3000),
    st.sampled_from([2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400, -1, 0, 1e308, 5e-324, -0.0]),
    st.floats(),
)
scalars: Values = st.one_of(st.none(), st.booleans(), numbers, texts)
_KEYS = st.sampled_from(["name", "text", "id", "iso8601", "type", "value", "items", "", "\ud800"])
anything: Values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=5,
) | st.builds(lambda value, depth: nested(value, depth), scalars, st.sampled_from([5, 60, 300]))


def nested(value: Any, depth: int) -> Any:
    for level in range(depth):
        value = [value] if level % 2 else {"text": value}
    return value


def mostly(good: Values) -> Values:
    """What belongs there, and one time in six whatever comes."""
    return st.integers(0, 5).flatmap(lambda luck: good if luck else anything)


def shaped(fields: Mapping[str, Values], always: Collection[str] = ()) -> Values:
    """An object of these fields, of which any may be wrong, and any but `always` missing."""
    wrong = {name: mostly(values) for name, values in fields.items()}
    there = {name: wrong.pop(name) for name in always}
    return st.fixed_dictionaries(there, optional=wrong)


def listed(items: Values, longest: int = 3) -> Values:
    return st.lists(mostly(items), max_size=longest)


# --- written down -------------------------------------------------------------------------------


def written(values: Values) -> st.SearchStrategy[bytes]:
    """Bytes of a body: JSON of these values as one writer or another puts it, or no JSON at all."""
    return st.integers(0, 7).flatmap(lambda luck: _json(values) if luck else _NO_JSON)


def _json(values: Values) -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda value, ascii_only, repeats, code: _text(
            value, ascii_only=ascii_only, repeats=repeats
        ).encode(code, "replace"),
        values,
        st.booleans(),
        st.sampled_from([0, 0, 0, 1, -1]),
        st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-32-le", "latin-1"]),
    )


def _text(value: Any, *, ascii_only: bool, repeats: int) -> str:
    """`repeats`: every key is there twice, with a wrong value before (-1) or after (1) its own."""
    again = {"ascii_only": ascii_only, "repeats": repeats}
    if isinstance(value, dict):
        pairs = []
        for name, item in value.items():
            key = json.dumps(name, ensure_ascii=ascii_only)
            pair = [f"{key}: {_text(item, **again)}", f"{key}: [null]"]
            pairs += pair[::repeats] if repeats else pair[:1]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item, **again) for item in value) + "]"
    if isinstance(value, int) and abs(value) >= 10**400:
        return "1e999"
    return json.dumps(value, ensure_ascii=ascii_only)


_NO_JSON: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"", b" ", b"{", b"[1,]", b"{'a': 1}", b'"\\ud800', b"9" * 5000, b"[" * DEEPEST,
            b'{"items":' * DEEPEST, b"<!doctype html><p>Maintenance", b"nul", b"\xff\xfe", b"// x",
            b"[" * DEEPEST + b"]" * DEEPEST, b"OK", b"callback({})", b")]}',\n[]",
        ]
    ),
)  # fmt: skip
