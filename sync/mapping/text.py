"""Plain text for Flatchr: typographic characters made plain, names romanised. Pure.

Flatchr makes the caller responsible for "exotic" characters (typographic quotes, bullets pasted
from Word), see https://developers.flatchr.io. Letters of every script are kept; what surrounds
them becomes plain.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Not ASCII, yet ordinary on a French keyboard, and without a plain form that says the same.
KEPT_SYMBOLS = frozenset("€£°§µ")

# \uf0b7 and its neighbours are Word's bullets (Symbol and Wingdings, in the private-use area).
_BULLETS = "•‣◦⁃∙·▪▫●○■□◆◇►▶➢➤❖✓✔\uf0b7\uf0a7\uf0d8\uf076\uf0fc\uf02d\uf0e8"
_REPLACED = dict.fromkeys(_BULLETS, "-") | {
    **dict.fromkeys("«»“”„‟″", '"'),
    **dict.fromkeys("‘’‚‛′ʼʹ´", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"),
    "…": "...",
    "\t": " ",
}
_LATIN = re.compile(r"[A-Za-z]")
_ORDINARY = re.compile(r"[\n -~]*")


def plain(value: str) -> str:
    """The text with plain punctuation, tidy spaces, and at most one empty line in a row."""
    tidy = value if _ORDINARY.fullmatch(value) else _plain_characters(value)
    lines = "\n".join(re.sub(" +", " ", line).strip() for line in tidy.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def plain_line(value: str) -> str:
    """As `plain`, on a single line."""
    return " ".join(plain(value).split())


def has_latin_letter(value: str) -> bool:
    """What Flatchr's pattern for names asks: `/[a-zA-Z]/`."""
    return _LATIN.search(value) is not None


def romanise(value: str) -> str:
    """The name in plain Latin letters; empty where nothing can be made of it."""
    letters = re.sub(r"[^A-Za-z' -]+", "", anyascii(value))
    words = [word.strip("'-") for word in letters.split()]
    return " ".join(word[0].upper() + word[1:] for word in words if word)


def fold(value: str) -> str:
    """A form for comparing: without accents, case or doubled spaces (`Élève` and `ELEVE`)."""
    return " ".join(anyascii(plain(value)).casefold().split())


def _plain_characters(value: str) -> str:
    spaced = re.sub(r"«\s{0,3}|\s{0,3}»", '"', value.replace("\r\n", "\n"))
    composed = unicodedata.normalize("NFC", spaced)
    return unicodedata.normalize("NFC", "".join(map(_plain_character, composed)))


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    if character in KEPT_SYMBOLS or _ORDINARY.fullmatch(character):
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return _plain_letter(character) if category[0] in "LMN" else _plain_symbol(character)


def _plain_letter(character: str) -> str:
    """Compatibility forms folded: ligatures, full width, the "bold" of social networks."""
    if unicodedata.category(character) == "Me" or "VARIATION SELECTOR" in _name(character):
        return ""
    folded = unicodedata.normalize("NFKC", character)
    return "".join(
        part if unicodedata.category(part)[0] in "LMN" else _plain_symbol(part) for part in folded
    )


def _plain_symbol(character: str) -> str:
    """Punctuation and signs in ASCII; emoji, controls and private-use characters vanish."""
    if character in _REPLACED:
        return _REPLACED[character]
    if unicodedata.category(character)[0] == "C":
        return ""
    ascii_form = anyascii(character)
    return "" if ascii_form.startswith(":") and len(ascii_form) > 1 else ascii_form


def _name(character: str) -> str:
    return unicodedata.name(character, "")
