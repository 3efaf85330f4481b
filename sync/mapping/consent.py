"""Until when a person may be written to: consent and last contact, as a HrFlow profile tells. Pure.

HrFlow has no field for either, so they are read from a tag or a metadata of the profile (both are
`{"name": ..., "value": ...}`): `consent_until` and `last_contact`, each a date (`2026-11-30`).
Without a `last_contact` it is the day HrFlow received or last changed the profile.
The two years are the CNIL's: https://www.cnil.fr/fr/le-guide-du-recrutement
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sync.exceptions import PermanentError
from sync.mapping.profile import line, mappings, moment
from sync.vocabulary import ErrorCode

CONSENT_UNTIL = "consent_until"
LAST_CONTACT = "last_contact"


@dataclass(frozen=True, slots=True)
class Contact:
    """`last_contact`: when; `consent_until`: the last day of a consent. None: not known."""

    last_contact: datetime | None
    consent_until: date | None


def read_contact(profile: Mapping[str, Any]) -> Contact:
    """Never raises; a date that cannot be read counts as not there."""
    said = moment(_said(profile, LAST_CONTACT))
    known = [moment(profile.get("created_at")), moment(profile.get("updated_at"))]
    consent = moment(_said(profile, CONSENT_UNTIL))
    latest = max((at for at in known if at), default=None)
    return Contact(said or latest, consent.date() if consent else None)


def _said(profile: Mapping[str, Any], name: str) -> object:
    return next((value for found, value in _notes(profile) if found == name), None)


def _notes(profile: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for field in ("tags", "metadatas"):
        for note in mappings(profile.get(field)):
            yield line(note.get("name")).lower(), note.get("value")


def check_contact(contact: Contact, *, within_days: int | None, today: date) -> None:
    """Raises PermanentError where the rule of the company (None: no rule) forbids a push.

    A consent, while it lasts, counts more than the last contact, and when it has ended as well.
    """
    if within_days is None:
        return
    if contact.consent_until is not None:
        if contact.consent_until < today:
            raise PermanentError(ErrorCode.CONSENT_ENDED, date=contact.consent_until.isoformat())
        return
    last = contact.last_contact
    if last is None or last.date() < today - timedelta(days=within_days):
        told = last.date().isoformat() if last else "—"
        raise PermanentError(ErrorCode.CONTACT_TOO_OLD, days=within_days, date=told)


def is_over(contact: Contact, *, retention_days: int, now: datetime) -> bool:
    """Whether the time for which such a profile may be kept has ended; never while unknown."""
    if contact.consent_until is not None and contact.consent_until >= now.date():
        return False
    last = contact.last_contact
    return last is not None and last < now - timedelta(days=retention_days)
