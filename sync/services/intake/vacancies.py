"""Fetching a company's vacancies and their screening questions from Flatchr."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sync.clients.flatchr_answers import Question, Vacancy
from sync.exceptions import ConfigurationError, SyncError, UserFacingError
from sync.models import FlatchrCompany, FlatchrVacancy
from sync.services.peers.client_factory import flatchr_client

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SyncedVacancies:
    created: int
    updated: int
    closed: int
    # Why the public feed could not be read, where it could not.
    problem: UserFacingError | None = None


@dataclass(frozen=True)
class Listed:
    """What Flatchr's two lists hold, each vacancy once. `extras`: those of the public feed that
    the company's own list leaves out. `problem`: why the feed could not be read; None: it was, or
    nobody asked."""

    own: list[Vacancy]
    extras: list[Vacancy]
    problem: UserFacingError | None = None


def sync_vacancies(company: FlatchrCompany) -> SyncedVacancies:
    """Bring a company's vacancies up to date; one that Flatchr no longer lists is closed, never
    deleted. Raises SyncError or ConfigurationError, after the reason was noted on the company."""
    try:
        listed = _fetch(company)
        # Flatchr lists closed vacancies too, so an empty list is more likely a fault than the end
        # of all of them. Leaving them open does no harm: Flatchr refuses a push to a closed one.
        nothing = not (listed.own or listed.extras)
        if nothing and company.vacancies.filter(is_open=True).exists():
            raise ConfigurationError(
                _("Flatchr listed no vacancy at all; those known here were left as they are.")
            )
    except (SyncError, ConfigurationError) as error:
        FlatchrCompany.objects.filter(pk=company.pk).update(last_error=error.note)
        raise
    return _store(company, listed)


def _fetch(company: FlatchrCompany) -> Listed:
    """The public feed is optional: where it cannot be read, only its extra rows are missing."""
    client = flatchr_client(company)
    own = list(_each_once(client.list_vacancies()))
    if not company.slug:
        return Listed(own, [])
    try:
        published = client.list_published_vacancies(company.slug)
    except SyncError as error:
        return Listed(own, [], _feed_problem(company, error))
    # A feed that lags behind may still show the former slug of a vacancy of the own list.
    both = list(_each_once([*own, *published]))
    return Listed(own, both[len(own) :])


def _feed_problem(company: FlatchrCompany, error: SyncError) -> UserFacingError:
    """The feed needs no key, so whatever it answers says nothing of the key."""
    logger.warning("%s: its public feed could not be read: HTTP %s", company, error.http_status)
    return UserFacingError(
        gettext_noop(
            "The careers site “%(site)s” could not be read (HTTP %(status)s). The vacancies that "
            "Flatchr lists for the company were fetched all the same; those that only the careers "
            "site shows were left as they are."
        ),
        site=company.slug,
        status=error.http_status or "—",
    )


def _each_once(vacancies: Iterable[Vacancy]) -> Iterator[Vacancy]:
    """Those with a slug, the first of each: no number, id or slug comes twice."""
    seen: set[tuple[str, Any]] = set()
    for vacancy in vacancies:
        names = {(key, value) for key in SAME_BY if (value := getattr(vacancy, key))}
        if vacancy.slug and not names & seen:
            seen |= names
            yield vacancy


# --- which row is which vacancy -------------------------------------------------------------------

# What tells a vacancy, the strongest first. Its slug changes with its title.
SAME_BY = ("vacancy_id", "remote_id", "slug")


def _rows_of(
    vacancies: Iterable[Vacancy], rows: Iterable[FlatchrVacancy]
) -> dict[str, FlatchrVacancy]:
    """The row of each vacancy that has one, by the vacancy's slug; no row is taken twice.

    Of several rows with one number (an earlier version made a second one when a slug changed) the
    one with the slug is taken, else an open one, else the oldest.
    """
    free = sorted(rows, key=lambda row: (not row.is_open, row.pk))
    wanted, found = list(vacancies), {}
    for key in SAME_BY:
        for vacancy in [v for v in wanted if v.slug not in found]:
            value = getattr(vacancy, key)
            same = [row for row in free if value and getattr(row, key) == value]
            if same:
                row = next((one for one in same if one.slug == vacancy.slug), same[0])
                found[vacancy.slug] = row
                free.remove(row)
    return found


@transaction.atomic
def _store(company: FlatchrCompany, listed: Listed) -> SyncedVacancies:
    """Write what was fetched, close what was not, and count; one that closes is no update."""
    vacancies, known = [*listed.own, *listed.extras], list(company.vacancies.all())
    rows = _rows_of(vacancies, known)
    _free_slugs(vacancies, rows, known)
    created = updated = closed = 0
    for number, vacancy in enumerate(vacancies):
        values, row = _fields_of(vacancy), rows.get(vacancy.slug)
        if row is None:
            created, row = created + 1, FlatchrVacancy(company=company)
        elif any(getattr(row, name) != value for name, value in values.items()):
            closes = row.is_open and not vacancy.is_open
            closed, updated = closed + closes, updated + (not closes)
        values |= {"is_listed": number < len(listed.own), "synced_at": Now()}
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values) if row.pk else None)
        rows[vacancy.slug] = row
    gone = company.vacancies.filter(is_open=True).exclude(pk__in=[row.pk for row in rows.values()])
    if listed.problem:  # Then nobody knows of those that only the public feed shows.
        gone = gone.filter(is_listed=True)
    closed += gone.update(is_open=False, synced_at=Now())
    problem = listed.problem.note if listed.problem else ""
    FlatchrCompany.objects.filter(pk=company.pk).update(
        vacancies_synced_at=Now(), last_error=problem
    )
    return SyncedVacancies(created, updated, closed, listed.problem)


def _free_slugs(
    vacancies: Iterable[Vacancy], rows: dict[str, FlatchrVacancy], known: Iterable[FlatchrVacancy]
) -> None:
    """A company has each slug once: a row that holds the slug of another vacancy (two may have
    exchanged theirs) gives it up first."""
    wanted = {vacancy.slug for vacancy in vacancies}
    for holder in known:
        if holder.slug in wanted and rows.get(holder.slug) != holder:
            former = f"{holder.pk}~{holder.slug}"[:255]
            FlatchrVacancy.objects.filter(pk=holder.pk).update(slug=former)


def _fields_of(vacancy: Vacancy) -> dict[str, Any]:
    values: dict[str, Any] = {
        "slug": vacancy.slug,
        "title": vacancy.title[:255],
        "reference": vacancy.reference[:120],
        "is_open": vacancy.is_open,
        "location": vacancy.location[:255],
        "apply_url": vacancy.apply_url[:500],
    }
    # What tells the vacancy next time is not forgotten because one answer leaves it out.
    ids = {"remote_id": vacancy.remote_id, "vacancy_id": vacancy.vacancy_id}
    values |= {name: value for name, value in ids.items() if value}
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
