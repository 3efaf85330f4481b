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
from sync.mapping.profile import line, mapping
from sync.mapping.text import has_latin_letter, romanise, search_form

# What parsers and forms write where they know no name. "Na" and "Nan" are names, so they are not
# listed.
_PLACEHOLDERS = frozenset(
    {"n/a", "n.a.", "#n/a", "undefined", "unknown", "inconnu", "inconnue", "null", "none"}
    | {"non renseigne", "not specified", "anonymous", "anonyme"}
)
_TITLES = frozenset(
    {"m.", "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "mme", "mme.", "mlle", "mlle."}
    | {"monsieur", "madame", "mademoiselle"}
)
# Han, kana and Hangul: the last name comes first, with or without a space.
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff々ー・]+")


@dataclass(frozen=True, slots=True)
class PersonName:
    """`original`: the name as written, where it was romanised; else empty. `single`: the profile
    holds one name only (a mononym, or half of a name), which stands as first and as last name."""

    first: str
    last: str
    original: str = ""
    single: bool = False

    @property
    def full(self) -> str:
        return self.first if self.single else f"{self.first} {self.last}"


def read_name(profile: Mapping[str, Any]) -> PersonName:
    """The name to send. Raises FormattingError(`info.full_name`) where the profile has none."""
    info = mapping(profile.get("info"))
    first, last, full = (_known(info.get(k)) for k in ("first_name", "last_name", "full_name"))
    if (first or last or full) and not (first and last):
        # Again `_known`: a part of a full name may be a number or a sign.
        first, last = map(_known, _completed(first, last, full))
    if not (first or last):
        problem = _("there is no name that can be written in Latin letters.")
        raise FormattingError("info.full_name", problem)
    # A single name stands in both places: a search by either finds the person.
    written = (first or last, last or first)
    given, family = map(romanise, written)
    original = full or " ".join(filter(None, (first, last)))
    return PersonName(
        given,
        family,
        original=original if (given, family) != written else "",
        single=not (first and last),
    )


def _known(value: object) -> str:
    """The name without titles and placeholders; empty where it cannot be written in letters."""
    name = line(value).strip(" ,;-_")
    if search_form(name) in _PLACEHOLDERS:
        return ""
    words = [word for word in name.split() if search_form(word) not in _PLACEHOLDERS]
    if len(words) > 1 and words[0].lower() in _TITLES:
        words = words[1:]
    kept = " ".join(words)
    return kept if has_latin_letter(romanise(kept)) else ""


def _completed(first: str, last: str, full: str) -> tuple[str, str]:
    """First and last name where at least one is missing; one stays empty for a mononym."""
    if not full or not (first or last):
        return split_name(full or first or last)
    rest = _without(full, first or last)
    if rest is None:
        rest = split_name(full)[1 if first else 0] or full
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


def split_name(full: str) -> tuple[str, str]:
    """First and last name of a full name of one word or more; one word is a last name.

    The last name is what stands before a comma (`Dupont, Jean`), a block in capitals at either end
    (`Anne DE LA TOUR`, `DUPONT Jean`), the beginning of an East Asian name, or else all but the
    first word.
    """
    before, comma, after = (part.strip() for part in full.partition(","))
    if comma and before and after:
        return after.replace(",", " ").strip(), before
    words = full.replace(",", " ").split()
    is_east_asian = all(_EAST_ASIAN.fullmatch(word) for word in words)
    if len(words) == 1:
        # Two or three characters: a last name of one. Four: nearly always two and two.
        size = {2: 1, 3: 1, 4: 2}.get(len(words[0])) if is_east_asian else None
        return (words[0][size:], words[0][:size]) if size else ("", words[0])
    cut, last_first = (1, True) if is_east_asian else _capital_block(words)
    head, tail = " ".join(words[:cut]), " ".join(words[cut:])
    return (tail, head) if last_first else (head, tail)


def _capital_block(words: list[str]) -> tuple[int, bool]:
    """How many words the first part of the name has, and whether that part is the last name."""
    capital = [word.isupper() and sum(map(str.isalpha, word)) > 1 for word in words]
    if all(capital) or not any(capital):
        return 1, False
    if capital[-1]:
        return len(words) - capital[::-1].index(False), False
    leading = capital.index(False)
    # `JP Martin`: two capitals are initials, not a last name.
    long_enough = any(len(word) > 2 for word in words[:leading])
    return (leading, True) if leading and long_enough else (1, False)
