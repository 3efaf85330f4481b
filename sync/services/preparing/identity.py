"""Whom a person saw when they confirmed a push, and whom HrFlow holds when it is sent. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from sync.exceptions import PermanentError
from sync.mapping.contact import addresses
from sync.mapping.index_row import read_index_row
from sync.matching import comparable_name
from sync.vocabulary import ErrorCode

CHANGED = gettext_noop("The profile has changed since it was confirmed: %(problem)s.")
NAME, EMAIL = gettext_noop("another name"), gettext_noop("another e-mail")


@dataclass(frozen=True, slots=True)
class Shown:
    """A profile's name and addresses, as its row of the index shows them; empty where unknown."""

    name: str
    emails: tuple[str, ...]

    @classmethod
    def of_profile(cls, profile: Mapping[str, Any]) -> Shown:
        row = read_index_row(profile)
        return cls(row["full_name"], tuple(addresses(row["email"])))


def changes(shown: Shown, now: Shown) -> list[str]:
    """What has changed of a person: NAME, EMAIL, or both, in which case it is another person.

    A name in other spelling is the same (`sync.matching`). A name that changed is another person's
    too where no e-mail, neither then nor now, says that it is the same.
    """
    found = []
    if shown.name and comparable_name(shown.name) != comparable_name(now.name):
        found.append(NAME)
    is_same = bool(set(shown.emails) & set(now.emails))
    if (shown.emails or now.emails or found) and not is_same:
        found.append(EMAIL)
    return found


def check_is_who_was_shown(shown: Shown, profile: Mapping[str, Any]) -> str:
    """The note for the push's page, where the name or the e-mail has changed; empty where nothing
    has. Names nobody. Raises PermanentError(IDENTITY_CHANGED) where it is another person.
    """
    found = changes(shown, Shown.of_profile(profile))
    if NAME in found and EMAIL in found:
        raise PermanentError(ErrorCode.IDENTITY_CHANGED)
    return json.dumps([CHANGED, {"problem": found[0]}]) if found else ""
