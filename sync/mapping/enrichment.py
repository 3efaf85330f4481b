"""The `value` of Flatchr's enrichment call, made from a HrFlow profile. Pure, and never raises.

`POST {api}/company/{companyID}/search/candidate` (https://developers.flatchr.io); the shape is the
one that the seed's connector sends. A key without a value is absent, except `jobCategories` and
`jobLevels`, always empty lists: HrFlow has nothing for them. Dates are `YYYY-MM-DD`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sync.exceptions import FormattingError
from sync.mapping.contact import format_email
from sync.mapping.names import read_name
from sync.mapping.phones import format_phone
from sync.mapping.profile import (
    day,
    line,
    mapping,
    mappings,
    names,
    number,
    paragraph,
    place,
    without_empty,
)

_DAYS_A_YEAR = 365.25


def format_enrichment(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Structured data about the candidate; empty where the profile holds none.

    `{"address": {…}, "education": [{…}], "employment": [{…}], "name": {"formattedName", "given",
    "family"}, "phone": [{"dialNumber", "useCode"}], "email": [{"address"}], "position": [titles],
    "employment_positions": [companies], "experience": <whole years>}`.
    """
    read = mapping(profile)
    info, jobs = mapping(read.get("info")), list(mappings(read.get("experiences")))
    educations = [_education(item) for item in mappings(read.get("educations"))]
    employments = [_employment(job) for job in jobs]
    where, years = place(info.get("location")), years_of_experience(read)
    address = {
        # Where HrFlow knows no region, the place as it is written.
        "administrative_area_level_1": where.region or where.text,
        "location_lat": where.latitude,
        "location_lng": where.longitude,
    }
    phone = format_phone(info.get("phone"), where.country_code)
    email = format_email(info.get("email"))
    return without_empty(
        {
            "address": without_empty(address),
            "education": [education for education in educations if education],
            "employment": [employment for employment in employments if employment],
            "name": _name(read),
            "phone": [{"dialNumber": phone, "useCode": "personal"}] if phone else [],
            "email": [{"address": email}] if email else [],
            "position": _distinct(line(job.get("title")) for job in jobs),
            "employment_positions": _distinct(line(job.get("company")) for job in jobs),
            "experience": None if years is None else int(years),
        }
    )


def years_of_experience(profile: Mapping[str, Any]) -> float | None:
    """HrFlow's own figure, else the years that its dated experiences cover; None without either.

    Overlapping experiences count once. A current one ends with the profile's last update, not
    today, so that the result does not depend on the day.
    """
    given = number(profile.get("experiences_duration"))
    if given is not None and 0 <= given < 100:
        return given
    as_of = day(profile.get("updated_at")) or day(profile.get("created_at"))
    spans = []
    for job in mappings(profile.get("experiences")):
        start, end = day(job.get("date_start")), day(job.get("date_end")) or as_of
        if start and end and start <= end:
            spans.append((start, end))
    covered, reached = 0, date.min
    for start, end in sorted(spans):
        covered += max(0, (end - max(start, reached)).days)
        reached = max(reached, end)
    return covered / _DAYS_A_YEAR if spans else None


def _name(profile: Mapping[str, Any]) -> dict[str, str]:
    """The candidate's name, in the parts of the enrichment call; empty where there is none."""
    try:
        name = read_name(profile)
    except FormattingError:
        return {}
    return {"formattedName": name.full, "given": name.first, "family": name.last}


def _education(item: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of `education`; empty where nothing is known."""
    title, end = line(item.get("title")), day(item.get("date_end"))
    where = place(item.get("location")).text
    address = [{"formattedAddress": where}] if where else []
    institution = {
        "name": line(item.get("school")),
        "communication": without_empty({"address": address}),
    }
    degree = without_empty({"name": title, "date": end.isoformat() if end else ""})
    if degree:
        degree["specializations"] = names(item.get("skills"))
    return without_empty(
        {
            "institution": without_empty(institution),
            "educationLevelCodes": [{"name": title}] if title else [],
            "educationDegrees": [degree] if degree else [],
            "end": end.isoformat() if end else "",
            "descriptions": _descriptions(item),
        }
    )


def _employment(job: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of `employment`, with one entry in `positionHistories`; empty without anything."""
    title, descriptions = line(job.get("title")), _descriptions(job)
    start, end = day(job.get("date_start")), day(job.get("date_end"))
    organization = {"name": line(job.get("company")), "communication": _communication(job)}
    dates: dict[str, Any] = {}
    if start or end:
        # Begun and not ended is the current job; without dates nothing is known of that.
        dates = {"start": start.isoformat() if start else "", "current": end is None}
    position = {"title": title, "organization": without_empty(organization), **dates}
    if not any(position.values()):
        return without_empty({"descriptions": descriptions})
    history = without_empty(position) | {"jobCategories": [], "jobLevels": []}
    return without_empty(
        {"title": title, "positionHistories": [history], **dates, "descriptions": descriptions}
    )


def _communication(job: Mapping[str, Any]) -> dict[str, Any]:
    """Where a job is: `{"address": [{…}]}`, or empty."""
    where = place(job.get("location"))
    point = {"latitude": where.latitude, "longitude": where.longitude}
    address = without_empty(
        {
            "countryCode": where.country_code,
            "city": where.city,
            "postalCode": where.postcode,
            "geoLocation": point if None not in point.values() else {},
            "formattedAddress": where.text,
        }
    )
    return {"address": [address]} if address else {}


def _descriptions(item: Mapping[str, Any]) -> list[str]:
    return _distinct([paragraph(item.get("description")), *names(item.get("tasks"))])


def _distinct(texts: Iterable[str]) -> list[str]:
    """Each text once, in its order, without empty ones."""
    return [text for text in dict.fromkeys(texts) if text]
