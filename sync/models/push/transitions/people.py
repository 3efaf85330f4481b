"""Transitions by people: confirm, push again, retry, cancel, retry the enrichment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.dispatch import Signal

from sync.exceptions import SyncError
from sync.models.push.fields import PushFields
from sync.models.push.values import ENRICHMENT, NO_ERROR, error_fields, in_seconds
from sync.models.runs import Run, RunStatus
from sync.models.states import (
    ACTIVE,
    RETRYABLE,
    WAITING,
    EnrichmentStatus,
    PushStatus,
    WrongStateError,
)
from sync.vocabulary import ErrorCode, Event

if TYPE_CHECKING:
    from django.contrib.auth.models import User

S = PushStatus
# A person moved a push: `push`, `decision`, `user`. For the audit log.
decided = Signal()
# Decisions to send, of a person who has looked who is on the vacancy.
SENT_ALL_THE_SAME = ("push_again", "push_anyway")


class PeopleTransitions(PushFields):
    """Transitions that a person decides on."""

    class Meta:
        abstract = True

    def _decide(self, decision: str, user: User | None, only: Q, **changes: Any) -> None:
        """Change the row where `only` holds, and tell who decided. Raises WrongStateError."""
        rows = type(self)._default_manager.filter(only, pk=self.pk)
        decided_now = {"decision": decision, "decided_by": user, "decided_at": Now()}
        with transaction.atomic():
            if not rows.update(updated_at=Now(), **decided_now, **changes):
                raise WrongStateError(f"push {self.pk}: not in a state that {decision!r} leaves")
            if changes.get("status") in ACTIVE:
                run = Run.objects.filter(pk=self.run_id)
                run.update(status=RunStatus.RUNNING, finished_at=None)
            decided.send(type(self), push=self, decision=decision, user=user)
        self.refresh_from_db()

    def confirm(self, user: User | None) -> None:
        """unconfirmed → succeeded: a person looked, the candidate is in Flatchr."""
        self._decide(
            "in_flatchr",
            user,
            Q(status=S.UNCONFIRMED),
            status=S.SUCCEEDED,
            event=Event.WRITE_SUCCESS,
            confirm_after=Now(),
            closed_at=Now(),
            **ENRICHMENT[self.vacancy.company.enrich],
            **NO_ERROR,
        )

    def push_again(self, user: User | None) -> None:
        """unconfirmed → queued: a person looked, and the candidate is not there: it may be sent
        again."""
        unconfirmed = Q(status=S.UNCONFIRMED)
        self._decide("push_again", user, unconfirmed, create_started_at=None, **_queued_anew())

    def push_anyway(self, user: User | None) -> None:
        """failed → queued: a person looked, and who looks like the candidate is somebody else.

        Only where it failed for that reason (ErrorCode.LOOKALIKE). Raises IntegrityError where a
        newer push took its place.
        """
        self._decide("push_anyway", user, _LOOKALIKE, **_queued_anew())

    def mark_same_person(self, user: User | None) -> None:
        """failed → already_there: a person looked, and who looks like the candidate is them."""
        known = {key: self.error_params.get(key) or "" for key in ("applicant", "column")}
        self._decide(
            "same_person",
            user,
            _LOOKALIKE,
            status=S.ALREADY_THERE,
            event=Event.ALREADY_THERE,
            applicant_id=known["applicant"],
            column=known["column"],
            closed_at=Now(),
            **NO_ERROR,
        )

    def retry(self, user: User | None) -> None:
        """failed, cancelled, discarded → queued: try again.

        Raises IntegrityError where a newer push took its place.
        """
        self._decide("retry", user, Q(status__in=RETRYABLE), **_queued_anew())

    def cancel(self, user: User | None) -> None:
        """queued, retrying → cancelled: a push of which certainly nothing was sent."""
        self._decide(
            "cancel",
            user,
            Q(status__in=WAITING, create_started_at=None),
            status=S.CANCELLED,
            next_attempt_at=None,
            closed_at=Now(),
            **error_fields(SyncError(ErrorCode.CANCELLED)),
        )

    def retry_enrichment(self, user: User | None) -> None:
        """Enrichment failed → pending: it alone is tried again; the create never is. Without an
        applicant there is nobody to enrich: it is looked for first."""
        look = {} if self.applicant_id else {"confirm_after": Now(), "confirm_tries": 0}
        self._decide(
            "retry_enrich",
            user,
            Q(status=S.SUCCEEDED, enrichment_status=EnrichmentStatus.FAILED),
            enrichment_status=EnrichmentStatus.PENDING,
            enrichment_after=Now(),
            enrichment_tries=0,
            **look,
        )


_LOOKALIKE = Q(status=S.FAILED, error_code=ErrorCode.LOOKALIKE)


def _queued_anew() -> dict[str, Any]:
    """As a new push is, with a deadline of its own; what is known of its candidate stays."""
    return {
        "status": S.QUEUED,
        "event": "",
        "attempts": 0,
        "lookups": 0,
        "next_attempt_at": Now(),
        "deadline_at": in_seconds(settings.PUSH_DEADLINE_SECONDS),
        "closed_at": None,
        **NO_ERROR,
    }
