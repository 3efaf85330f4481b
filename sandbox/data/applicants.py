"""Flatchr's applicants and candidates: stored, found, moved, enriched."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sandbox.data import documents
from sandbox.data.profiles import Json
from sandbox.data.recruiting import Column, Company, Vacancy, encoded_id
from sandbox.data.spellings import changed
from sandbox.encoding import encode


@dataclass
class Resume:
    """A CV as received: `data` stays base64 until it is read, which keeps a create fast."""

    data: str
    file_name: str
    content_type: str

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.data)

    @property
    def size(self) -> int:
        return len(self.data) // 4 * 3 - self.data[-2:].count("=")

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Name, type, size and hash, for tests; `profile_key` is the one found in its bytes."""
        content = self.content
        key, variant = documents.read_marker(content)
        return {
            "sha256": hashlib.sha256(content).hexdigest(),
            "file_name": self.file_name,
            "content_type": self.content_type,
            "size": len(content),
            "looks_like": documents.sniff(content),
            "profile_key": key,
            "variant": variant,
        }


@dataclass
class Candidate:
    """A person in one company; `id` is Flatchr's internal one, which enrichment needs."""

    id: int
    company: Company
    firstname: str
    lastname: str
    email: str
    phone: str
    urls: Json
    applicants: list[Applicant] = field(default_factory=list)
    enrichments: list[Json] = field(default_factory=list)


@dataclass
class Applicant:
    """A candidate on a vacancy. Times are seconds since 1970; `sent` is the create body."""

    id: str
    candidate: Candidate
    vacancy: Vacancy
    column: Column
    sent: Json
    created: float
    visible_from: float
    by_hand: bool
    number: int
    resume: Resume | None = None
    updated: float = 0.0

    def __post_init__(self) -> None:
        self.updated = self.updated or self.created

    @property
    def firstname(self) -> str:
        return str(self.sent["firstname"])

    @property
    def lastname(self) -> str:
        return str(self.sent["lastname"])

    @property
    def email(self) -> str:
        return str(self.sent.get("email") or "")

    @property
    def phone(self) -> str:
        return str(self.sent.get("phone") or "")

    def move(self, column: Column) -> None:
        """A move to the column it is in changes nothing, not even the time."""
        if column is not self.column:
            self.column, self.updated = column, time.time()
            self.__dict__.pop("row", None)

    @cached_property
    def row(self) -> bytes:
        """Its object in a search answer, encoded once until it moves."""
        return self._row(self.firstname, self.lastname)

    def shown(self, changed_names: float) -> bytes:
        """As `row`, this share of the applicants with another spelling of their name."""
        if not changed_names:
            return self.row
        return self._row(*changed(self.firstname, self.lastname, self.number, changed_names))

    def _row(self, firstname: str, lastname: str) -> bytes:
        return encode(
            {
                "applicant": self.id,
                "vacancy": self.vacancy.title,
                "vacancy_id": self.vacancy.vacancy_id,
                "column": self.column.title,
                "external_id": "",
                "status": 1,
                "score": None,
                "hired": self.column.hired,
                "firstname": firstname,
                "lastname": lastname,
                "email": self.email,
                "phone": self.phone,
                "created_at": datetime.fromtimestamp(self.created).strftime("%d/%m/%y"),
                "source": "Connecteur" if not self.by_hand else "Site carrière",
            }
        )


class Applicants:
    """Every applicant, with indexes for the filters that are asked for most."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._number = 0
        self._files: dict[str, str] = {}
        self.all: dict[str, Applicant] = {}
        self.candidates: dict[int, Candidate] = {}
        self._people: dict[tuple[str, ...], Candidate] = {}
        self._by_email: dict[str, list[Applicant]] = {}

    def create(
        self,
        vacancy: Vacancy,
        sent: Json,
        resume: Resume | None,
        *,
        lag: float = 0.0,
        by_hand: bool = False,
    ) -> Applicant:
        """A new applicant, always: the create call is not idempotent. `lag` in seconds."""
        self._number += 1
        now = time.time()
        applicant = Applicant(
            id=encoded_id(self._seed, "applicant", self._number),
            candidate=self._candidate(vacancy.company, sent),
            vacancy=vacancy,
            column=vacancy.company.columns[0],
            sent=sent,
            created=now,
            visible_from=now + lag,
            by_hand=by_hand,
            number=self._number,
            resume=resume,
        )
        return self._keep(applicant)

    def same(self, data: str) -> str:
        """An equal file already stored: one file sent ten thousand times takes its memory once."""
        return self._files.setdefault(data, data)

    def _keep(self, applicant: Applicant) -> Applicant:
        self.all[applicant.id] = applicant
        applicant.candidate.applicants.append(applicant)
        self._by_email.setdefault(applicant.email.lower(), []).append(applicant)
        return applicant

    def _candidate(self, company: Company, sent: Json) -> Candidate:
        """The person who has this name and e-mail in the company already, else a new one."""
        email = str(sent.get("email") or "")
        who = (company.key, email.lower(), sent["firstname"].lower(), sent["lastname"].lower())
        if email and who in self._people:
            return self._people[who]
        number = 7_300_000 + len(self.candidates)
        phone, urls = str(sent.get("phone") or ""), sent.get("urls") or {}
        candidate = Candidate(
            number, company, sent["firstname"], sent["lastname"], email, phone, urls
        )
        self.candidates[number] = self._people[who] = candidate
        return candidate

    def remove(self, applicant: Applicant) -> None:
        """Archive or delete: neither search nor the page shows it afterwards."""
        del self.all[applicant.id]
        applicant.candidate.applicants.remove(applicant)
        self._by_email[applicant.email.lower()].remove(applicant)

    def among(self, email: str | None) -> list[Applicant]:
        """The applicants a search with these filters has to check."""
        return list(self.all.values()) if email is None else self._by_email.get(email.lower(), [])

    def received(self, applicant: Applicant) -> Json:
        """Everything known of an applicant, for tests; decodes the CV."""
        candidate = applicant.candidate
        return {
            "applicant": applicant.id,
            "candidate": candidate.id,
            "company": candidate.company.key,
            "vacancy": applicant.vacancy.slug,
            "column": applicant.column.title,
            "by_hand": applicant.by_hand,
            "time": applicant.created,
            "resume": applicant.resume.facts if applicant.resume else None,
            "enrichment": candidate.enrichments,
        } | _sent_fields(applicant.sent)


_SHOWN = (
    "firstname", "lastname", "email", "phone", "comment", "urls", "answers", "type",
    "offerer_id", "user_id", "response_text", "legalNewsletterPartners", "similarities",
)  # fmt: skip


def _sent_fields(sent: Json) -> Json:
    shown = {name: sent.get(name) for name in _SHOWN}
    return shown | {"link": sent["resume"] if sent.get("type") == "link" else None}
