"""Transitions by people: confirm, push again, retry, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.dispatch import Signal

from sync.exceptions import SyncError
from sync.models.push.fields import PushFields
from sync.models.push.values import error_fields, in_seconds, no_error, wanted_enrichment
from sync.models.runs import Run
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


class PeopleTransitions(PushFields):
    """Verbs of people."""

    class Meta:
        abstract = True

    def _move(self, leaves: tuple[PushStatus, ...], *only: Q, **changes: Any) -> None:
        rows = type(self)._default_manager.filter(*only, pk=self.pk, status__in=leaves)
        with transaction.atomic():
            if not rows.update(updated_at=Now(), **changes):
                states = ", ".join(leaves)
                raise WrongStateError(f"push {self.pk}: is no longer in {states}, or was sent")
            if changes["status"] in ACTIVE:
                Run.objects.filter(pk=self.run_id).update(status="running", finished_at=None)
            _tell(self, changes)
        self.refresh_from_db()

    def confirm(self, user: User | None) -> None:
        """unconfirmed → succeeded: a person looked, the candidate is in Flatchr."""
        self._move(
            (S.UNCONFIRMED,),
            status=S.SUCCEEDED,
            event=Event.WRITE_SUCCESS,
            confirm_after=Now(),
            closed_at=Now(),
            **wanted_enrichment(self.vacancy.company.enrich),
            **_decided("in_flatchr", user),
            **no_error(),
        )

    def push_again(self, user: User | None) -> None:
        """unconfirmed → queued: a person looked, the candidate is not there; it may be sent again."""
        self._move(
            (S.UNCONFIRMED,),
            create_started_at=None,
            **_decided("push_again", user),
            **_afresh(),
        )

    def retry_enrichment(self, user: User | None) -> None:
        """Only the enrichment is tried again; the create never is."""
        rows = type(self)._default_manager.filter(
            pk=self.pk, enrichment_status=EnrichmentStatus.FAILED
        )
        # Without an applicant there is nobody to enrich: they are looked for first.
        look = {} if self.applicant_id else {"confirm_after": Now(), "confirm_tries": 0}
        decision = _decided("retry_enrich", user)
        changed = rows.update(
            enrichment_status=EnrichmentStatus.PENDING,
            enrichment_after=Now(),
            enrichment_tries=0,
            updated_at=Now(),
            **look,
            **decision,
        )
        if not changed:
            raise WrongStateError(f"push {self.pk}: its enrichment has not failed")
        _tell(self, decision)

    def retry(self, user: User | None) -> None:
        """failed, cancelled, discarded → queued: try again. Raises IntegrityError where a newer push
        took its place."""
        self._move(RETRYABLE, **_decided("retry", user), **_afresh())

    def cancel(self, user: User | None) -> None:
        """queued, retrying → cancelled: a push of which certainly nothing was sent."""
        self._move(
            WAITING,
            Q(create_started_at=None),
            status=S.CANCELLED,
            next_attempt_at=None,
            closed_at=Now(),
            **_decided("cancel", user),
            **error_fields(SyncError(ErrorCode.CANCELLED)),
        )


def _decided(decision: str, user: User | None) -> dict[str, Any]:
    return {"decision": decision, "decided_by": user, "decided_at": Now()}


def _tell(push: PushFields, changes: dict[str, Any]) -> None:
    decided.send(type(push), push=push, decision=changes["decision"], user=changes["decided_by"])


def _afresh() -> dict[str, Any]:
    return {
        "status": S.QUEUED,
        "event": "",
        "attempts": 0,
        "lookups": 0,
        "next_attempt_at": Now(),
        "deadline_at": in_seconds(settings.PUSH_DEADLINE_SECONDS),
        "closed_at": None,
        **no_error(),
    }
