"""Fetching a company's vacancies and their screening questions from Flatchr."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from sync.clients.flatchr_answers import Question, Vacancy
from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrCompany, FlatchrVacancy
from sync.services.peers.client_factory import flatchr_client


@dataclass(frozen=True)
class SyncedVacancies:
    created: int
    updated: int
    closed: int


def sync_vacancies(company: FlatchrCompany) -> SyncedVacancies:
    """Bring a company's vacancies up to date; one that Flatchr no longer lists is closed, never
    deleted. Raises SyncError or ConfigurationError, after the reason was noted on the company."""
    try:
        vacancies = _fetch(company)
        # Flatchr lists closed vacancies too, so an empty list is more likely a fault than the end
        # of all of them. Leaving them open does no harm: Flatchr refuses a push to a closed one.
        if not vacancies and company.vacancies.filter(is_open=True).exists():
            raise ConfigurationError(
                _("Flatchr listed no vacancy at all; those known here were left as they are.")
            )
    except (SyncError, ConfigurationError) as error:
        FlatchrCompany.objects.filter(pk=company.pk).update(last_error=error.note)
        raise
    return _store(company, vacancies)


def _fetch(company: FlatchrCompany) -> list[Vacancy]:
    """The vacancies of both of Flatchr's lists, each slug once."""
    client = flatchr_client(company)
    vacancies = {v.slug: v for v in client.list_vacancies() if v.slug}
    # The public feed has some that the other call leaves out, but never more about one.
    if company.slug:
        for vacancy in client.list_published_vacancies(company.slug):
            if vacancy.slug:
                vacancies.setdefault(vacancy.slug, vacancy)
    return list(vacancies.values())


@transaction.atomic
def _store(company: FlatchrCompany, vacancies: list[Vacancy]) -> SyncedVacancies:
    """Write what was fetched, close what was not, and count; one that closes is no update."""
    known = {v.slug: v for v in company.vacancies.all()}
    created = updated = closed = 0
    for vacancy in vacancies:
        values, before = _fields_of(vacancy), known.get(vacancy.slug)
        if before is None:
            created += 1
        elif any(getattr(before, name) != value for name, value in values.items()):
            closes = before.is_open and not vacancy.is_open
            closed, updated = closed + closes, updated + (not closes)
        FlatchrVacancy.objects.update_or_create(
            company=company, slug=vacancy.slug, defaults={**values, "synced_at": Now()}
        )
    gone = company.vacancies.filter(is_open=True).exclude(slug__in=[v.slug for v in vacancies])
    closed += gone.update(is_open=False, synced_at=Now())
    FlatchrCompany.objects.filter(pk=company.pk).update(vacancies_synced_at=Now(), last_error="")
    return SyncedVacancies(created, updated, closed)


def _fields_of(vacancy: Vacancy) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": vacancy.title[:255],
        "reference": vacancy.reference[:120],
        "remote_id": vacancy.remote_id,
        "vacancy_id": vacancy.vacancy_id,
        "is_open": vacancy.is_open,
        "location": vacancy.location[:255],
        "apply_url": vacancy.apply_url[:500],
    }
    # An answer without questions does not say that there are none.
    if vacancy.questions is not None:
        values["questions"] = _as_json(vacancy.questions)
    return values


def fetch_questions(vacancy: FlatchrVacancy) -> list[dict[str, Any]]:
    """The vacancy's screening questions as they are now, stored and returned as JSON objects.

    Raises SyncError, ConfigurationError.
    """
    client = flatchr_client(vacancy.company)
    questions = _as_json(client.read_questions(vacancy.remote_id))
    FlatchrVacancy.objects.filter(pk=vacancy.pk).update(questions=questions)
    vacancy.questions = questions
    return questions


def _as_json(questions: Iterable[Question]) -> list[dict[str, Any]]:
    return [{**asdict(one), "options": list(one.options)} for one in questions]
