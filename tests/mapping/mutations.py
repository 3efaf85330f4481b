"""A hypothesis strategy: realistic profiles in which anything, at any depth, went wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.mapping.profiles import full_profile, old_profile

# What JSON can carry, and more: lone surrogates, infinities, numbers no float can hold.
_NAMES = [
    "",
    " ",
    "N/A",
    "Undefined",
    "null",
    "王小明",
    "محمد الأحمد",
    "123",
    "Jean 123",
    "DUPONT, ",
]
_SIGNS = ["😀", "\ud800", "\x00", "•“é”…", "NaN", "http://[", "https://x.fr:99999999/", "x.fr/a"]
_DATES = ["1969-12-31T23:59:59", "0000-00-00", "2020-13-45", "9999-12-31T23:59:59+14:00", "2020"]
_TEXTS = st.one_of(
    st.text(st.characters(), max_size=30), st.sampled_from([*_NAMES, *_SIGNS, *_DATES, "9" * 5000])
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -1]),
    st.floats(),
    _TEXTS,
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "text", "url", "iso8601", "type", "x"]), inner),
    ),
    max_leaves=6,
)
_DROP = object()


@st.composite
def damaged_profiles(draw: st.DrawFn) -> Any:
    """A profile with up to eight values replaced by null, dropped, or of a wrong type."""
    profile = draw(st.sampled_from([full_profile, old_profile]))()
    for _ in range(draw(st.integers(0, 8))):
        holder, key = draw(st.sampled_from(_places(profile)))
        _damage(holder, key, draw(st.one_of(st.none(), st.just(_DROP), _VALUES)))
    return profile


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of the profile that can be damaged."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    found: list[tuple[Any, Any]] = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], dict | list):
            found += _places(value[key])
    return found or [({"nothing": None}, "nothing")]


def _damage(holder: Any, key: Any, value: Any) -> None:
    if value is _DROP:
        del holder[key]
    else:
        holder[key] = value
