"""Reading a HrFlow profile in which any field may be null, missing or of another type. Pure.

Nothing here raises: a value that cannot be read counts as missing. The profile object:
https://developers.hrflow.ai (Profiles).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sync.mapping.text import plain, plain_line, search_form

# What HrFlow writes where it has no date.
NO_DATE = "1969-12-31T23:59:59"
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?![0-9])")
# HrFlow gives a country's name, its code is wanted: the countries that French CVs mention,
# by their `search_form`.
_COUNTRY_CODES = {
    "allemagne": "DE", "germany": "DE",
    "algerie": "DZ", "algeria": "DZ",
    "belgique": "BE", "belgium": "BE",
    "canada": "CA",
    "espagne": "ES", "spain": "ES",
    "etats-unis": "US", "united states": "US",
    "france": "FR",
    "italie": "IT", "italy": "IT",
    "luxembourg": "LU",
    "maroc": "MA", "morocco": "MA",
    "pays-bas": "NL", "netherlands": "NL",
    "portugal": "PT",
    "royaume-uni": "GB", "united kingdom": "GB",
    "suisse": "CH", "switzerland": "CH",
    "tunisie": "TN", "tunisia": "TN",
}  # fmt: skip
_NOTHING: Mapping[str, Any] = {}


def mapping(value: object) -> Mapping[str, Any]:
    """The object itself; an empty one for anything else."""
    return value if isinstance(value, Mapping) else _NOTHING


def items(value: object) -> list[Any]:
    """The list itself; an empty one for anything else."""
    return list(value) if isinstance(value, list | tuple) else []


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, without its nulls, strings and numbers."""
    return (item for item in items(value) if isinstance(item, Mapping))


def line(value: object) -> str:
    """Plain text on one line; empty for anything but a string."""
    return plain_line(value) if isinstance(value, str) else ""


def paragraph(value: object) -> str:
    """Plain text with its line breaks; empty for anything but a string."""
    return plain(value) if isinstance(value, str) else ""


def names(value: object) -> list[str]:
    """The names in a list of skills, tasks or languages, each once and in its order.

    Both shapes of HrFlow: objects with a `name`, and bare strings.
    """
    found = (
        line(item.get("name")) if isinstance(item, Mapping) else line(item) for item in items(value)
    )
    return list(dict.fromkeys(name for name in found if name))


def number(value: object) -> float | None:
    """A finite number, also from a string such as `"2.5"`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def day(value: object) -> date | None:
    """A date from `2017-08-01T00:00:00`, `2017-08`, `2017` or, in old profiles, `{"iso8601": …}`.

    A missing day or month is the first.
    """
    match = _DAY.match(_iso(value))
    if match is None:
        return None
    year, month, day_of_month = (int(part or 1) for part in match.groups())
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    """As `day`, with its time of day where that is known; UTC where no zone is given."""
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
    """A HrFlow location; a part is empty or None where it is not known. Degrees."""

    text: str
    city: str
    postcode: str
    region: str
    country: str
    latitude: float | None
    longitude: float | None

    @property
    def country_code(self) -> str:
        """Two letters; empty where the country is not known."""
        is_code = len(self.country) == 2 and self.country.isascii() and self.country.isalpha()
        return (
            self.country.upper() if is_code else _COUNTRY_CODES.get(search_form(self.country), "")
        )


def place(value: object) -> Place:
    """From a location `{"text", "lat", "lng", "fields": {…}}`, or a bare string."""
    location = mapping(value)
    fields = mapping(location.get("fields"))
    return Place(
        text=line(value) or line(location.get("text")),
        city=_first(fields, "city", "locality", "town", "village"),
        postcode=_first(fields, "postcode", "postal_code"),
        region=_first(fields, "administrative_area_level_1", "state", "country_region"),
        country=_first(fields, "country_code", "country"),
        latitude=_degrees(location.get("lat"), 90),
        longitude=_degrees(location.get("lng"), 180),
    )


def _first(fields: Mapping[str, Any], *keys: str) -> str:
    """The first field that holds something. A postcode may come as a number."""
    for key in keys:
        value = fields.get(key)
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12
        if found := str(value) if whole else line(value):
            return found
    return ""


def _degrees(value: object, limit: float) -> float | None:
    found = number(value)
    return found if found is not None and abs(found) <= limit else None


def without_empty(body: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that say something: null, `""`, `{}` and `[]` do not, 0 and False do."""
    return {
        key: value for key, value in body.items() if value is not None and value not in ("", {}, [])
    }
