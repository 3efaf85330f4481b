"""Profiles that nobody would write; `right`: whether the index has a row of it afterwards.

`input`: what replaces parts of a usual profile, or the bytes of the entry in HrFlow's list.
"""

from __future__ import annotations

from typing import Any

from tests.cases import Case

TEST = "services/intake/test_odd_profiles.py::test_an_odd_profile_spoils_only_itself"
KEY = "0dd" * 13
DEEP = b'{"key":"%s","experiences":' % KEY.encode() + b"[" * 100_000 + b"]" * 100_000 + b"}"
LONG = "Zoé " * 50_000
_PROFILES: list[tuple[str, Any, bool]] = [
    ("nested 100,000 deep", DEEP, False),
    (
        "nested 500 deep",
        b'{"key":"%s","tags":' % KEY.encode() + b"[" * 500 + b"]" * 500 + b"}",
        True,
    ),
    ("an integer of 5,000 digits", b'{"key":"%s","id":' % KEY.encode() + b"7" * 5000 + b"}", False),
    ("null in place of a profile", b"null", False),
    ("a string in place of a profile", b'"profile"', False),
    ("no key", {"key": None}, False),
    ("a key that is a list", {"key": ["a"]}, False),
    ("a key that is an object", {"key": {"value": "a"}}, False),
    ("a key that is a number", {"key": 17}, False),
    ("a key with a NUL", {"key": "a\x00b"}, False),
    ("a key that is half a surrogate pair", {"key": "a\ud800"}, False),
    ("a key that is too long", {"key": "k" * 65}, False),
    ("info is a list", {"info": ["Zoé"]}, True),
    ("info is text", {"info": "Zoé"}, True),
    ("a name of 200 KB", {"info": {"full_name": LONG}}, True),
    ("an e-mail of 200 KB", {"info": {"full_name": "Zoé", "email": "a@b.fr," * 30_000}}, True),
    ("a reference of 200 KB", {"reference": LONG}, True),
    ("a summary of 200 KB", {"info": {"full_name": "Zoé", "summary": LONG}}, True),
    ("a name with NULs", {"info": {"full_name": "Zo\x00é\x00"}}, True),
    (
        "a name of half surrogate pairs",
        {"info": {"full_name": "Zo\ud83d", "email": "\udc00"}},
        True,
    ),
    ("numbers for texts", {"reference": 5, "info": {"full_name": 7, "email": 1.5}}, True),
    ("objects for texts", {"reference": {}, "info": {"full_name": {"a": 1}, "email": [1]}}, True),
    ("experience without end", {"experiences_duration": 1e308, "experiences": {"a": 1}}, True),
    ("lists of nulls", {"experiences": [None] * 50, "attachments": [None], "tags": [None]}, True),
    ("the first moment", {"updated_at": "0001-01-01T00:00:00+02:00"}, True),
    ("the last moment", {"updated_at": "9999-12-31T23:59:59", "created_at": "9999-12-31"}, True),
    ("an epoch number", {"updated_at": 1717243200, "created_at": 1717243200000}, True),
    ("an empty object but for its key", {}, True),
]
CASES = [Case("odd profiles", name, value, right, TEST) for name, value, right in _PROFILES]
