"""After a lost answer: what became of the create? Asked before anything is sent again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from sync.clients.flatchr import FlatchrClient
from sync.matching import Found, LookUpVerdict, Person, Siblings, judge
from sync.models import Push
from sync.models.states import PushStatus
from sync.services.privacy import suppression
from sync.services.queue.writer import Writer
from sync.services.reconciling.applicants import on_vacancy, person_of, with_hidden_phones


def look_up(
    push: Push, flatchr: FlatchrClient, writer: Writer
) -> tuple[LookUpVerdict, Found | None]:
    """What became of a create whose answer was lost.

    The search is bounded by e-mail (else by last name) and by date, so that it stays cheap.
    """
    assert push.create_started_at is not None
    wanted = person_of(push)
    hide = writer.run(suppression.phone_hider)
    found = with_hidden_phones(search(push, push.create_started_at, flatchr), hide)
    siblings = writer.run(lambda: siblings_of(push, wanted))
    return judge(wanted, found, known=push.known_applicants, siblings=siblings)


def search(push: Push, since: datetime | None, flatchr: FlatchrClient) -> list[Found]:
    """Applicants on the push's vacancy with its e-mail (else its last name), created since."""
    # A day earlier: Flatchr's dates have no time zone.
    applicants = flatchr.search_applicants(
        email=push.candidate_email or None,
        lastname=None if push.candidate_email else push.candidate_lastname,
        vacancy_id=push.vacancy.remote_id or None,
        start=(since - timedelta(days=1)).date() if since else None,
    )
    return on_vacancy(applicants, push.vacancy)


def siblings_of(push: Push, wanted: Person) -> Siblings:
    """Our other pushes to this vacancy under the same e-mail, or else the same name."""
    others = Push.objects.filter(vacancy_id=push.vacancy_id).exclude(pk=push.pk)
    others = others.exclude(create_started_at=None)
    if push.candidate_email:
        others = others.filter(candidate_email=push.candidate_email)
    rows = [(other, person_of(other)) for other in others.iterator()]
    if not push.candidate_email:
        # Here, not in the query: names are alike whatever their case and accents.
        rows = [row for row in rows if row[1].name == wanted.name]
    return Siblings(
        identities=frozenset(person.identity for _, person in rows),
        attributed=frozenset(other.applicant_id for other, _ in rows if other.applicant_id),
        created=sum(_is_created_lately(other, push) for other, person in rows if person == wanted),
        unknown=sum(other.has_unknown_outcome for other, person in rows if person == wanted),
    )


def _is_created_lately(other: Push, push: Push) -> bool:
    """Created without an applicant attributed yet, and too late to be surely among those that the
    search before the push's run has shown."""
    if other.status != PushStatus.SUCCEEDED or other.applicant_id:
        return False
    settling = timedelta(seconds=settings.PUSH_SETTLE_SECONDS)
    begun, closed = push.run.started_at, other.closed_at
    return begun is None or closed is None or closed + settling >= begun
