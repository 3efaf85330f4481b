"""Flatchr's applicants and the people our pushes sent, made comparable (`sync.matching`)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings

from sync.clients.flatchr import FlatchrClient
from sync.clients.flatchr_answers import Applicant, Vacancy
from sync.matching import Found, Person
from sync.models import FlatchrVacancy, Push

# Searches that seem to end at a limit: at a multiple of the smallest usual page, or beyond this.
PAGE, LONGEST_TRUSTED = 50, 500


def search_for(push: Push, flatchr: FlatchrClient, *, since: datetime | None = None) -> list[Found]:
    """Applicants on the push's vacancy with its e-mail (else its last name), created since."""
    email, lastname = push.candidate_email, push.candidate_lastname
    return search_person(flatchr, push.vacancy, email=email, lastname=lastname, since=since)


def search_person(
    flatchr: FlatchrClient,
    vacancy: FlatchrVacancy | Vacancy,
    *,
    email: str,
    lastname: str,
    since: datetime | None = None,
) -> list[Found]:
    """Applicants on a vacancy with this e-mail (without one: this last name), created since.

    The bounds keep the search cheap. It begins a day earlier: Flatchr's dates have no time zone.
    """
    applicants = flatchr.search_applicants(
        email=email or None,
        lastname=None if email else lastname,
        vacancy_id=vacancy.remote_id or None,
        start=(since - timedelta(days=1)).date() if since else None,
    )
    return on_vacancy(applicants, vacancy)


def may_be_cut(count: int) -> bool:
    """Whether a search with so many applicants may have left others out. No limit is documented;
    a page is a round number, and long answers are where limits begin."""
    return count > LONGEST_TRUSTED or (count > 0 and count % PAGE == 0)


def on_vacancy(applicants: Iterable[Applicant], vacancy: FlatchrVacancy | Vacancy) -> list[Found]:
    """Those of one vacancy: by its number where the answer has it, else by its title."""
    found = []
    for applicant in applicants:
        if applicant.vacancy_id is not None and vacancy.vacancy_id is not None:
            is_there = applicant.vacancy_id == vacancy.vacancy_id
        else:
            is_there = applicant.vacancy_title.strip() == vacancy.title.strip()
        if is_there:
            name = f"{applicant.firstname} {applicant.lastname}"
            person = Person.of(name=name, email=applicant.email, phone=applicant.phone)
            found.append(Found(applicant.id, applicant.column, person))
    return found


def mask(person: Person) -> Person:
    """The person as keyed digests: equal values have equal digests, and nobody can read them.

    An empty value stays empty. The key is `SECRET_KEY`.
    """
    key = settings.SECRET_KEY.encode()
    digests = [
        hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:24] if value else ""
        for value in (person.email, person.name, person.phone)
    ]
    return Person(*digests)


class Sent(Protocol):
    """The columns of a push that tell whom it sent."""

    @property
    def candidate_name(self) -> str: ...
    @property
    def candidate_email(self) -> str: ...
    @property
    def candidate_phone(self) -> str: ...


def person_of(push: Sent) -> Person:
    """Whom a push sent. Its row holds the phone as a hash only (`suppression.phone_hider`), so
    compare it with applicants that went through `with_hidden_phones`."""
    person = Person.of(name=push.candidate_name, email=push.candidate_email)
    return replace(person, phone=push.candidate_phone)


def with_hidden_phones(found: Iterable[Found], hide: Callable[[str], str]) -> list[Found]:
    """Applicants with their phones hashed by `hide`, to compare them with `person_of` a push."""
    return [replace(a, person=replace(a.person, phone=hide(a.person.phone))) for a in found]
