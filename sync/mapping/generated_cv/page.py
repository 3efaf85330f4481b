"""Lay text blocks out on one A4 page, as PDF; knows nothing of profiles.

Made with fpdf2: https://py-pdf.github.io/fpdf2/. The same blocks give the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import cast

from anyascii import anyascii
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos

FONTS = Path(__file__).parent / "fonts"
_REGULAR, _BOLD = FONTS / "DejaVuSans.ttf", FONTS / "DejaVuSans-Bold.ttf"
# Han and kana. Large and slow to read, so it is added only where a letter needs it.
_FALLBACK = FONTS / "DroidSansFallbackFull.ttf"
_MARGIN_MM = 18
_PADDING_MM = 2
# A fixed date, so that a document sent again is the same document.
_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
_INK, _GREY, _ACCENT = (33, 37, 41), (92, 99, 106), (30, 80, 140)


@dataclass(frozen=True, slots=True)
class Style:
    """`size` in points; `line` and `gap` (above) in millimetres."""

    size: float
    line: float
    gap: float = 0
    bold: bool = False
    colour: tuple[int, int, int] = _INK
    ruled: bool = False
    boxed: bool = False


NOTICE = Style(8, 4.2, colour=_GREY, boxed=True)
NAME = Style(20, 9, gap=5, bold=True)
HEADLINE = Style(12, 5.6, gap=1, colour=_ACCENT)
CONTACT = Style(9.5, 4.8, gap=1.5, colour=_GREY)
SECTION = Style(11, 5.6, gap=5, bold=True, colour=_ACCENT, ruled=True)
ENTRY = Style(10, 4.8, gap=2.2, bold=True)
DETAIL = Style(9, 4.4, gap=0.3, colour=_GREY)
BODY = Style(9.5, 4.7, gap=0.8)


@dataclass(frozen=True, slots=True)
class Block:
    text: str
    style: Style


class Page:
    """Measures and draws blocks, whose text must be `drawable`. Lengths in millimetres.

    `blocks`: the most that will be drawn, to choose the fonts by.
    """

    def __init__(self, title: str, blocks: Iterable[Block]) -> None:
        self._heights: dict[Block, float] = {}
        self._pdf = FPDF(format="A4")
        self._pdf.set_creation_date(_CREATED)
        self._pdf.set_title(title)
        self._pdf.set_margin(_MARGIN_MM)
        self._pdf.set_auto_page_break(False)
        self._pdf.c_margin = 0
        self._pdf.add_font("sans", "", _REGULAR)
        self._pdf.add_font("sans", "B", _BOLD)
        text = "".join(block.text for block in blocks)
        if not set(map(ord, text)) <= _letters(_REGULAR, _BOLD):
            self._pdf.add_font("fallback", "", _FALLBACK)
            self._pdf.set_fallback_fonts(["fallback"], exact_match=False)
        if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
            self._pdf.set_text_shaping(True)
        self._pdf.add_page()

    def fits(self, blocks: Iterable[Block]) -> bool:
        """Whether the blocks, one below the other, stay within the page's margins."""
        room = float(self._pdf.h - 2 * _MARGIN_MM)
        return sum(map(self._height, blocks)) <= room

    def draw(self, blocks: Sequence[Block]) -> bytes:
        """The PDF. Blocks are dropped from the end until the rest fits and no heading is last."""
        shown = list(blocks)
        while shown and (not self.fits(shown) or shown[-1].style is SECTION):
            shown.pop()
        for block in shown:
            self._draw(block)
        return bytes(self._pdf.output())

    def _use(self, style: Style) -> None:
        self._pdf.set_font("sans", "B" if style.bold else "", style.size)
        self._pdf.set_text_color(*style.colour)

    def _height(self, block: Block) -> float:
        """Measured once a block: the same one stands in several versions of a page."""
        if block in self._heights:
            return self._heights[block]
        self._use(block.style)
        height = self._pdf.multi_cell(
            0,
            block.style.line,
            block.text,
            align="L",
            padding=_PADDING_MM if block.style.boxed else 0,
            dry_run=True,
            output=MethodReturnValue.HEIGHT,
        )
        self._heights[block] = block.style.gap + cast(float, height)
        return self._heights[block]

    def _draw(self, block: Block) -> None:
        style = block.style
        self._use(style)
        self._pdf.set_y(self._pdf.get_y() + style.gap)
        self._pdf.set_fill_color(241, 243, 245)
        self._pdf.multi_cell(
            0,
            style.line,
            block.text,
            align="L",
            fill=style.boxed,
            padding=_PADDING_MM if style.boxed else 0,
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        if style.ruled:
            y = self._pdf.get_y() + 0.2
            self._pdf.set_draw_color(200, 208, 216)
            self._pdf.line(self._pdf.l_margin, y, self._pdf.w - self._pdf.r_margin, y)


def drawable(text: str) -> str:
    """The text, where letters that none of the fonts has are transliterated to ASCII."""
    main = _letters(_REGULAR, _BOLD)
    if set(map(ord, text)) <= main:
        return text
    known = main | _letters(_FALLBACK)
    return "".join(letter if ord(letter) in known else anyascii(letter) for letter in text)


@cache
def _letters(*fonts: Path) -> frozenset[int]:
    """Code points that every one of these fonts can draw, and the line break."""
    found: list[set[int]] = []
    for path in fonts:
        with TTFont(path, lazy=True) as font:
            found.append({*font.getBestCmap(), ord("\n")})
    return frozenset(set.intersection(*found))
