"""After a lost answer: what became of the create? Asked before anything is sent again."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from sync.clients.flatchr import FlatchrClient
from sync.matching import Found, LookUpVerdict, Person, Siblings, judge, may_have_missed
from sync.models import Push
from sync.models.states import PushStatus
from sync.services.privacy import suppression
from sync.services.queue.writer import Writer
from sync.services.reconciling.applicants import (
    may_be_cut,
    person_of,
    search_for,
    with_hidden_phones,
)


def look_up(
    push: Push, flatchr: FlatchrClient, writer: Writer
) -> tuple[LookUpVerdict, Found | None]:
    """What became of a create whose answer was lost; the applicant where it is certain which.

    Raises what the search raises (SyncError).
    """
    assert push.create_started_at is not None
    wanted = person_of(push)
    hide = writer.run(suppression.phone_hider)
    found = with_hidden_phones(search_for(push, flatchr, since=push.create_started_at), hide)
    siblings = writer.run(lambda: _siblings_of(push, wanted))
    verdict, own = judge(wanted, found, known=push.known_applicants, siblings=siblings)
    if verdict is LookUpVerdict.ABSENT and may_be_cut(len(found)):
        # Of so many of one name the one in question may have been left out: a person decides.
        return LookUpVerdict.AMBIGUOUS, None
    return verdict, own


def _siblings_of(push: Push, wanted: Person) -> Siblings:
    """Our other pushes to this vacancy under the same e-mail, or else the same name."""
    others = Push.objects.filter(vacancy_id=push.vacancy_id).exclude(pk=push.pk)
    others = others.exclude(create_started_at=None)
    if push.candidate_email:
        others = others.filter(candidate_email=push.candidate_email)
    rows = [(other, person_of(other)) for other in others.iterator()]
    if not push.candidate_email:
        # Here, not in the query: names are compared without case and accents.
        rows = [row for row in rows if row[1].name == wanted.name]
    same = [other for other, person in rows if person == wanted]
    settling = timedelta(seconds=settings.PUSH_SETTLE_SECONDS)
    unattributed = [
        other for other in same if other.status == PushStatus.SUCCEEDED and not other.applicant_id
    ]
    return Siblings(
        identities=frozenset(person.identity for _, person in rows),
        attributed=frozenset(other.applicant_id for other, _ in rows if other.applicant_id),
        created=sum(
            may_have_missed(push.run.started_at, other.closed_at, settling)
            for other in unattributed
        ),
        unknown=sum(other.has_unknown_outcome for other in same),
    )
