"""Reading a HrFlow profile in which any field may be null, missing or of another type. Pure.

Nothing here raises: what cannot be read counts as not there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sync.mapping.text import plain, plain_line

# HrFlow's "no date" (see the reference: hrflow-api, the profile object).
NO_DATE = "1969-12-31T23:59:59"
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?![0-9])")
_NOTHING: Mapping[str, Any] = {}


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _NOTHING


def items(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; its nulls and strays are passed over."""
    return (item for item in items(value) if isinstance(item, Mapping))


def line(value: object) -> str:
    """One plain line of text, or nothing."""
    return plain_line(value) if isinstance(value, str) else ""


def paragraph(value: object) -> str:
    """Plain text with its line breaks, or nothing."""
    return plain(value) if isinstance(value, str) else ""


def names(value: object) -> list[str]:
    """The names of skills, tasks and the like: objects with a `name`, or bare strings."""
    found = (
        line(item.get("name")) if isinstance(item, Mapping) else line(item) for item in items(value)
    )
    return list(dict.fromkeys(name for name in found if name))


def number(value: object) -> float | None:
    """A finite number, also from a string such as `"2.5"`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def day(value: object) -> date | None:
    """A date from an ISO string or `{"iso8601": ...}`; a missing day or month is the first."""
    match = _DAY.match(_iso(value))
    if match is None:
        return None
    year, month, day_of_month = (int(part or 1) for part in match.groups())
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    """As `day`, to the second where it is known, and in UTC where no zone is given."""
    try:
        found = datetime.fromisoformat(_iso(value))
    except ValueError:
        known = day(value)
        return datetime(known.year, known.month, known.day, tzinfo=UTC) if known else None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _iso(value: object) -> str:
    found = value.get("iso8601") if isinstance(value, Mapping) else value
    text = found.strip() if isinstance(found, str) else ""
    return "" if text.startswith(NO_DATE) else text


@dataclass(frozen=True, slots=True)
class Place:
    """A HrFlow location, each part empty or None where it is not known."""

    text: str
    city: str
    postcode: str
    region: str
    country: str
    latitude: float | None
    longitude: float | None


def place(value: object) -> Place:
    location = mapping(value)
    fields = mapping(location.get("fields"))
    return Place(
        text=line(value) or line(location.get("text")),
        city=_first(fields, "city", "locality", "town", "village"),
        postcode=_first(fields, "postcode", "postal_code"),
        region=_first(fields, "administrative_area_level_1", "state", "country_region"),
        country=_first(fields, "country_code", "country"),
        latitude=_within(location.get("lat"), 90),
        longitude=_within(location.get("lng"), 180),
    )


def _first(fields: Mapping[str, Any], *keys: str) -> str:
    return next((found for key in keys if (found := _word(fields.get(key)))), "")


def _word(value: object) -> str:
    """A postcode may come as a number."""
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12
    return str(value) if whole else line(value)


def _within(value: object, limit: float) -> float | None:
    found = number(value)
    return found if found is not None and abs(found) <= limit else None
