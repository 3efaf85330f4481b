"""A one-page CV made from the HrFlow profile, for companies that accept one. Pure.

Marked as generated, in the active language. Name, e-mail and phone are the candidate's, because a
rule may have changed or removed them; the rest is the profile's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    drawable,
)
from sync.mapping.names import read_name
from sync.mapping.profile import day, line, mapping, mappings, names, paragraph, place

_MAX_SKILLS = 30
_LINE_LIMIT = 110


@dataclass(frozen=True, slots=True)
class Detail:
    """The most to tell: characters of each description, number of jobs and of studies."""

    characters: int
    jobs: int
    studies: int


# From much to little: the first that fits the page is used.
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
    """A PDF of one page, in the fullest version that fits; the same input gives the same bytes.

    `profile`: as HrFlow has it. `candidate`: the body of Flatchr's create call, of which the name,
    e-mail and phone are shown.
    """
    read = mapping(profile)
    versions = [_blocks(read, candidate, detail) for detail in _DETAILS]
    page = Page(_shown_name(candidate) or _("Candidate"), versions[0])
    fitting = next((blocks for blocks in versions if page.fits(blocks)), versions[-1])
    return page.draw(fitting)


def _blocks(
    profile: Mapping[str, Any], candidate: Mapping[str, Any], detail: Detail
) -> list[Block]:
    """The whole document in one level of detail; a section without content has no heading."""
    summary = paragraph(mapping(profile.get("info")).get("summary"))
    jobs = list(mappings(profile.get("experiences")))[: detail.jobs]
    studies = list(mappings(profile.get("educations")))[: detail.studies]
    sections: list[tuple[str, list[Block]]] = [
        (_("Summary"), [Block(_cut(summary, max(200, detail.characters)), BODY)]),
        (
            _("Experience"),
            [block for job in jobs for block in _entry(job, "company", detail.characters)],
        ),
        (
            _("Education"),
            [block for one in studies for block in _entry(one, "school", detail.characters // 2)],
        ),
    ]
    for title, key in ((_("Skills"), "skills"), (_("Languages"), "languages")):
        listed = ", ".join(names(profile.get(key))[:_MAX_SKILLS])
        sections.append((title, [Block(_cut(listed, 400), BODY)]))
    notice = _("Generated from the HrFlow profile - not the candidate's own document.")
    found = [Block(notice, NOTICE), *_head(profile, candidate)]
    for title, blocks in sections:
        if any(block.text for block in blocks):
            found += [Block(title, SECTION), *blocks]
    return [Block(drawable(block.text), block.style) for block in found if block.text]


def _head(profile: Mapping[str, Any], candidate: Mapping[str, Any]) -> Iterator[Block]:
    """Name, present job, and how to reach the person."""
    info = mapping(profile.get("info"))
    titles = (line(job.get("title")) for job in mappings(profile.get("experiences")))
    headline = line(info.get("headline")) or next(titles, "")
    reached_by = (candidate.get("email"), candidate.get("phone"), place(info.get("location")).text)
    contact = " | ".join(filter(None, map(line, reached_by)))
    yield Block(_cut(_shown_name(candidate) + _original(profile, candidate), _LINE_LIMIT), NAME)
    yield Block(_cut(headline, _LINE_LIMIT), HEADLINE)
    yield Block(_cut(contact, 2 * _LINE_LIMIT), CONTACT)


def _shown_name(candidate: Mapping[str, Any]) -> str:
    """First and last name; once where they are the same, as for a mononym."""
    parts = (line(candidate.get("firstname")), line(candidate.get("lastname")))
    return " ".join(dict.fromkeys(part for part in parts if part))


def _original(profile: Mapping[str, Any], candidate: Mapping[str, Any]) -> str:
    """` (王小明)`: the name as written, where it was romanised and no rule has replaced it."""
    try:
        name = read_name(profile)
    except FormattingError:
        return ""
    same = (name.first, name.last) == (candidate.get("firstname"), candidate.get("lastname"))
    # A name that the fonts lack would be transliterated again, and worse.
    shown = same and name.original and drawable(name.original) == name.original
    return f" ({name.original})" if shown else ""


def _entry(item: Mapping[str, Any], where: str, limit: int) -> Iterator[Block]:
    """A job or a study: title and `where` (company, school), period and place, description."""
    told = ", ".join(filter(None, (line(item.get("title")), line(item.get(where)))))
    start, end = day(item.get("date_start")), day(item.get("date_end"))
    period = " - ".join(dict.fromkeys(f"{known:%m/%Y}" for known in (start, end) if known))
    if start and not end:
        period = _("since %(date)s") % {"date": period}
    around = " | ".join(filter(None, (period, place(item.get("location")).text)))
    yield Block(_cut(told, _LINE_LIMIT), ENTRY)
    yield Block(_cut(around, _LINE_LIMIT), DETAIL)
    yield Block(_cut(paragraph(item.get("description")), limit), BODY)


def _cut(text: str, limit: int) -> str:
    """The text, or its beginning of at most `limit` characters, whole words and an ellipsis."""
    if len(text) <= limit:
        return text
    begun = text[:limit].rsplit(maxsplit=1)[0].rstrip(" ,;.-") if limit else ""
    return f"{begun}…" if begun else ""
