"""Plain text for Flatchr: typographic characters replaced, names romanised. Pure.

Flatchr makes the caller responsible for "exotic" characters (typographic quotes, bullets pasted
from Word): https://developers.flatchr.io. Letters, marks and digits of every script are kept;
punctuation and signs become ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Not ASCII, but on every French keyboard, and no ASCII form means the same.
KEPT_SYMBOLS = frozenset("€£°§µ")

# \uf0b7 and the like are Word's bullets (Symbol and Wingdings, in the private-use area).
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
    """The text with plain punctuation, single spaces, and at most one empty line in a row."""
    text = value
    if not _ORDINARY.fullmatch(text):
        unquoted = re.sub(r"«\s{0,3}|\s{0,3}»", '"', text.replace("\r\n", "\n"))
        characters = map(_plain_character, unicodedata.normalize("NFC", unquoted))
        text = unicodedata.normalize("NFC", "".join(characters))
    lines = "\n".join(re.sub(" +", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def plain_line(value: str) -> str:
    """As `plain`, on a single line."""
    return " ".join(plain(value).split())


def search_form(value: str) -> str:
    """Text as it is searched and looked up: `Élève`, `ELEVE` and ` élève` are all `eleve`.

    Every script is written in ASCII; punctuation stays. Whether two people have one name is
    another question: `sync.matching.comparable_name`.
    """
    return " ".join(anyascii(plain(value)).casefold().split())


def has_latin_letter(value: str) -> bool:
    """What Flatchr demands of a first and a last name: the pattern `/[a-zA-Z]/`.

    https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat
    """
    return _LATIN.search(value) is not None


def romanise(name: str) -> str:
    """A name that Flatchr accepts: unchanged where it has a Latin letter, else transliterated.

    `王小明` becomes `WangXiaoMing`. Empty where nothing can be made of it (`123`).
    """
    if has_latin_letter(name):
        return name
    letters = re.sub(r"[^A-Za-z' -]+", "", anyascii(name))
    words = [word.strip("'-") for word in letters.split()]
    return " ".join(word[0].upper() + word[1:] for word in words if word)


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    """Ordinary characters and letters are kept, spaces of any width become one space."""
    if character in KEPT_SYMBOLS or _ORDINARY.fullmatch(character):
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return _plain_letter(character) if category[0] in "LMN" else _plain_symbol(character)


def _plain_letter(character: str) -> str:
    """Its compatibility form (NFKC): ligatures, full width, the "bold" of social networks."""
    name = unicodedata.name(character, "")
    if unicodedata.category(character) == "Me" or "VARIATION SELECTOR" in name:
        return ""
    folded = unicodedata.normalize("NFKC", character)
    return "".join(
        part if unicodedata.category(part)[0] in "LMN" else _plain_symbol(part) for part in folded
    )


def _plain_symbol(character: str) -> str:
    """A sign in ASCII; emoji, control and private-use characters are dropped."""
    if character in _REPLACED:
        return _REPLACED[character]
    if unicodedata.category(character)[0] == "C":
        return ""
    # anyascii writes an emoji as its name between colons: `:smile:`.
    ascii_form = anyascii(character)
    return "" if ascii_form.startswith(":") and len(ascii_form) > 1 else ascii_form
