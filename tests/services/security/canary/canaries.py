"""Planted personal data, and a search for it in every spelling."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

# Personal data that is never kept; letters only where words are searched for, so that no cutting
# or cleaning on the way hides them.
PHONE = "+33 6 47 19 83 52"
CV_TEXT, SKILL = "canarycvtextqzx", "canaryskillqzx"
# As people write: an accent, a quote and line breaks, which every peer spells in its own way.
SUMMARY = 'Née canarysummaryqzx à Évreux,\nelle dit « canaryaccentqzx »,\net "canaryquoteqzx".'
BIRTH = "1987-03-19T00:00:00"
PERSONAL = {
    "phone": PHONE,
    "phone without blanks": PHONE.replace(" ", ""),
    "phone as dialled at home": "06 47 19 83 52",
    "phone in digits": "647198352",
    "phone in pairs": "6.47.19.83.52",
    "summary": "canarysummaryqzx",
    "summary, second line": "canaryaccentqzx",
    "summary, quoted": "canaryquoteqzx",
    "CV": CV_TEXT,
    "skill": SKILL,
    "birth": BIRTH,
}
# What the index rightly keeps; that these are found shows that the search finds.
NAME, EMAIL = "Canaryfirst", "canary.person@example.com"
PDF = b"%PDF-1.4\n1 0 obj\n" + CV_TEXT.encode() * 20 + b"\n%%EOF\n"


def forms(canary: str) -> dict[str, bytes]:
    """The spellings a value travels in; of base64, one for each place it can begin at."""
    found = {
        "plain": canary,
        "url": quote(canary, safe=""),
        "form": quote_plus(canary),
        "json": json.dumps(canary)[1:-1],
        "html": html.escape(canary),
        "repr": repr(canary)[1:-1],
        "hex": canary.encode().hex(),
        "reversed": canary[::-1],
    }
    found |= {f"base64 at {shift}": text for shift, text in enumerate(_base64(canary.encode()))}
    return {name: text.encode() for name, text in found.items()}


def _base64(canary: bytes) -> Iterator[str]:
    for shift, shared in ((0, 0), (1, 2), (2, 3)):
        whole = (shift + len(canary)) // 3 * 3 - shift
        yield base64.b64encode(b"\0" * shift + canary[:whole]).decode()[shared:]


def find(canaries: dict[str, str], places: dict[str, bytes]) -> list[str]:
    """What was found where, with what stands around it."""
    found = []
    for name, canary in canaries.items():
        for form, needle in forms(canary).items():
            for spelling in {needle, needle.replace(b"+", b"-").replace(b"/", b"_")}:
                for place, text in places.items():
                    at = text.lower().find(spelling.lower())
                    if at >= 0:
                        around = text[max(0, at - 120) : at + 120]
                        found.append(f"{name} ({form}) in {place}: {around!r}")
    return found
