"""Applicants as Flatchr's searches show them, and the people our pushes sent: made comparable."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from django.conf import settings

from sync.clients.flatchr_answers import Applicant, Vacancy
from sync.matching import Found, Person
from sync.models import FlatchrVacancy


def on_vacancy(applicants: Iterable[Applicant], vacancy: FlatchrVacancy | Vacancy) -> list[Found]:
    """Those of one vacancy: by its number where the answer has it, else by its title."""
    return [as_found(a) for a in applicants if _is_on(a, vacancy)]


def _is_on(applicant: Applicant, vacancy: FlatchrVacancy | Vacancy) -> bool:
    if applicant.vacancy_id is not None and vacancy.vacancy_id is not None:
        return applicant.vacancy_id == vacancy.vacancy_id
    return applicant.vacancy_title.strip() == vacancy.title.strip()


def as_found(applicant: Applicant) -> Found:
    name = f"{applicant.firstname} {applicant.lastname}"
    person = Person.of(name=name, email=applicant.email, phone=applicant.phone)
    return Found(applicant.id, applicant.column, person)


def masked(found: Found) -> Found:
    return replace(found, person=mask(found.person))


def mask(person: Person) -> Person:
    return Person(_digest(person.email), _digest(person.name), _digest(person.phone))


def _digest(value: str) -> str:
    """Keyed, and empty for nothing: equal values stay equal, and nobody can read them."""
    if not value:
        return ""
    return hmac.new(settings.SECRET_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()[:24]


class Sent(Protocol):
    """A push, as far as it tells whom it sent."""

    @property
    def candidate_name(self) -> str: ...
    @property
    def candidate_email(self) -> str: ...
    @property
    def candidate_phone(self) -> str: ...


def person_of(push: Sent) -> Person:
    """Whom a push sent, as its row remembers it: the phone as a hash."""
    person = Person.of(name=push.candidate_name, email=push.candidate_email)
    return replace(person, phone=push.candidate_phone)


def with_hidden_phones(found: Iterable[Found], hide: Callable[[str], str]) -> list[Found]:
    """Applicants, to be compared with what rows remember."""
    return [replace(a, person=replace(a.person, phone=hide(a.person.phone))) for a in found]
