"""Strings that ought to be in French: those of our catalogue, Django's admin and django-q2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("django", "django.contrib.admin", "django.contrib.auth", "axes", "django_q")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
# A shorter string with placeholders fits too much: “%(count)s of %(total)s”.
FEWEST_LETTERS = 12
# None of them is French, too.
SMALL_WORDS = re.compile(
    r"\b(the|of|is|and|to|was|were|with|for|are|not|by|has|have|from|this|that|it|be|been|cannot"
    r"|must|your|you|which|when|where|who|what|into|only|until|because)\b",
    re.IGNORECASE,
)
FEWEST_SMALL_WORDS = 2

# Everything a person reads or hears on a page, but for names and pieces of machine text. What is
# marked as another language is meant to be in it.
READ = """() => {
    const found = [document.title];
    const skip = 'script, style, code, pre, [lang]:not(html)';
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
        if (element.closest(skip)) continue;
        if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
            if (node.hasAttribute(name)) found.push(node.getAttribute(name));
        if (node.matches('input[type=submit], input[type=button]')) found.push(node.value);
    }
    return [...new Set(found.map((text) => text.replace(/\\s+/g, ' ').trim()).filter(Boolean))];
}"""


def english_in(texts: Iterable[str]) -> list[str]:
    """Those of the texts that have a French translation and are not in it, or sound English."""
    exact, patterns = _expected()
    return [text for text in texts if sounds_english(text) or _is_english(text, exact, patterns)]


def sounds_english(text: str) -> bool:
    """What nobody has marked for translation is in no catalogue: small words give it away."""
    return len(set(map(str.lower, SMALL_WORDS.findall(text)))) >= FEWEST_SMALL_WORDS


def _is_english(text: str, exact: frozenset[str], patterns: re.Pattern[str]) -> bool:
    folded = _fold(text)
    return folded in exact or bool(patterns.fullmatch(folded))


@cache
def _expected() -> tuple[frozenset[str], re.Pattern[str]]:
    pairs = list(_pairs())
    french = {_fold(translation) for _, translation in pairs}
    wanted = {_fold(text) for text, _ in pairs} - french
    shapes = [text for text in wanted if PLACEHOLDER.search(text) and _letters(text)]
    exact = frozenset(text for text in wanted if not PLACEHOLDER.search(text))
    return exact, re.compile("|".join(map(_shape, shapes)))


def _pairs() -> Iterator[tuple[str, str]]:
    for path in _catalogues():
        for entry in polib.mofile(str(path)) if path.suffix == ".mo" else polib.pofile(str(path)):
            if entry.msgid_plural:
                yield entry.msgid, entry.msgstr_plural[0]
                yield entry.msgid_plural, entry.msgstr_plural[1]
            elif entry.msgid:
                yield entry.msgid, entry.msgstr


def _catalogues() -> list[Path]:
    inside = "locale/fr/LC_MESSAGES/django.mo"
    roots = [Path(str(find_spec(app).origin)).parent for app in APPS]  # type: ignore[union-attr]
    places = [roots[0] / "conf" / inside, *(root / inside for root in roots[1:])]
    return [*filter(Path.exists, places), ROOT / inside.replace(".mo", ".po")]


def _shape(text: str) -> str:
    parts = (re.escape(part) for part in PLACEHOLDER.split(text))
    return f"(?:{'.+?'.join(parts)})"


def _letters(text: str) -> bool:
    return len(re.findall(r"[a-z]", PLACEHOLDER.sub("", text))) >= FEWEST_LETTERS


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().strip(":").strip().casefold()
