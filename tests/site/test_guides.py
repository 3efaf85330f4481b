"""The guides speak of what is on the screen: their bold words are labels, their pictures exist."""

from __future__ import annotations

import re

import polib
import pytest

from tests import ROOT

DOCS = ROOT / "docs"
CATALOGUE = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
GUIDES = {"en": DOCS / "guide-recruiter.md", "fr": DOCS / "guide-recruteur.md"}
MOST_BYTES = 150_000


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'")).casefold()


def labels(language: str) -> set[str]:
    found: set[str] = set()
    for entry in polib.pofile(str(CATALOGUE)):
        english = {entry.msgid, entry.msgid_plural}
        french = {entry.msgstr, *entry.msgstr_plural.values()}
        found |= english if language == "en" else french
    return {plain(text) for text in found if text}


@pytest.mark.parametrize("language", GUIDES)
def test_every_bold_word_is_a_label_of_the_desk(language: str) -> None:
    bold = {plain(text) for text in re.findall(r"\*\*(.+?)\*\*", GUIDES[language].read_text())}
    assert len(bold) > 40
    # “gras” and “bold” say of themselves what they are.
    assert bold - labels(language) == {"bold" if language == "en" else "gras"}


@pytest.mark.parametrize("language", GUIDES)
def test_every_picture_is_there_described_and_light(language: str) -> None:
    pictures = re.findall(r"!\[(.*?)\]\((.+?)\)", GUIDES[language].read_text())
    assert len(pictures) == 10
    for description, path in pictures:
        assert len(description) > 20
        assert f".{language}.png" in path
        assert (DOCS / path).stat().st_size < MOST_BYTES


def test_the_two_guides_have_the_same_parts() -> None:
    shapes = [re.findall(r"^(#+|\||!)", guide.read_text(), re.M) for guide in GUIDES.values()]
    assert shapes[0] == shapes[1]
