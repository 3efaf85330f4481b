"""The read-back: after success, find the applicant of each push in Flatchr, and its column.

Flatchr's create returns no identifier, so one search a vacancy looks for many pushes at once.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from sync.clients.flatchr_answers import Applicant
from sync.exceptions import ConfigurationError, CredentialsError, RetryableError, SyncError
from sync.matching import Found, Rival, may_have_missed, own_applicant
from sync.models import FlatchrVacancy, Push
from sync.models.states import PushStatus
from sync.services.peers import circuit_breakers
from sync.services.peers.backoff import backoff
from sync.services.peers.client_factory import flatchr_client
from sync.services.privacy import suppression
from sync.services.queue.writer import Writer
from sync.services.reconciling.applicants import on_vacancy, person_of, with_hidden_phones
from sync.services.reconciling.batches import run_in_threads

logger = logging.getLogger(__name__)
Answer = list[Applicant] | SyncError | ConfigurationError
# Searches that answered without the applicant, before the push is reported.
MOST_CONFIRM_TRIES = 6
BATCH = 500


def read_back_some(deadline: float) -> int:
    """Look for one batch of created candidates; returns how many pushes were looked for."""
    by_vacancy: dict[FlatchrVacancy, list[Push]] = defaultdict(list)
    for push in Push.objects.to_confirm().claim_follow_up("confirm_after", BATCH):
        by_vacancy[push.vacancy].append(push)

    def search(vacancy: FlatchrVacancy, writer: Writer) -> Answer:
        return _search(vacancy, by_vacancy[vacancy], writer)

    answers = run_in_threads(search, by_vacancy, deadline)
    for vacancy, answer in answers.items():
        if isinstance(answer, Exception):
            _postpone(by_vacancy[vacancy], answer)
        else:
            _record(vacancy, by_vacancy[vacancy], answer)
    return sum(len(by_vacancy[vacancy]) for vacancy in answers)


def _search(vacancy: FlatchrVacancy, pushes: list[Push], writer: Writer) -> Answer:
    """HTTP only: an error is returned, for the thread that writes to record.

    One search for all of the pushes. It begins a day earlier: Flatchr's dates have no time zone.
    """
    since = min(push.create_started_at or push.created_at for push in pushes)
    try:
        return flatchr_client(vacancy.company, writer).search_applicants(
            vacancy_id=vacancy.remote_id or None, start=(since - timedelta(days=1)).date()
        )
    except (SyncError, ConfigurationError) as error:
        logger.warning("read-back of %s: %s", vacancy, error)
        return error


def _postpone(pushes: list[Push], error: Exception) -> None:
    """A search that failed says nothing of the applicants, so it costs no try.

    The next one comes after half the time already waited, within limits; a push without an
    applicant is reported once it has waited for `PUSH_DEADLINE_SECONDS`.
    """
    if isinstance(error, CredentialsError):
        circuit_breakers.note_refusal(pushes[0], error)
    asked_for = error.retry_after if isinstance(error, RetryableError) else None
    for push in pushes:
        waited = (timezone.now() - (push.closed_at or push.created_at)).total_seconds()
        if push.applicant_id and not isinstance(error, RetryableError):
            push.stop_following()
        elif not push.applicant_id and waited > settings.PUSH_DEADLINE_SECONDS:
            push.report_missing()
        else:
            spaced = max(settings.PUSH_SETTLE_SECONDS, waited / 2)
            delay = max(asked_for or 0, min(spaced, settings.PUSH_RETRY_CAP_SECONDS))
            push.look_again_later(delay=delay, tried=False)


def _record(vacancy: FlatchrVacancy, pushes: Iterable[Push], answer: list[Applicant]) -> None:
    """Give each push the one applicant that can only be its own, or look again later."""
    applicants = with_hidden_phones(on_vacancy(answer, vacancy), suppression.phone_hider())
    unattributed = _unattributed(vacancy)
    # A push that ended as "already there" points at an applicant that is another push's own.
    attributed = Push.objects.filter(vacancy=vacancy, status=PushStatus.SUCCEEDED)
    taken = set(attributed.exclude(applicant_id="").values_list("applicant_id", flat=True))
    for push in pushes:
        if push.applicant_id:
            # Found before; an event said that something has changed, mostly its column.
            found = next((one for one in applicants if one.id == push.applicant_id), None)
        else:
            free = [one for one in applicants if one.id not in taken]
            found = _own(push, free, unattributed[person_of(push).identity])
        if found:
            taken.add(found.id)
            push.mark_found(applicant_id=found.id, column=found.column)
        elif push.applicant_id:
            push.stop_following()
        elif push.confirm_tries + 1 >= MOST_CONFIRM_TRIES:
            push.report_missing()
        else:
            push.look_again_later(
                delay=max(settings.PUSH_SETTLE_SECONDS, backoff(push.confirm_tries + 1))
            )


def _unattributed(vacancy: FlatchrVacancy) -> dict[tuple[str, str], list[Push]]:
    """Pushes that have an applicant nobody has found yet, by the identity of whom they sent."""
    pushes = Push.objects.filter(vacancy=vacancy, applicant_id="").exclude(create_started_at=None)
    by_identity: dict[tuple[str, str], list[Push]] = defaultdict(list)
    for push in pushes.only(
        "candidate_name", "candidate_email", "candidate_phone", "known_applicants", "closed_at"
    ):
        by_identity[person_of(push).identity].append(push)
    return by_identity


def _own(push: Push, free: list[Found], others: Iterable[Push]) -> Found | None:
    """The one applicant that can only be this push's. `others`: pushes of the same identity."""
    settling = timedelta(seconds=settings.PUSH_SETTLE_SECONDS)
    rivals = [
        Rival(
            person=person_of(other),
            known=other.known_applicants,
            may_be_new=may_have_missed(push.run.started_at, other.closed_at, settling),
        )
        for other in others
        if other.pk != push.pk
    ]
    return own_applicant(person_of(push), free, known=push.known_applicants, rivals=rivals)
