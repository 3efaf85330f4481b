"""Invented HrFlow profiles: the same for the same seed, in all the shapes the reference lists."""

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.data.catalogue import (
    CITIES,
    EMPLOYERS,
    FIRST_NAMES,
    LAST_NAMES,
    SCHOOLS,
    SUMMARIES,
    TRADES,
    WORD_SUMMARIES,
    City,
    Trade,
)

Json = dict[str, Any]
# Relative to today: with a fixed date the profiles would one day pass the retention limit.
FIRST_DAY = datetime.now(UTC).replace(hour=8, minute=30, second=0, microsecond=0) - timedelta(240)
_IN_ORDER = 1600  # so many profiles are made one after the other, the next beside them


@dataclass(slots=True)
class Person:
    """The data of one invented candidate, before it is put into HrFlow's shape."""

    first_name: str
    last_name: str
    email: str
    phone: str
    city: City
    trade: Trade
    years: int
    rng: random.Random = field(repr=False)


def key_for(*parts: object) -> str:
    """40 hex digits, as HrFlow's keys."""
    return hashlib.sha1(":".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def plain(text: str) -> str:
    """A name as people write it in an e-mail address."""
    text = text.replace("Œ", "Oe").replace("œ", "oe").replace("Ł", "L").replace("æ", "ae")
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


class Crowd:
    """Draws people; the same seed draws the same ones, each with an e-mail of their own."""

    def __init__(self, seed: object) -> None:
        self._rng = random.Random(f"crowd:{seed}")
        self._taken: set[str] = set()

    def draw(self) -> Person:
        rng = self._rng
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        city, trade = rng.choice(CITIES), rng.choice(TRADES)
        person_rng = random.Random(rng.random())
        email = self._email(first, last)
        # 06 39 98 is the range kept for fiction in France.
        phone = f"+33 6 39 98 {rng.randrange(100):02d} {rng.randrange(100):02d}"
        return Person(first, last, email, phone, city, trade, rng.randrange(1, 22), person_rng)

    def _email(self, first: str, last: str) -> str:
        name = f"{plain(first)}.{plain(last)}"
        email, number = f"{name}@example.org", 1
        while email in self._taken:
            number += 1
            email = f"{name}{number}@example.org"
        self._taken.add(email)
        return email


def new_profile(key: str, source: Json, person: Person, number: int, *, clean: bool) -> Json:
    """A profile in today's shape; `clean` leaves out what has to be made plain for Flatchr."""
    created = FIRST_DAY + timedelta(hours=3 * (number % _IN_ORDER), minutes=number % 53)
    return {
        "id": 100000 + number,
        "key": key,
        "reference": f"CAND-{number:05d}",
        "source": source,
        "text_language": "fr",
        "text": f"{person.first_name} {person.last_name}\n{person.trade.title}",
        "created_at": iso(created),
        "updated_at": iso(created + timedelta(hours=number % 40)),
        "archived_at": None,
        "info": _info(person, clean=clean),
        "experiences": _experiences(person, clean=clean),
        "experiences_duration": float(person.years) + 0.5,
        "educations": _educations(person),
        "educations_duration": 3.0,
        "skills": [{"name": name, "type": "hard", "value": None} for name in person.trade.skills],
        "languages": [{"name": "Français", "value": "C2"}, {"name": "Anglais", "value": "B2"}],
        "certifications": [],
        "interests": [{"name": "Randonnée", "value": None}],
        "tags": [],
        "metadatas": [],
        "labels": [],
        "attachments": [],
    }


def _location(city: City) -> Json:
    text = f"{city.postcode} {city.name}, France"
    fields = {"city": city.name, "postcode": city.postcode, "state": city.region, "country": "FR"}
    return {"text": text, "lat": city.lat, "lng": city.lng, "fields": fields}


def _info(person: Person, *, clean: bool) -> Json:
    full_name = f"{person.first_name} {person.last_name}"
    patterns = SUMMARIES if clean else SUMMARIES + WORD_SUMMARIES
    summary = person.rng.choice(patterns).format(
        title=person.trade.title, years=person.years, city=person.city.name
    )
    handle = plain(full_name)
    return {
        "full_name": full_name,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "date_birth": f"{1996 - person.years}-0{person.years % 9 + 1}-12T00:00:00",
        "gender": None,
        "summary": summary,
        "picture": None,
        "location": _location(person.city),
        "urls": [
            {"type": "from_resume", "url": f"https://{handle}.example.com/cv"},
            {"type": "linkedin", "url": f"https://www.linkedin.com/in/{handle}"},
            {"type": "twitter", "url": ""},
            {"type": "github", "url": f"https://github.com/{handle}"},
        ],
    }


def _experiences(person: Person, *, clean: bool) -> list[Json]:
    bullet = "- " if clean else "• "
    description = "\n".join(bullet + task for task in person.trade.tasks)
    now = _experience(
        person, f"{FIRST_DAY.year - person.years // 2}-03-01T00:00:00", None, description
    )
    before = _experience(person, f"{2024 - person.years}-09-01T00:00:00", None, description)
    before["date_end"] = now["date_start"]
    return [now, before]


def _experience(person: Person, start: str, end: str | None, description: str) -> Json:
    return {
        "key": key_for(person.email, start),
        "company": person.rng.choice(EMPLOYERS),
        "title": person.trade.title,
        "description": description,
        "location": _location(person.rng.choice(CITIES)),
        "date_start": start,
        "date_end": end,
        "skills": [{"name": person.trade.skills[0], "type": "hard", "value": None}],
        "tasks": [{"name": task, "value": None} for task in person.trade.tasks],
    }


def _educations(person: Person) -> list[Json]:
    return [
        {
            "key": key_for(person.email, "education"),
            "school": person.rng.choice(SCHOOLS),
            "title": person.trade.diploma,
            "description": "Mention bien",
            "location": _location(person.rng.choice(CITIES)),
            "date_start": f"{2019 - person.years}-09-01T00:00:00",
            "date_end": f"{2022 - person.years}-06-30T00:00:00",
        }
    ]


def attachment(url: str, *, kind: str | None, name: str, extension: str, size: int | str) -> Json:
    """`kind` None is the older shape, in which only `file_name` tells what the file is."""
    return {
        "type": kind,
        "alt": kind,
        "file_name": name,
        "original_file_name": f"CV{extension}",
        "file_size": size,
        "extension": extension,
        "public_url": url,
        "created_at": iso(FIRST_DAY),
        "updated_at": iso(FIRST_DAY),
    }
