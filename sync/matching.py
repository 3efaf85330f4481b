"""Is an applicant found in Flatchr the candidate that we pushed? Pure; imports nothing of ours.

Flatchr's create call returns no identifier, so an applicant is found by searching
(https://developers.flatchr.io, search applicants), and a search by e-mail or last name also finds
other people: couples share an e-mail, families a name. A doubt is left to a person to decide.

`comparable_email`, `comparable_name` and `comparable_phone` are the only forms in which two people
are compared, here and in every query.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

# A number typed as a float, and what stands between two numbers or before an extension.
_FLOAT, _BETWEEN_PHONES = re.compile(r"(?<=[0-9]{8})[.,]0+$"), re.compile(r"[^0-9 ().+_-]+")
PHONE_DIGITS = 9  # What +33 6 95 46 82 31 and 06 95 46 82 31 have in common.


def comparable_email(email: str) -> str:
    """Lower case, as `Push.candidate_email` keeps it and queries look for it.

    Not `casefold`: it writes `straße.example` as `strasse.example`, which is another domain.
    """
    return email.strip().lower()


def comparable_name(name: str) -> str:
    """Letters and digits without case or accents: `Jean-Éric  DUPÂT` becomes `jean eric dupat`.

    Other scripts are kept, so that two names never become one by their transliteration.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def comparable_phone(phone: str) -> str:
    """The last digits, the same with and without a country code; empty without any digit.

    Digits of any script, without an extension. Of several numbers the first that begins as a French
    mobile does, else the first: as `mapping.phones` chooses the one that is sent.
    """
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in phone).strip()
    parts = [re.sub(r"\D", "", part) for part in _BETWEEN_PHONES.split(_FLOAT.sub("", text))]
    numbers = [part[-PHONE_DIGITS:] for part in parts if len(part) >= PHONE_DIGITS]
    mobiles = [number for number in numbers if number[0] in "67"]
    return next(iter(mobiles or numbers), "".join(parts)[-PHONE_DIGITS:])


@dataclass(frozen=True, slots=True)
class Person:
    """A person in comparable form; an unknown part is empty.

    The parts may also be digests of that form (see `services.reconciling.applicants`): they are
    only compared with one another.
    """

    email: str
    name: str
    phone: str

    @classmethod
    def of(cls, *, name: str, email: str = "", phone: str = "") -> Person:
        """From the parts as Flatchr, a candidate or a push's row holds them."""
        return cls(comparable_email(email), comparable_name(name), comparable_phone(phone))

    @property
    def identity(self) -> tuple[str, str]:
        """What tells two people apart where both have an e-mail."""
        return self.email, self.name


class Likeness(Enum):
    """Whether two people are the same: the answer of `compare`."""

    SAME = "same"
    OTHER = "other"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Found:
    """An applicant as a search returned it: its id, the title of its column, and who it is."""

    id: str
    column: str
    person: Person


class LookUpVerdict(Enum):
    """What became of a create whose answer was lost: the answer of `judge`."""

    FOUND = "found"
    ABSENT = "absent"
    LATER = "later"  # The search does not show yet what is certainly there.
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Siblings:
    """Our other pushes to the same vacancy, as far as one could be taken for this push.

    `identities`: of everyone whom they sent under this e-mail, or else this name. `attributed`:
    ids of the applicants that are known to be theirs. Of the pushes of the very same person, none
    of which has an applicant attributed: `created`, how many certainly were created, so late that
    the search before this push need not have shown them; `unknown`, how many lost their answer too.
    """

    identities: frozenset[tuple[str, str]] = frozenset()
    attributed: frozenset[str] = frozenset()
    created: int = 0
    unknown: int = 0


def candidate_person(candidate: Mapping[str, Any]) -> Person:
    """The person of a candidate: a create body with `firstname`, `lastname`, `email`, `phone`.

    A format may give the phone as a number, as Flatchr documents it.
    """
    return Person.of(
        name=f"{candidate.get('firstname', '')} {candidate.get('lastname', '')}",
        email=str(candidate.get("email") or ""),
        phone=str(candidate.get("phone") or ""),
    )


def compare(wanted: Person, other: Person) -> Likeness:
    """By e-mail and name; by name and phone where the wanted person has no e-mail."""
    if wanted.email:
        if wanted.email != other.email:
            return Likeness.OTHER
        return Likeness.SAME if wanted.name == other.name else Likeness.UNSURE
    if wanted.name != other.name:
        return Likeness.OTHER
    if wanted.phone and other.phone:
        return Likeness.SAME if wanted.phone == other.phone else Likeness.OTHER
    nothing_differs = not other.email and wanted.phone == other.phone
    return Likeness.SAME if nothing_differs else Likeness.UNSURE


def already_there(wanted: Person, applicants: Iterable[Found]) -> Found | None:
    """The applicant that certainly is this person; the same name alone is not certain."""
    for applicant in applicants:
        certain = bool(wanted.email) or bool(wanted.phone and applicant.person.phone)
        if certain and compare(wanted, applicant.person) is Likeness.SAME:
            return applicant
    return None


def lookalikes(wanted: Person, applicants: Iterable[Found]) -> list[str]:
    """Ids of applicants, there before a create, that a look-up must not take for the new one."""
    return [a.id for a in applicants if compare(wanted, a.person) is not Likeness.OTHER]


def judge(
    wanted: Person, found: Iterable[Found], *, known: Collection[str], siblings: Siblings
) -> tuple[LookUpVerdict, Found | None]:
    """What became of a create whose answer was lost.

    `known`: ids of applicants noted before it was sent. FOUND comes with the applicant only where
    one applicant alone can be the new one.
    """
    free = [a for a in found if a.id not in siblings.attributed]
    fresh = [a for a in free if a.id not in known]
    same = [a for a in fresh if compare(wanted, a.person) is Likeness.SAME]
    seen = sum(a.id in known and compare(wanted, a.person) is Likeness.SAME for a in free)
    # Negative: the search does not show yet what a sibling certainly created.
    unclaimed = len(same) - siblings.created
    if unclaimed > siblings.unknown:
        return LookUpVerdict.FOUND, same[0] if len(same) == 1 else None
    # Perhaps this person, and nobody else that we pushed.
    is_doubtful = any(
        compare(wanted, a.person) is Likeness.UNSURE
        and a.person.identity not in siblings.identities
        for a in fresh
    )
    # One applicant for several pushes, or one that may be a sibling's: nobody can tell whose.
    if unclaimed > 0 or (same and seen) or is_doubtful:
        return LookUpVerdict.AMBIGUOUS, None
    return (LookUpVerdict.LATER if seen + unclaimed < 0 else LookUpVerdict.ABSENT), None


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
