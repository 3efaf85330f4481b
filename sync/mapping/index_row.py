"""What the local index keeps of a HrFlow profile: little, and enough to choose. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import accumulate
from typing import Any, TypedDict

from sync.mapping.candidate import choose_resume
from sync.mapping.consent import read_contact
from sync.mapping.contact import addresses
from sync.mapping.enrichment import years_of_experience
from sync.mapping.profile import line, mapping, mappings, moment


class Summary(TypedDict):
    """The fields of `sync.models.Profile` that come from HrFlow."""

    reference: str
    full_name: str
    email: str
    headline: str
    location: str
    experience_years: float | None
    has_resume: bool
    remote_created_at: datetime | None
    remote_updated_at: datetime | None
    last_contact_at: datetime | None
    consent_until: date | None
    archived_at: datetime | None


def summarise(profile: Mapping[str, Any]) -> Summary:
    """Never raises, whatever the profile holds; too long values are cut."""
    info, contact = mapping(profile.get("info")), read_contact(profile)
    return Summary(
        reference=line(profile.get("reference"))[:255],
        full_name=_full_name(info)[:255],
        email=_emails(info),
        headline=_headline(profile)[:255],
        location=line(mapping(info.get("location")).get("text"))[:255],
        experience_years=years_of_experience(profile),
        has_resume=choose_resume(profile) is not None,
        remote_created_at=moment(profile.get("created_at")),
        remote_updated_at=moment(profile.get("updated_at")),
        last_contact_at=contact.last_contact,
        consent_until=contact.consent_until,
        archived_at=moment(profile.get("archived_at")),
    )


def _full_name(info: Mapping[str, Any]) -> str:
    parts = f"{line(info.get('first_name'))} {line(info.get('last_name'))}".strip()
    return line(info.get("full_name")) or parts


def _emails(info: Mapping[str, Any]) -> str:
    """All of them: a person may ask to be erased by any one. None is cut in two."""
    joined = accumulate(addresses(info.get("email")), "{}, {}".format)
    return max((text for text in joined if len(text) <= 254), key=len, default="")


def _headline(profile: Mapping[str, Any]) -> str:
    """The present job, else the latest: `Comptable · Atelier Boréal`."""
    for job in mappings(profile.get("experiences")):
        title, company = line(job.get("title")), line(job.get("company"))
        if title:
            return f"{title} · {company}" if company else title
    return ""
