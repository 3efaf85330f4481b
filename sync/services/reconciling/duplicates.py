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
    """The columns of another push that tell whom it sent, and where it stands."""

    candidate_name: str
    candidate_email: str
    candidate_phone: str
    status: str
    applicant_id: str
    column: str


# Compiled once, as it is asked before every create.
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
    """Another push with an intent that sent the same e-mail and name to this vacancy.

    Call it in the transaction that commits the candidate's own intent: until it ends, no other
    worker can look for this person. None also where the candidate has no e-mail.
    """
    wanted = candidate_person(candidate)
    if not wanted.email:
        return None
    if connection.vendor == "postgresql":
        # Else two workers that look at the same moment would both find nothing. On SQLite a
        # transaction that writes is alone anyway.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [vacancy_id % 2**31, wanted.email]
            )
    rows = _DUPLICATES.select(Push.objects.all(), vacancy=vacancy_id, email=wanted.email)
    duplicates = map(Duplicate._make, rows)
    return next((one for one in duplicates if person_of(one).identity == wanted.identity), None)
