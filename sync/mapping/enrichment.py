"""The `value` of Flatchr's enrichment call, made from a HrFlow profile. Pure, and never raises.

`POST {api}/company/{companyID}/search/candidate`; the shape is the one the seed's connector sends
(see https://developers.flatchr.io). What the profile does not know is absent. `jobCategories` and
`jobLevels` are the exception: HrFlow has nothing for them, and the shape wants the lists.
Dates are `YYYY-MM-DD`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sync.exceptions import FormattingError
from sync.mapping.contact import format_email, format_phone
from sync.mapping.names import read_name
from sync.mapping.profile import day, line, mapping, mappings, names, number, paragraph, place
from sync.mapping.text import fold

_DAYS_A_YEAR = 365.25
# HrFlow names countries, Flatchr wants codes; these are the ones French CVs mention.
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


def format_enrichment(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Structured data about the candidate; empty where the profile says nothing."""
    read = mapping(profile)
    info = mapping(read.get("info"))
    jobs = [_employment(job) for job in mappings(read.get("experiences"))]
    years = years_of_experience(read)
    return _kept(
        {
            "address": _address(info.get("location")),
            "education": _filled(_education(item) for item in mappings(read.get("educations"))),
            "employment": _filled(jobs),
            "name": _name(read),
            "phone": _listed("dialNumber", format_phone(info.get("phone")), useCode="personal"),
            "email": _listed("address", format_email(info.get("email"))),
            "position": _unique(read, "title"),
            "employment_positions": _unique(read, "company"),
            "experience": None if years is None else int(years),
        }
    )


def years_of_experience(profile: Mapping[str, Any]) -> float | None:
    """HrFlow's own figure, else the time its dated experiences cover; None where neither is known.

    A current job counts up to the profile's last update, not to today: the result is the same
    whenever it is asked.
    """
    given = number(profile.get("experiences_duration"))
    if given is not None and 0 <= given < 100:
        return given
    as_of = day(profile.get("updated_at")) or day(profile.get("created_at"))
    spans = sorted(_spans(profile, as_of))
    covered, reached = 0, date.min
    for start, end in spans:
        covered += max(0, (end - max(start, reached)).days)
        reached = max(reached, end)
    return covered / _DAYS_A_YEAR if spans else None


def _spans(profile: Mapping[str, Any], as_of: date | None) -> Iterable[tuple[date, date]]:
    for job in mappings(profile.get("experiences")):
        start, end = day(job.get("date_start")), day(job.get("date_end")) or as_of
        if start and end and start <= end:
            yield start, end


def _name(profile: Mapping[str, Any]) -> dict[str, str]:
    try:
        name = read_name(profile)
    except FormattingError:
        return {}
    return {"formattedName": name.full, "given": name.first, "family": name.last}


def _address(location: object) -> dict[str, Any]:
    where = place(location)
    return _kept(
        {
            # Where HrFlow names no region, the place as written is better than none.
            "administrative_area_level_1": where.region or where.text,
            "location_lat": where.latitude,
            "location_lng": where.longitude,
        }
    )


def _education(item: Mapping[str, Any]) -> dict[str, Any]:
    title, end = line(item.get("title")), _iso(item.get("date_end"))
    where = place(item.get("location")).text
    degree = _kept({"name": title, "date": end})
    institution = {
        "name": line(item.get("school")),
        "communication": _reached([{"formattedAddress": where}]),
    }
    return _kept(
        {
            "institution": _kept(institution),
            "educationLevelCodes": _listed("name", title),
            "educationDegrees": [degree | {"specializations": names(item.get("skills"))}]
            if degree
            else [],
            "end": end,
            "descriptions": _descriptions(item),
        }
    )


def _employment(job: Mapping[str, Any]) -> dict[str, Any]:
    title, when = line(job.get("title")), _when(job)
    organization = {"name": line(job.get("company")), "communication": _communication(job)}
    described = {"title": title, "organization": _kept(organization), **when}
    if not any(described.values()):
        return _kept({"descriptions": _descriptions(job)})
    history = _kept(described) | {"jobCategories": [], "jobLevels": []}
    return _kept(
        {"title": title, "positionHistories": [history], **when, "descriptions": _descriptions(job)}
    )


def _when(job: Mapping[str, Any]) -> dict[str, Any]:
    """A job with a beginning and no end is the current one; without dates nobody knows."""
    start, end = _iso(job.get("date_start")), day(job.get("date_end"))
    return {"start": start, "current": end is None} if start or end else {}


def _communication(job: Mapping[str, Any]) -> dict[str, Any]:
    where = place(job.get("location"))
    spot = {"latitude": where.latitude, "longitude": where.longitude}
    address = {
        "countryCode": _country_code(where.country),
        "city": where.city,
        "postalCode": where.postcode,
        "geoLocation": spot if None not in spot.values() else {},
        "formattedAddress": where.text,
    }
    return _reached([_kept(address)])


def _reached(addresses: list[dict[str, Any]]) -> dict[str, Any]:
    known = [address for address in addresses if any(address.values())]
    return {"address": known} if known else {}


def _country_code(country: str) -> str:
    if len(country) == 2 and country.isascii() and country.isalpha():
        return country.upper()
    return _COUNTRY_CODES.get(fold(country), "")


def _descriptions(item: Mapping[str, Any]) -> list[str]:
    told = [paragraph(item.get("description")), *names(item.get("tasks"))]
    return [text for text in dict.fromkeys(told) if text]


def _iso(value: object) -> str:
    found = day(value)
    return found.isoformat() if found else ""


def _unique(profile: Mapping[str, Any], key: str) -> list[str]:
    found = (line(job.get(key)) for job in mappings(profile.get("experiences")))
    return [text for text in dict.fromkeys(found) if text]


def _listed(key: str, value: str, **more: str) -> list[dict[str, str]]:
    return [{key: value, **more}] if value else []


def _filled(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in found if item]


def _kept(value: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is known; 0 and False are."""
    return {
        key: held for key, held in value.items() if held is not None and held not in ("", [], {})
    }
