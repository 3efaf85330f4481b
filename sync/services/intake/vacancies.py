"""Fetching a company's vacancies, and checking that accounts can be reached."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from sync.clients.flatchr import FlatchrClient
from sync.clients.flatchr_answers import Question, Vacancy
from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource
from sync.services.peers.client_factory import flatchr_client, hrflow_client


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
        _check_not_emptied(company, vacancies)
    except (SyncError, ConfigurationError) as error:
        FlatchrCompany.objects.filter(pk=company.pk).update(last_error=error.note)
        raise
    return _store(company, vacancies)


def _check_not_emptied(company: FlatchrCompany, vacancies: list[Vacancy]) -> None:
    """Flatchr lists closed vacancies too, so an empty list is more likely a fault than the end of
    all of them. Leaving them open does no harm: a push to one that is gone is refused."""
    if not vacancies and company.vacancies.filter(is_open=True).exists():
        raise ConfigurationError(
            _("Flatchr listed no vacancy at all; those known here were left as they are.")
        )


def _fetch(company: FlatchrCompany) -> list[Vacancy]:
    client = _client(company)
    vacancies = {v.slug: v for v in client.list_vacancies() if v.slug}
    # The public feed knows some that the other call leaves out, but never more about one.
    if company.slug:
        for vacancy in client.list_published_vacancies(company.slug):
            if vacancy.slug:
                vacancies.setdefault(vacancy.slug, vacancy)
    return list(vacancies.values())


def _client(company: FlatchrCompany) -> FlatchrClient:
    return flatchr_client(company)


@transaction.atomic
def _store(company: FlatchrCompany, vacancies: list[Vacancy]) -> SyncedVacancies:
    known = {v.slug: v for v in company.vacancies.all()}
    created = updated = closed = 0
    for vacancy in vacancies:
        values, before = _values(vacancy), known.get(vacancy.slug)
        created += before is None
        if before is not None and _differs(before, values):
            closes = before.is_open and not vacancy.is_open
            closed, updated = closed + closes, updated + (not closes)
        FlatchrVacancy.objects.update_or_create(
            company=company, slug=vacancy.slug, defaults={**values, "synced_at": Now()}
        )
    gone = company.vacancies.filter(is_open=True).exclude(slug__in=[v.slug for v in vacancies])
    closed += gone.update(is_open=False, synced_at=Now())
    FlatchrCompany.objects.filter(pk=company.pk).update(vacancies_synced_at=Now(), last_error="")
    return SyncedVacancies(created, updated, closed)


def _values(vacancy: Vacancy) -> dict[str, Any]:
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
        values["questions"] = [as_json(question) for question in vacancy.questions]
    return values


def as_json(question: Question) -> dict[str, Any]:
    return {**asdict(question), "options": list(question.options)}


def _differs(vacancy: FlatchrVacancy, values: dict[str, Any]) -> bool:
    return any(getattr(vacancy, name) != value for name, value in values.items())


def fetch_questions(vacancy: FlatchrVacancy) -> list[dict[str, Any]]:
    """The vacancy's screening questions as they are now. Raises SyncError, ConfigurationError."""
    questions = _client(vacancy.company).read_questions(vacancy.remote_id)
    found = [as_json(question) for question in questions]
    FlatchrVacancy.objects.filter(pk=vacancy.pk).update(questions=found)
    vacancy.questions = found
    return found


# --- connections --------------------------------------------------------------------------------


def check_source(source: HrFlowSource) -> int | None:
    """Credentials and source key; returns how many profiles the source holds, where HrFlow says.

    Raises SyncError or ConfigurationError with what exactly is wrong.
    """
    client = hrflow_client(source)
    client.check_credentials()
    return client.list_profiles(source.source_key, limit=1, return_profile=False).total


def check_company(company: FlatchrCompany) -> int:
    """API key and company key; returns how many stages the company has. Raises as above."""
    return len(flatchr_client(company).list_columns())
