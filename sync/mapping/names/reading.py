"""A person's first and last name, from the parts of it that a profile holds. Pure.

Flatchr requires both, each with at least one Latin letter; what it does with a name that has none
is not documented, so such a name is romanised and the original goes into the comment.
https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop as _

from sync.exceptions import FormattingError
from sync.mapping.names.cleaning import cleaned, is_no_name
from sync.mapping.names.splitting import split_name
from sync.mapping.names.words import PLACEHOLDERS, TITLES
from sync.mapping.profile import line, mapping
from sync.mapping.text import has_latin_letter, romanise, search_form

# Characters that are read: no name is longer, and what is not read costs nothing.
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class PersonName:
    """`original`: the name as written, where it was romanised or something of it is left out; else
    empty. `single`: the profile holds one name only (a mononym, or half of a name), which stands
    as first and as last name."""

    first: str
    last: str
    original: str = ""
    single: bool = False

    @property
    def full(self) -> str:
        return self.first if self.single else f"{self.first} {self.last}"


def read_name(profile: Mapping[str, Any]) -> PersonName:
    """The name to send: as HrFlow gives first and last name apart, else as the full name tells.

    Raises FormattingError(`info.full_name`) where the profile has none.
    """
    info = mapping(profile.get("info"))
    first, last, full = _parts(info)
    is_apart = bool(first and last)
    if not is_apart:
        # Again `_known`: a part of a full name may be a number or a sign.
        first, last = map(_known, _completed(first, last, full))
    if not (first or last):
        problem = _("there is no name that can be written in Latin letters.")
        raise FormattingError("info.full_name", problem)
    # A single name stands in both places: a search by either finds the person.
    written = (first or last, last or first)
    given, family = map(romanise, written)
    original = _text(info.get("full_name")) or " ".join(filter(None, (first, last)))
    is_changed = (given, family) != written or (
        not is_apart and _leaves_out(original, f"{first} {last}")
    )
    return PersonName(
        given,
        family,
        original=original if is_changed else "",
        single=not (first and last),
    )


def _parts(info: Mapping[str, Any]) -> tuple[str, str, str]:
    """First, last and full name; an e-mail or a file in a part's place may be all that tells it."""
    first, last, full = (_known(info.get(k)) for k in ("first_name", "last_name", "full_name"))
    strays = [part for part in (first, last) if is_no_name(part)]
    first, last = ("" if part in strays else part for part in (first, last))
    return first, last, full or next(iter(strays), "")


def _text(value: object) -> str:
    return line(value)[:_LONGEST].strip(" ,;-_")


def _known(value: object) -> str:
    """The text; empty where a placeholder stands there, or what cannot be written in letters."""
    text = _text(value)
    is_name = search_form(text) not in PLACEHOLDERS and has_latin_letter(romanise(text))
    return text if is_name else ""


def _leaves_out(written: str, sent: str) -> bool:
    """Whether a word of the name is not sent, other than a title."""
    words, kept = (set(re.findall(r"[^\W_]+", search_form(text))) for text in (written, sent))
    return bool(words - kept - TITLES)


def _completed(first: str, last: str, full: str) -> tuple[str, str]:
    """First and last name where at least one is missing; one stays empty for a mononym."""
    name = cleaned(full or first or last)
    if not full or not (first or last):
        return split_name(name)
    if not name:
        return first, last
    rest = _without(name, first or last)
    if rest == "":
        return split_name(name)
    if rest is None:
        rest = split_name(name)[1 if first else 0] or name
    return (first, rest) if first else (rest, last)


def _without(full: str, part: str) -> str | None:
    """The rest of a full name that begins or ends with a known part; None where it does not."""
    words, known = full.replace(",", " ").split(), search_form(part).split()
    compared = [search_form(word) for word in words]
    if compared[: len(known)] == known:
        return " ".join(words[len(known) :])
    if compared[-len(known) :] == known:
        return " ".join(words[: -len(known)])
    return None
