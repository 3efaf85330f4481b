"""A one-page CV made from the HrFlow profile, for companies that accept one. Pure.

Plainly marked as generated, in the active language. Name, e-mail and phone come from the
candidate, because a rule may have changed or removed them; the rest from the profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from sync.exceptions import FormattingError
from sync.mapping.generated_cv.page import (
    BODY,
    CONTACT,
    DETAIL,
    ENTRY,
    HEADLINE,
    NAME,
    NOTICE,
    SECTION,
    Block,
    Page,
    Style,
    drawable,
)
from sync.mapping.names import read_name
from sync.mapping.profile import day, line, mapping, mappings, names, paragraph, place

_MAX_SKILLS = 30
_LINE_LIMIT = 110


@dataclass(frozen=True, slots=True)
class Detail:
    """How much to tell: characters of each description, and how many jobs and studies."""

    characters: int
    jobs: int
    studies: int


# From generous to bare: the first that fits the page is taken.
_DETAILS = (
    Detail(700, 8, 5),
    Detail(350, 8, 5),
    Detail(180, 8, 4),
    Detail(90, 8, 3),
    Detail(180, 5, 3),
    Detail(90, 5, 2),
    Detail(0, 5, 2),
)


def generate_resume(profile: Mapping[str, Any], candidate: Mapping[str, Any]) -> bytes:
    """A PDF of one page; the same input gives the same bytes."""
    read = mapping(profile)
    versions = [_blocks(read, candidate, detail) for detail in _DETAILS]
    page = Page(_shown_name(candidate) or _("Candidate"), versions[0])
    fitting = next((blocks for blocks in versions if page.fits(blocks)), versions[-1])
    return page.draw(fitting)


def _blocks(
    profile: Mapping[str, Any], candidate: Mapping[str, Any], detail: Detail
) -> list[Block]:
    found = [
        Block(_("Generated from the HrFlow profile - not the candidate's own document."), NOTICE),
        *_head(profile, candidate),
        *_section(_("Summary"), _summary(profile, detail)),
        *_section(_("Experience"), _experiences(profile, detail)),
        *_section(_("Education"), _educations(profile, detail)),
        *_section(_("Skills"), _listing(profile, "skills")),
        *_section(_("Languages"), _listing(profile, "languages")),
    ]
    return [Block(drawable(block.text), block.style) for block in found if block.text]


def _section(title: str, blocks: Iterable[Block]) -> Iterator[Block]:
    kept = [block for block in blocks if block.text]
    if kept:
        yield Block(title, SECTION)
        yield from kept


def _head(profile: Mapping[str, Any], candidate: Mapping[str, Any]) -> Iterator[Block]:
    info = mapping(profile.get("info"))
    titles = (line(job.get("title")) for job in mappings(profile.get("experiences")))
    headline = line(info.get("headline")) or next(titles, "")
    contact = (candidate.get("email"), candidate.get("phone"), place(info.get("location")).text)
    yield Block(_cut(_shown_name(candidate) + _original(profile, candidate), _LINE_LIMIT), NAME)
    yield Block(_cut(headline, _LINE_LIMIT), HEADLINE)
    yield Block(_cut(_joined(" | ", *map(line, contact)), 2 * _LINE_LIMIT), CONTACT)


def _shown_name(candidate: Mapping[str, Any]) -> str:
    parts = (line(candidate.get("firstname")), line(candidate.get("lastname")))
    return " ".join(dict.fromkeys(part for part in parts if part))


def _original(profile: Mapping[str, Any], candidate: Mapping[str, Any]) -> str:
    """The name as written, where it was romanised and no rule replaced it."""
    try:
        name = read_name(profile)
    except FormattingError:
        return ""
    same = (name.first, name.last) == (candidate.get("firstname"), candidate.get("lastname"))
    # A name the fonts lack would be romanised a second time, and worse.
    shown = same and name.original and drawable(name.original) == name.original
    return f" ({name.original})" if shown else ""


def _summary(profile: Mapping[str, Any], detail: Detail) -> Iterator[Block]:
    text = paragraph(mapping(profile.get("info")).get("summary"))
    yield Block(_cut(text, max(200, detail.characters)), BODY)


def _experiences(profile: Mapping[str, Any], detail: Detail) -> Iterator[Block]:
    for job in list(mappings(profile.get("experiences")))[: detail.jobs]:
        yield from _entry(job, "company", detail.characters)


def _educations(profile: Mapping[str, Any], detail: Detail) -> Iterator[Block]:
    for study in list(mappings(profile.get("educations")))[: detail.studies]:
        yield from _entry(study, "school", detail.characters // 2)


def _entry(item: Mapping[str, Any], where: str, limit: int) -> Iterator[Block]:
    told = _joined(", ", line(item.get("title")), line(item.get(where)))
    around = _joined(" | ", _period(item), place(item.get("location")).text)
    yield _one_line(told, ENTRY)
    yield _one_line(around, DETAIL)
    yield Block(_cut(paragraph(item.get("description")), limit), BODY)


def _one_line(text: str, style: Style) -> Block:
    return Block(_cut(text, _LINE_LIMIT), style)


def _listing(profile: Mapping[str, Any], key: str) -> Iterator[Block]:
    yield Block(_cut(", ".join(names(profile.get(key))[:_MAX_SKILLS]), 400), BODY)


def _period(item: Mapping[str, Any]) -> str:
    start, end = day(item.get("date_start")), day(item.get("date_end"))
    if start and not end:
        return _("since %(date)s") % {"date": _month(start)}
    return " - ".join(dict.fromkeys(_month(known) for known in (start, end) if known))


def _month(known: date) -> str:
    return f"{known.month:02}/{known.year}"


def _joined(glue: str, *parts: str) -> str:
    return glue.join(part for part in parts if part)


def _cut(text: str, limit: int) -> str:
    """The text, or its beginning up to a whole word and an ellipsis."""
    if len(text) <= limit:
        return text
    begun = text[:limit].rsplit(maxsplit=1)[0].rstrip(" ,;.-") if limit else ""
    return f"{begun}…" if begun else ""
