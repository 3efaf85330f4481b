"""A HrFlow profile as its page shows it. Pure; raises nothing, whatever the profile holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sync.mapping.attachments import Attachment, choose_resume
from sync.mapping.profile import day, line, mapping, mappings, moment, names, paragraph, place

LISTS = ("skills", "languages", "certifications", "courses", "tasks", "interests")


@dataclass(frozen=True)
class Stay:
    """A job or a course. `end` is None where it has not ended, or where HrFlow has no date."""

    title: str
    at: str
    place: str
    start: date | None
    end: date | None
    text: str


@dataclass(frozen=True)
class ProfilePage:
    """`links`: kind and address; `lists`: one of LISTS and its names; `tags`: name and value."""

    name: str
    email: str
    phone: str
    place: str
    summary: str
    updated: datetime | None
    resume: Attachment | None
    links: list[tuple[str, str]] = field(default_factory=list)
    experiences: list[Stay] = field(default_factory=list)
    educations: list[Stay] = field(default_factory=list)
    lists: list[tuple[str, list[str]]] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)


def profile_page(profile: Mapping[str, Any]) -> ProfilePage:
    info = mapping(profile.get("info"))
    parts = f"{line(info.get('first_name'))} {line(info.get('last_name'))}".strip()
    return ProfilePage(
        name=line(info.get("full_name")) or parts,
        email=line(info.get("email")),
        phone=line(info.get("phone")),
        place=place(info.get("location")).text,
        summary=paragraph(info.get("summary")),
        updated=moment(profile.get("updated_at")),
        resume=choose_resume(profile),
        links=_links(info.get("urls")),
        experiences=[_stay(item, "company") for item in mappings(profile.get("experiences"))],
        educations=[_stay(item, "school") for item in mappings(profile.get("educations"))],
        lists=[(key, found) for key in LISTS if (found := names(profile.get(key)))],
        tags=[
            (line(tag.get("name")), line(str(tag.get("value"))))
            for tag in mappings(profile.get("tags"))
        ],
    )


def _stay(item: Mapping[str, Any], at: str) -> Stay:
    return Stay(
        title=line(item.get("title")),
        at=line(item.get(at)),
        place=place(item.get("location")).text,
        start=day(item.get("date_start")),
        end=day(item.get("date_end")),
        text=paragraph(item.get("description")),
    )


def _links(urls: Any) -> list[tuple[str, str]]:
    """HrFlow answers a mapping or a list; only plain web addresses become links."""
    if isinstance(urls, Mapping):
        pairs = [(line(kind), url) for kind, url in urls.items()]
    else:
        pairs = [(line(item.get("type")), item.get("url")) for item in mappings(urls)]
    return [
        (kind, url)
        for kind, url in pairs
        if isinstance(url, str) and url.startswith(("https://", "http://")) and line(url) == url
    ]
