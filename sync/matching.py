"""Is an applicant found in Flatchr the candidate we pushed? Pure functions, no guesses.

Flatchr's create call returns no identifier, so the only way to an applicant is a search, and a
search by e-mail or last name also finds other people: couples share an e-mail, families a name.
Whoever cannot be told apart is left to a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

PHONE_DIGITS = 9  # What +33 6 95 46 82 31 and 06 95 46 82 31 have in common.


class Likeness(Enum):
    SAME = "same"
    OTHER = "other"
    UNSURE = "unsure"


class Verdict(Enum):
    FOUND = "found"
    ABSENT = "absent"
    LATER = "later"  # Search has not caught up with what is certainly there.
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is, made comparable: e-mail and name folded, phone as its last digits."""

    email: str
    name: str
    phone: str

    @classmethod
    def of(cls, *, name: str, email: str = "", phone: str = "") -> Person:
        digits = re.sub(r"\D", "", phone or "")
        return cls((email or "").strip().casefold(), fold(name), digits[-PHONE_DIGITS:])

    @property
    def identity(self) -> tuple[str, str]:
        return self.email, self.name


@dataclass(frozen=True, slots=True)
class Found:
    """An applicant as a search returned it."""

    id: str
    column: str
    person: Person


@dataclass(frozen=True, slots=True)
class Siblings:
    """Our other pushes to the same vacancy, as far as they could be taken for this one.

    `identities`: who they sent (all of one e-mail, or one name); `attributed`: applicants already
    known to be theirs. Of the very same person, `created`: how many certainly were created, but
    too late to be surely among the known, and have no applicant attributed yet; `unknown`: how many
    lost their answer too.
    """

    identities: frozenset[tuple[str, str]] = frozenset()
    attributed: frozenset[str] = frozenset()
    created: int = 0
    unknown: int = 0


def fold(name: str) -> str:
    """Letters and digits only, without case or accents: `Jean-Éric  DUPÂT` → `jean eric dupat`."""
    plain = unicodedata.normalize("NFKD", name or "").casefold()
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def candidate_person(candidate: Mapping[str, Any]) -> Person:
    """The person a formatted candidate speaks of."""
    name = f"{candidate.get('firstname', '')} {candidate.get('lastname', '')}"
    return Person.of(
        name=name, email=candidate.get("email") or "", phone=candidate.get("phone") or ""
    )


def compare(wanted: Person, other: Person) -> Likeness:
    if wanted.email:
        return _compare_by_email(wanted, other)
    return _compare_by_name(wanted, other)


def _compare_by_email(wanted: Person, other: Person) -> Likeness:
    if wanted.email != other.email:
        return Likeness.OTHER
    return Likeness.SAME if wanted.name == other.name else Likeness.UNSURE


def _compare_by_name(wanted: Person, other: Person) -> Likeness:
    if wanted.name != other.name:
        return Likeness.OTHER
    if wanted.phone and other.phone:
        return Likeness.SAME if wanted.phone == other.phone else Likeness.OTHER
    nothing_differs = not other.email and wanted.phone == other.phone
    return Likeness.SAME if nothing_differs else Likeness.UNSURE


def already_there(wanted: Person, applicants: Iterable[Found]) -> Found | None:
    """The applicant that certainly is this person; a namesake without e-mail or phone is not."""
    for applicant in applicants:
        certain = bool(wanted.email) or bool(wanted.phone and applicant.person.phone)
        if certain and compare(wanted, applicant.person) is Likeness.SAME:
            return applicant
    return None


def lookalikes(wanted: Person, applicants: Iterable[Found]) -> list[str]:
    """Applicants there before a create that a later look-up must not take for the new one."""
    return [a.id for a in applicants if compare(wanted, a.person) is not Likeness.OTHER]


def judge(
    wanted: Person, found: Iterable[Found], *, known: Collection[str], siblings: Siblings
) -> tuple[Verdict, Found | None]:
    """What became of a create whose answer was lost.

    `known`: applicants noted before it was sent. An applicant is returned with FOUND only where
    there is no doubt which one it is.
    """
    free = [a for a in found if a.id not in siblings.attributed]
    fresh = [a for a in free if a.id not in known]
    same = [a for a in fresh if compare(wanted, a.person) is Likeness.SAME]
    seen = sum(a.id in known and compare(wanted, a.person) is Likeness.SAME for a in free)
    unclaimed = len(same) - siblings.created
    if unclaimed > siblings.unknown:
        return Verdict.FOUND, same[0] if len(same) == 1 else None
    # One for some of us, or perhaps a sibling's: nobody can say whose it is.
    if unclaimed > 0 or (same and seen) or any(_is_doubtful(wanted, a, siblings) for a in fresh):
        return Verdict.AMBIGUOUS, None
    return (Verdict.LATER if seen + unclaimed < 0 else Verdict.ABSENT), None


def _is_doubtful(wanted: Person, applicant: Found, siblings: Siblings) -> bool:
    """Perhaps this person, and nobody else that we pushed."""
    if compare(wanted, applicant.person) is not Likeness.UNSURE:
        return False
    return applicant.person.identity not in siblings.identities


# --- which applicant is a push's own ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rival:
    """Another push to the same vacancy whose own applicant is not known yet.

    `known`: applicants noted before it was sent. `may_be_new`: its applicant may have been missing
    from the search made before the push in question (`may_have_missed`).
    """

    person: Person
    known: Collection[str]
    may_be_new: bool


def own_applicant(
    wanted: Person, free: Iterable[Found], *, known: Collection[str], rivals: Iterable[Rival]
) -> Found | None:
    """The one applicant that can only be `wanted`'s push's; None where there is a doubt.

    `free`: applicants that belong to no other push. `known`: those noted before it was sent.
    """
    rivals = [rival for rival in rivals if compare(wanted, rival.person) is not Likeness.OTHER]
    if rivals and not (wanted.email or wanted.phone):
        return None
    same = [a for a in free if compare(wanted, a.person) is Likeness.SAME]
    fresh = {a.id: a for a in same if a.id not in known}
    for rival in rivals:
        # One that knew of fewer applicants was sent earlier; one that may not be new was known.
        if rival.may_be_new and len(rival.known) >= len(known):
            fresh = {id_: a for id_, a in fresh.items() if id_ in rival.known}
    return next(iter(fresh.values())) if len(fresh) == 1 else None


def may_have_missed(
    search_began: datetime | None, created_at: datetime | None, delay: timedelta
) -> bool:
    """Whether a search may have missed an applicant, as Flatchr shows a new one after `delay`.

    None, of either moment: not known, so it may.
    """
    return search_began is None or created_at is None or created_at + delay >= search_began
