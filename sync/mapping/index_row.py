"""The columns of the local index, `sync.models.Profile`, read from a HrFlow profile. Pure.

As little personal data as it takes to find and choose profiles; a push reads the profile again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import accumulate, takewhile
from typing import Any, TypedDict

from sync.mapping.attachments import choose_resume
from sync.mapping.consent import read_contact
from sync.mapping.contact import addresses
from sync.mapping.enrichment import years_of_experience
from sync.mapping.profile import archived_at, line, mapping, mappings, moment


class IndexRow(TypedDict):
    """The fields of `sync.models.Profile` that come from HrFlow, by name."""

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


def read_index_row(profile: Mapping[str, Any]) -> IndexRow:
    """Never raises, whatever the profile holds; text is cut to the length of its column."""
    info, contact = mapping(profile.get("info")), read_contact(profile)
    both_names = f"{line(info.get('first_name'))} {line(info.get('last_name'))}".strip()
    # Every address, since a person may ask to be erased by any of them; none is cut in two.
    joined = accumulate(addresses(info.get("email")), "{}, {}".format)
    return IndexRow(
        reference=line(profile.get("reference"))[:255],
        full_name=(line(info.get("full_name")) or both_names)[:255],
        email=max(takewhile(lambda text: len(text) <= 254, joined), key=len, default=""),
        headline=_headline(profile)[:255],
        location=line(mapping(info.get("location")).get("text"))[:255],
        experience_years=years_of_experience(profile),
        has_resume=choose_resume(profile) is not None,
        remote_created_at=moment(profile.get("created_at")),
        remote_updated_at=moment(profile.get("updated_at")),
        last_contact_at=contact.last_contact,
        consent_until=contact.consent_until,
        archived_at=archived_at(profile),
    )


def _headline(profile: Mapping[str, Any]) -> str:
    """The first experience that has a title: `Comptable · Atelier Boréal`."""
    for job in mappings(profile.get("experiences")):
        title, company = line(job.get("title")), line(job.get("company"))
        if title:
            return f"{title} · {company}" if company else title
    return ""
