"""Until when a person may be contacted: consent and last contact, from a HrFlow profile. Pure.

HrFlow has no field for either. They are read from a tag or a metadata of the profile (both are
`{"name": …, "value": …}`): `consent_until` and `last_contact`, each a date (`2026-11-30`).
The usual limit, two years after the last contact: https://www.cnil.fr/fr/le-guide-du-recrutement
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from sync.exceptions import PermanentError
from sync.mapping.profile import line, mappings, moment
from sync.vocabulary import ErrorCode

CONSENT_UNTIL = "consent_until"
LAST_CONTACT = "last_contact"


@dataclass(frozen=True, slots=True)
class Contact:
    """`consent_until`: the last day on which the consent holds. None: not known."""

    last_contact: datetime | None
    consent_until: date | None


def read_contact(profile: Mapping[str, Any]) -> Contact:
    """The contact that a profile tells of. Never raises: an unreadable date counts as missing.

    Without a `last_contact` it is the day on which HrFlow received or last changed the profile.
    """
    noted: dict[str, object] = {}
    for field in ("tags", "metadatas"):
        for note in mappings(profile.get(field)):
            noted.setdefault(line(note.get("name")).lower(), note.get("value"))
    changes = [moment(profile.get("created_at")), moment(profile.get("updated_at"))]
    last_change = max((at for at in changes if at), default=None)
    consent = moment(noted.get(CONSENT_UNTIL))
    return Contact(
        last_contact=moment(noted.get(LAST_CONTACT)) or last_change,
        consent_until=_named_day(consent) if consent else None,
    )


def _named_day(noted: datetime) -> date:
    """The day that was noted: with a time of day, the day of that moment in the installation's
    zone; midnight is a day without one, whatever zone it was written in."""
    return noted.date() if noted.time() == time.min else local_day(noted)


def local_day(at: datetime) -> date:
    """The day of a moment in the installation's zone (`TIME_ZONE`)."""
    try:
        return timezone.localdate(at)
    except (OverflowError, ValueError):
        # Within a day of the first or the last moment that can be written.
        return at.date()


def check_contact(contact: Contact, *, within_days: int | None, today: date) -> None:
    """Check the company's rule: the last contact is at most `within_days` ago (None: no rule).

    Days are those of the installation's zone, as in `services.pushing.blocking`, which asks the
    same of the index. Where a consent is known, its last day decides alone. Raises
    PermanentError: CONSENT_ENDED, CONTACT_TOO_OLD (also where no contact is known).
    """
    if within_days is None:
        return
    if contact.consent_until is not None:
        if contact.consent_until < today:
            raise PermanentError(ErrorCode.CONSENT_ENDED, date=contact.consent_until.isoformat())
        return
    last = contact.last_contact
    if last is None or (today - local_day(last)).days > within_days:
        told = local_day(last).isoformat() if last else "—"
        raise PermanentError(ErrorCode.CONTACT_TOO_OLD, days=within_days, date=told)


def is_over(contact: Contact, *, retention_days: int, now: datetime) -> bool:
    """Whether the profile may no longer be kept: no consent holds, and the last contact is more
    than `retention_days` ago. False where no contact is known."""
    if contact.consent_until is not None and contact.consent_until >= local_day(now):
        return False
    last = contact.last_contact
    return last is not None and now - last > timedelta(days=retention_days)
