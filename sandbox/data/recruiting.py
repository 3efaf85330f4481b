"""The two invented Flatchr companies with their columns and vacancies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox.data.profiles import FIRST_DAY, Json, iso, plain

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
OPEN, CLOSED = 1, 0
CAREERS_SITE, INTRANET = 98, 152


def encoded_id(*parts: object) -> str:
    """16 letters and digits, as Flatchr encodes its ids; the same for the same parts."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return "".join(_LETTERS[byte % 62] for byte in digest[:16])


@dataclass(slots=True)
class Column:
    """A stage of recruitment."""

    id: int
    title: str
    position: int
    hired: bool = False

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "title": self.title,
            "position": self.position,
            "visible": True,
            "hired": self.hired,
        }


@dataclass
class Company:
    """`key` is the company key (`companyID`), `auth` its API key."""

    number: int
    name: str
    slug: str
    key: str
    auth: str
    premium: bool
    columns: list[Column] = field(default_factory=list)


@dataclass
class Vacancy:
    """`remote_id` is Flatchr's encoded `id`, `vacancy_id` the integer one."""

    company: Company
    title: str
    vacancy_id: int
    remote_id: str
    reference: str
    place: str
    open: bool = True
    offer_id: int = CAREERS_SITE
    questions: list[Json] = field(default_factory=list)
    created_at: str = iso(FIRST_DAY)

    @cached_property
    def slug(self) -> str:
        return f"{self.remote_id.lower()}-{plain(self.title)}"

    def as_json(self, fields: set[str]) -> Json:
        """The vacancy object; `fields` adds what Flatchr gives on request only."""
        extras: Json = {
            "address": {"formatted_address": self.place},
            "tags": [],
            "questions": self.questions,
        }
        return self._base() | {name: extras[name] for name in fields & extras.keys()}

    def _base(self) -> Json:
        return {
            "id": self.remote_id,
            "vacancy_id": self.vacancy_id,
            "slug": self.slug,
            "reference": self.reference,
            "title": self.title,
            "status": OPEN if self.open else CLOSED,
            "language": "fr_FR",
            "contract_type": "CDI",
            "channel": None,
            "metier": None,
            "apply_url": f"https://{self.company.slug}.example.com/vacancy/{self.slug}",
            "created_at": self.created_at,
            "updated_at": self.created_at,
        }

    def summary(self) -> Json:
        """What the start line tells about it."""
        return {
            "company": self.company.key,
            "slug": self.slug,
            "title": self.title,
            "remote_id": self.remote_id,
            "vacancy_id": self.vacancy_id,
            "reference": self.reference,
            "open": self.open,
            "published": self.open and self.offer_id == CAREERS_SITE,
            "questions": len(self.questions),
        }


def _question(number: int, text: str, kind: str, options: str | None = None) -> Json:
    return {
        "id": encoded_id("question", text),
        "text": text,
        "type": kind,
        "required": number == 1,
        "options": options,
        "position": number,
    }


_PYTHON_QUESTIONS = [
    _question(1, "Combien d'années d'expérience avec Python ?", "text"),
    _question(2, "Télétravail souhaité", "select", "aucun;partiel;complet"),
]
_NIGHT_QUESTIONS = [
    _question(1, "Êtes-vous titulaire du diplôme d'État ?", "select", "oui;non"),
]

# title, place, what differs from an open vacancy on the careers site
_OFFERS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "atelierboreal": [
        ("Comptable", "Besançon, France", {}),
        ("Développeur Python (H/F)", "Lyon, France", {"questions": _PYTHON_QUESTIONS}),
        ("Commercial·e terrain", "Lille, France", {}),
        ("Commercial·e terrain", "Quimper, France", {}),
        ("Chef·fe de projet digital", "Paris, France", {"offer_id": INTRANET}),
        ("Assistant·e RH en alternance", "Besançon, France", {"open": False}),
    ],
    "cliniquedestilleuls": [
        ("Infirmier·ère de nuit", "Nîmes, France", {"questions": _NIGHT_QUESTIONS}),
        ("Secrétaire médical·e", "Nîmes, France", {}),
        ("Aide-soignant·e (H/F) – remplacement d'été", "Angoulême, France", {}),
        ("Cuisinier·ère de collectivité", "Nîmes, France", {"open": False}),
    ],
}
_COLUMNS = ("Nouveaux", "Présélection", "Entretien téléphonique", "Entretien", "Recruté·e")


def make_companies(seed: int) -> list[Company]:
    """The first has the option "CVthèque Premium", the second has not."""
    names = [("Atelier Boréal", "atelierboreal"), ("Clinique des Tilleuls", "cliniquedestilleuls")]
    return [_company(seed, number, *name) for number, name in enumerate(names)]


def _company(seed: int, number: int, name: str, slug: str) -> Company:
    key, auth = encoded_id(seed, slug), encoded_id(seed, slug, "a") + encoded_id(seed, slug, "b")
    columns = [
        Column(1000 * (number + 1) + position, title, position, hired=position == len(_COLUMNS))
        for position, title in enumerate(_COLUMNS, start=1)
    ]
    return Company(59 + number, name, slug, key, auth, premium=number == 0, columns=columns)


def make_vacancies(seed: int, companies: list[Company]) -> list[Vacancy]:
    return [
        Vacancy(
            company=company,
            title=title,
            vacancy_id=52000 + 100 * company.number + number,
            remote_id=encoded_id(seed, company.slug, number),
            reference=f"{company.slug[:3].upper()}-{number:03d}",
            place=place,
            **extra,
        )
        for company in companies
        for number, (title, place, extra) in enumerate(_OFFERS[company.slug], start=1)
    ]
