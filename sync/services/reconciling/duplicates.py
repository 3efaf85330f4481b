"""The same person, pushed to the same vacancy from another profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, CharField

from sync.matching import candidate_person
from sync.models import Push
from sync.models.push.compiled_sql import PreparedSelect, Slot
from sync.services.reconciling.applicants import person_of


class Duplicate(NamedTuple):
    """What tells whether another push sent the same person, and no more."""

    candidate_name: str
    candidate_email: str
    candidate_phone: str
    status: str
    applicant_id: str
    column: str


# Asked before every create.
_DUPLICATES = PreparedSelect(
    lambda pushes: (
        pushes.filter(
            vacancy=Slot("vacancy", BigIntegerField()),
            candidate_email=Slot("email", CharField()),
            create_started_at__isnull=False,
        )
        .order_by()
        .values_list(*Duplicate._fields)
    )
)


def find_duplicate(vacancy_id: int, candidate: Mapping[str, Any]) -> Duplicate | None:
    """To be asked in the transaction that commits the candidate's intent: until it ends, no other
    worker finds out about this person. None where there is no e-mail to know them by."""
    wanted = candidate_person(candidate)
    if not wanted.email:
        return None
    _take_turns(vacancy_id, wanted.email)
    rows = _DUPLICATES.select(Push.objects.all(), vacancy=vacancy_id, email=wanted.email)
    duplicates = (
        duplicate
        for duplicate in map(Duplicate._make, rows)
        if person_of(duplicate).identity == wanted.identity
    )
    return next(duplicates, None)


def _take_turns(vacancy_id: int, email: str) -> None:
    """Two workers that look for each other's duplicate at one moment would both find nothing. On SQLite
    a transaction that writes is alone anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [vacancy_id % 2**31, email]
            )
