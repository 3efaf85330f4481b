"""First and last name of a full name. Pure."""

from __future__ import annotations

import re

from sync.mapping.names import words as known
from sync.mapping.names.words import is_capital
from sync.mapping.text import search_form

# Han, kana and Hangul: the last name comes first, with or without a space.
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff々ー・]+")


def split_name(full: str) -> tuple[str, str]:
    """First and last name of a cleaned full name (`cleaning.cleaned`); one word is a last name.

    The last name is what stands before a comma (`Dupont, Jean`), a block in capitals at either end
    (`Charles de GAULLE`, `DUPONT Jean`), the beginning of an East Asian name, a beginning that is
    no first name (`de Gaulle Charles`), or else what follows the first name of one or two words.
    """
    before, _, after = (part.strip() for part in full.partition(","))
    if before and after:
        is_turned = is_capital(after) and not is_capital(before)
        return (before, after) if is_turned else (after, before)
    words = full.replace(",", " ").split()
    is_east_asian = bool(words) and all(_EAST_ASIAN.fullmatch(word) for word in words)
    if len(words) < 2:
        # Two or three characters: a last name of one. Four: nearly always two and two.
        size = {2: 1, 3: 1, 4: 2}.get(len(full)) if is_east_asian else None
        return (words[0][size:], words[0][:size]) if size else ("", "".join(words))
    ways = (1, True) if is_east_asian else _capital_block(words) or _last_name_first(words)
    cut, last_first = ways or (_first_names(words), False)
    head, tail = " ".join(words[:cut]), " ".join(words[cut:])
    return (tail, head) if last_first else (head, tail)


def _capital_block(words: list[str]) -> tuple[int, bool] | None:
    """By a block of capitals at either end, its particles included; None where there is none.

    Two answers: how many words the first part of the name has, and whether it is the last name.
    """
    capital = [is_capital(word) for word in words]
    block = [is_capital(word) or search_form(word) in known.PARTICLES for word in words]
    block[-1] = capital[-1]  # A particle has something after it: `DUPONT Ben`.
    if all(block) or not any(capital):
        return None
    if capital[-1]:
        return len(words) - block[::-1].index(False), False
    # As far as the last word in capitals before the first that is no part of the block.
    leading = max((n for n in range(block.index(False)) if capital[n]), default=-1) + 1
    # In `JP Martin` two capitals are initials, in `LI Na` a last name.
    is_last_name = any(
        len(word) > 2 or re.search("[aeiouy]", search_form(word)) for word in words[:leading]
    )
    return (leading, True) if is_last_name else None


def _last_name_first(words: list[str]) -> tuple[int, bool] | None:
    """By a beginning that is no first name (`de Gaulle Charles`); None where it may be one."""
    forms = [search_form(word) for word in words]
    lower_tells = words[0].islower() and not all(map(str.islower, words))
    if words[0].startswith("d'"):
        return 1, True
    if forms[0] not in known.PARTICLES:
        return None
    end = 2 if forms[1] in known.ARTICLES and len(words) > 2 else 1
    sure = lower_tells or end > 1 or forms[0] in known.NEVER_FIRST
    if sure or (len(words) > 2 and forms[0] not in known.FIRST_NAMES):
        return end + 1, True
    return None


def _first_names(words: list[str]) -> int:
    """How many words are first names where the first name comes first."""
    forms = [search_form(word) for word in words]
    for n, form in enumerate(forms[1:-1], 1):
        if form in known.AFTER_FIRST_NAMES:
            return n
    devoted = next((n for n, form in enumerate(forms[1:], 1) if form not in known.PARTICLES), 0)
    if 1 < devoted < len(words) - 1 and forms[0] in ("maria", "jose"):
        return devoted + 1 if forms[devoted] in known.DEVOTIONS else 1
    is_compound = len(words) > 2 and forms[1] in known.COMPOUND.get(forms[0], ())
    return 2 if is_compound else 1
