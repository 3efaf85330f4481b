"""What stands in the field of a name and is no name is taken away. Pure.

A person's name as CVs, forms and parsers write it: with titles, degrees, nicknames, occupations;
or an e-mail address or a file in its place.
"""

from __future__ import annotations

import re

from sync.mapping.names import words as known
from sync.mapping.names.words import bare, is_capital
from sync.mapping.text import search_form

_FILE = re.compile(r"(.+?)\.(?:pdf|docx?|odt|rtf|txt|pages|pptx?|jpe?g|png)", re.I)
_LOGIN = re.compile(r"[^\W\d_]+(?:[._][^\W\d_]+)+[._]?")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?<!Mc)(?<!Mac)(?=[A-ZÀ-Ý])")
_HEADINGS = frozenset({"cv", "curriculum", "vitae"})
_TITLE_PAGES = frozenset({"cv", "curriculumvitae", "resume"})
_EMAIL = re.compile(r"(?:mailto:)?([^\s@<>()]+)@[^\s@<>()]+", re.I)
_ASIDE = re.compile(r"\([^)]*\)?|\[[^\]]*\]?|<[^>]*>?|\"[^\"]*\"|(?<!\w)'[^']+'(?!\w)")
_LABEL = re.compile(
    r"\b(?:nom\sde\sfamille|(?:(?:first|last|full)\s)?name|pr[ée]nom|nom)s?\s?:\s?", re.I
)
_MEDICAL = re.compile(r"(?<=\bDr[. ]) ?med\. ", re.I)
_SEPARATOR = re.compile(r"\s+[-/]\s+|\s*[|]\s*")


def is_no_name(value: str) -> bool:
    """Whether an e-mail address or a file stands in the place of a name."""
    return bool(_EMAIL.fullmatch(value) or _FILE.fullmatch(value))


def cleaned(full: str) -> str:
    """The name alone, on one line; a comma stays only between last and first name (`Dupont, Jean`).

    Empty where there is no name.
    """
    text = _from_label(full)
    outside = _ASIDE.sub(" ", text)
    if len(_letters(outside)) < 2:
        outside = re.sub(r"[()\[\]<>\"]", " ", text)
    parts = _parts(_before_remark(outside))
    words = [word for word in " ".join(parts[:1]).split() if bare(word) not in known.PARTICLES]
    if any(map(is_capital, words)) and not all(map(is_capital, words)):
        # Both names stand before the comma (`Jean DUPONT, Paris`): the rest is something else.
        parts = parts[:1]
    return ", ".join(parts[:2])


def _from_label(text: str) -> str:
    """The words of an e-mail address or a file's name, where one stands in place of the name.

    Empty for an office's address (`contact.paris@…`).
    """
    if email := _EMAIL.fullmatch(text.strip("<>")):
        words = re.findall(r"[^\W\d_]+", email[1].partition("+")[0])
        kept = [word for word in words if bare(word) not in known.OFFICES]
        is_office = len(kept) < min(len(words), 2)
        return "" if is_office else _capitalised(" ".join(kept))
    if file := _FILE.fullmatch(text):
        return _from_file(file[1])
    if _LOGIN.fullmatch(text):
        return _capitalised(re.sub(r"[._]+", " ", text))
    for pattern in (_EMAIL, _LABEL, _MEDICAL):
        text = pattern.sub(" ", text)
    return text.replace("_", " ").replace(";", ",")


def _from_file(stem: str) -> str:
    """`CV_Jean_Dupont_2024` as `Jean Dupont`; a hyphen parts words where nothing else does."""
    outside = re.sub(r"\([^)]*\)", " ", stem).strip()
    signs = r"[._]|\w*\d\w*" if re.search(r"[_ ]", outside) else r"[._-]|\w*\d\w*"
    words = _CAMEL.sub(" ", re.sub(signs, " ", outside.replace("_", " ")))
    kept = [word for word in _letters(words) if bare(word) not in known.DOCUMENTS]
    while kept and _is_trade(kept[0]):
        kept = kept[1:]
    end = next((n for n, word in enumerate(kept) if _is_trade(word)), None)
    return _capitalised(" ".join(kept[:end]))


def _capitalised(name: str) -> str:
    """`jean dupont` as `Jean Dupont`; capitals that are there stay."""
    return name.title() if name.islower() else name


def _before_remark(text: str) -> str:
    """Up to ` - Chef de projet`, `| Paris`, `née Martin` or an occupation.

    What follows a dash may be part of the name: `Jean - Pierre Dupont`, `DUPONT - MARTIN`.
    """
    first, *others = [part for part in _SEPARATOR.split(text) if _letters(part)] or [""]
    if search_form(first).replace(" ", "") in _TITLE_PAGES and others:
        first, *others = others
    for part in others:
        before, after = _letters(first), _letters(part)
        is_last_name = len(after) == 1 and is_capital(before[-1]) and is_capital(after[0])
        if _is_trade(part) or (len(before) > 1 and not is_last_name):
            break
        first = f"{first} {part}"
    words = first.split()
    ends = (
        n
        for n, word in enumerate(words)
        if (n and word.lower() in known.ALIASES) or (n > 1 and _is_trade(word))
    )
    return " ".join(words[: next(ends, None)])


def _parts(text: str) -> list[str]:
    """The parts between commas that are names, each without titles, degrees and numbers."""
    parts: list[str] = []
    for n, written in enumerate(text.split(",")):
        before = len(parts[0].split()) if parts else 0
        if n and (re.search(r"\d", written) or _is_trade(written)):
            continue
        after_comma = known.SHORT_DEGREES | known.TITLES if before > 1 else frozenset()
        part = _without_degrees(_letters(written), after_comma if n else frozenset(), first=not n)
        part = _without_titles(part)
        if part:
            parts.append(" ".join(part))
    return parts


def _letters(text: str) -> list[str]:
    """The words that hold a letter, without placeholders, and without digits if two have none."""
    found = [word.strip("-_;:/") for word in text.split() if any(map(str.isalpha, word))]
    words = [word for word in found if search_form(word) not in known.PLACEHOLDERS]
    without_digits = [word for word in words if not re.search(r"\d", word)]
    return without_digits if len(without_digits) > 1 else words


def _without_titles(words: list[str]) -> list[str]:
    """Without titles at the beginning, and without the document's: `CV Jean Dupont`."""
    while words and bare(words[0]) in known.TITLES | _HEADINGS:
        if len(words) == 2 and words[0].lower() in known.SHORT_TITLES:
            break
        words = words[1:]
    return words


def _without_degrees(words: list[str], also: frozenset[str], *, first: bool) -> list[str]:
    """Without degrees and suffixes at the end; at the beginning of the field, a name is left."""
    ends = known.DEGREES | known.SUFFIXES | also
    least = 2 if first else 0
    while len(words) > least and bare(words[-1]) in ends:
        words = words[:-1]
    if first and len(words) > 2 and words[-1] == "MD":
        words = words[:-1]
    return words


def _is_trade(text: str) -> bool:
    """Whether an occupation begins here: `Développeur Python`."""
    words = search_form(text).replace("(", " ").split()
    if len(words) == 1 and words[0] in ("junior", "senior"):
        return False  # A first name, or a suffix.
    return bool(words) and any(
        words[0] == trade or (len(trade) > 5 and words[0].startswith(trade))
        for trade in known.OCCUPATIONS
    )
