"""The same person, or somebody like them, on the vacancy already: pushed from another profile, or
an applicant that Flatchr's search shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, CharField
from django.utils.translation import gettext_noop

from sync.exceptions import PermanentError
from sync.matching import Doubt, Found, Likeness, Person, compare, doubt
from sync.models import Push
from sync.models.push.compiled_sql import PreparedSelect, Slot
from sync.services.reconciling.applicants import person_of
from sync.vocabulary import ErrorCode

# What makes somebody look like the candidate, for the sentence of ErrorCode.LOOKALIKE.
_APPLICANT = {
    Doubt.EMAIL: gettext_noop("the same e-mail under another name (applicant %(applicant)s)"),
    Doubt.PHONE: gettext_noop(
        "the same name and phone under another e-mail (applicant %(applicant)s)"
    ),
}
_PUSH = {
    Doubt.EMAIL: gettext_noop("the same e-mail under another name (push no. %(push)s)"),
    Doubt.PHONE: gettext_noop("the same name and phone under another e-mail (push no. %(push)s)"),
}


class Duplicate(NamedTuple):
    """The columns of another push that tell whom it sent, and where it stands."""

    pk: int
    candidate_name: str
    candidate_email: str
    candidate_phone: str
    status: str
    applicant_id: str
    column: str


def _sent(pushes: Any, **same: Slot) -> Any:
    vacancy = Slot("vacancy", BigIntegerField())
    found = pushes.filter(vacancy=vacancy, create_started_at__isnull=False, **same)
    return found.order_by().values_list(*Duplicate._fields)


# Compiled once, as it is asked before every create. A union, so that each half has its index.
_SENT = PreparedSelect(
    lambda pushes: _sent(pushes, candidate_email=Slot("email", CharField())).union(
        _sent(pushes, candidate_phone=Slot("phone", CharField()))
    )
)


def sent_to(vacancy_id: int, wanted: Person) -> list[Duplicate]:
    """Other pushes with an intent that sent the e-mail or the phone of `wanted` to this vacancy.

    `wanted`: with its phone as rows keep it, a hash. Call it in the transaction that commits the
    candidate's own intent: until it ends, no other worker can look for this person. None also where
    the candidate has neither e-mail nor phone.
    """
    # NULL, for a part that is not known: it equals nothing, and locks nothing.
    email, phone = wanted.email or None, wanted.phone or None
    if not (email or phone):
        return []
    if connection.vendor == "postgresql":
        # Else two workers that look at the same moment would both find nothing. On SQLite a
        # transaction that writes is alone anyway. The phone's locks have a space of their own.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s)),"
                " pg_advisory_xact_lock(hashtextextended(%s, %s))",
                [vacancy_id % 2**31, email, phone, vacancy_id],
            )
    rows = _SENT.select(Push.objects.all(), vacancy=vacancy_id, email=email, phone=phone)
    return list(map(Duplicate._make, rows))


def find_duplicate(wanted: Person, others: Iterable[Duplicate]) -> Duplicate | None:
    """The push that certainly sent the same person, by e-mail and name, or by name and phone where
    there is no e-mail; None where there is none.

    Who only looks like them is another question: `refuse_lookalike`.
    """
    same = (one for one in others if compare(wanted, person_of(one)) is Likeness.SAME)
    return next(same, None)


def refuse_lookalike(wanted: Person, others: Iterable[Found | Duplicate]) -> None:
    """Raises PermanentError(LOOKALIKE) where one of them may be this person or may be somebody
    else: a person decides before anything is sent.

    Its parameters name no one: a row's error outlives the erasure of somebody else.
    """
    for other in others:
        is_push = isinstance(other, Duplicate)
        found = doubt(wanted, person_of(other) if isinstance(other, Duplicate) else other.person)
        if found is None:
            continue
        where: dict[str, Any] = {"column": other.column}
        if isinstance(other, Duplicate):
            where |= {"applicant": other.applicant_id, "push": other.pk}
        else:
            where["applicant"] = other.id
        problem = (_PUSH if is_push else _APPLICANT)[found]
        raise PermanentError(ErrorCode.LOOKALIKE, problem=problem, **where)
