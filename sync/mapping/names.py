"""A person's first and last name, from whatever parts of it a profile holds. Pure.

Flatchr wants both, each with at least one plain Latin letter; what it does with a name that has
none is unknown, so such a name is romanised and its original kept for the comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop as _

from sync.exceptions import FormattingError
from sync.mapping.profile import line, mapping
from sync.mapping.text import fold, has_latin_letter, romanise

# Words that parsers and forms write where they know nothing; never anyone's name here. "Na" and
# "Nan" are names, so they are not among them.
_PLACEHOLDERS = frozenset(
    {"n/a", "n.a.", "#n/a", "undefined", "unknown", "inconnu", "inconnue", "null", "none"}
    | {"non renseigne", "not specified", "anonymous", "anonyme"}
)
_TITLES = frozenset(
    {"m.", "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "mme", "mme.", "mlle", "mlle."}
    | {"monsieur", "madame", "mademoiselle"}
)
# Han, kana and Hangul: the family name comes first, with or without a space.
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff々ー・]+")


@dataclass(frozen=True, slots=True)
class PersonName:
    """`original` is the name as written where it was romanised, else empty. `single`: the profile
    knows one name only (a mononym, or half a name), which then stands in both places."""

    first: str
    last: str
    original: str = ""
    single: bool = False

    @property
    def full(self) -> str:
        return self.first if self.single else f"{self.first} {self.last}"


def read_name(profile: Mapping[str, Any]) -> PersonName:
    """The name to send. Raises FormattingError, naming `info.full_name`, where there is none."""
    info = mapping(profile.get("info"))
    first, last, full = (_known(info.get(k)) for k in ("first_name", "last_name", "full_name"))
    if (first or last or full) and not (first and last):
        # What a full name was split into may be a number or a sign.
        first, last = map(_known, _completed(first, last, full))
    if not (first or last):
        problem = _("there is no name that can be written in Latin letters.")
        raise FormattingError("info.full_name", problem)
    return _romanised(first, last, full)


def _romanised(first: str, last: str, full: str) -> PersonName:
    # One name in both places: nothing is invented, and a search by either name finds the person.
    given, family = _latin(first or last), _latin(last or first)
    written = full or " ".join(filter(None, (first, last)))
    changed = (given, family) != (first or last, last or first)
    return PersonName(given, family, written if changed else "", single=not (first and last))


def _latin(name: str) -> str:
    return name if has_latin_letter(name) else romanise(name)


def _known(value: object) -> str:
    """The name without titles and placeholders; empty where no letter is left."""
    name = line(value).strip(" ,;-_")
    if fold(name) in _PLACEHOLDERS:
        return ""
    words = [word for word in name.split() if fold(word) not in _PLACEHOLDERS]
    if len(words) > 1 and words[0].lower() in _TITLES:
        words = words[1:]
    kept = " ".join(words)
    return kept if has_latin_letter(_latin(kept)) else ""


def _completed(first: str, last: str, full: str) -> tuple[str, str]:
    """Both names where one or both are missing; one stays empty where only one is known."""
    if not full or not (first or last):
        return split_name(full or first or last)
    rest = _without(full, first or last)
    if rest is None:
        rest = split_name(full)[1 if first else 0] or full
    return (first, rest) if first else (rest, last)


def _without(full: str, part: str) -> str | None:
    """What is left of the full name beside a known part; None where the part is not in it."""
    words, known = full.replace(",", " ").split(), fold(part).split()
    folded = [fold(word) for word in words]
    if folded[: len(known)] == known:
        return " ".join(words[len(known) :])
    if folded[-len(known) :] == known:
        return " ".join(words[: -len(known)])
    return None


def split_name(full: str) -> tuple[str, str]:
    """First and last name of a full name; the first is empty where there is but one.

    A block in capitals at either end is the last name (`Anne DE LA TOUR`, `DUPONT Jean`), so is
    what stands before a comma; East Asian names begin with it; else it is all but the first word.
    """
    before, comma, after = (part.strip() for part in full.partition(","))
    if comma and before and after:
        return after.replace(",", " ").strip(), before
    words = full.replace(",", " ").split()
    if all(_EAST_ASIAN.fullmatch(word) for word in words):
        return _split_east_asian(words)
    if len(words) == 1:
        return "", words[0]
    cut, last_first = _capital_block(words)
    head, tail = " ".join(words[:cut]), " ".join(words[cut:])
    return (tail, head) if last_first else (head, tail)


def _split_east_asian(words: list[str]) -> tuple[str, str]:
    if len(words) > 1:
        return " ".join(words[1:]), words[0]
    # Two or three characters: a family name of one. Four: nearly always two and two.
    size = {2: 1, 3: 1, 4: 2}.get(len(words[0]), len(words[0]))
    return words[0][size:], words[0][:size]


def _capital_block(words: list[str]) -> tuple[int, bool]:
    """Where to cut, and whether the last name comes first."""
    capital = [word.isupper() and sum(map(str.isalpha, word)) > 1 for word in words]
    if all(capital) or not any(capital):
        return 1, False
    if capital[-1]:
        return len(words) - capital[::-1].index(False), False
    leading = capital.index(False)
    # `JP Martin` begins with initials, not with a last name.
    long_enough = any(len(word) > 2 for word in words[:leading])
    return (leading, True) if leading and long_enough else (1, False)
