"""The verbs that move a push after its create: of the read-back, and of people.

Each is one conditional UPDATE that names the states it leaves: zero rows changed means somebody
else was faster, and nothing has happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.dispatch import Signal

from sync.exceptions import SyncError
from sync.models.push_fields import PushFields
from sync.models.push_values import error_fields, in_seconds, no_error, wanted_enrichment
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


class FollowUpVerbs(PushFields):
    """Verbs after success: found again, enriched."""

    class Meta:
        abstract = True

    def _note(self, **changes: Any) -> None:
        type(self).objects.filter(pk=self.pk, status=S.SUCCEEDED).update(
            updated_at=Now(), **changes
        )

    def be_found(self, *, applicant_id: str, column: str) -> None:
        """The read-back found the applicant."""
        self._note(
            applicant_id=applicant_id,
            column=column,
            confirmed_at=Now(),
            confirm_after=None,
            **no_error(),
        )

    def be_missed(self, *, delay: float | None) -> None:
        """The read-back did not find the applicant; without a delay it is reported, and there is
        nobody to enrich."""
        again = None if delay is None else in_seconds(delay)
        self._note(confirm_after=again, confirm_tries=F("confirm_tries") + 1)
        if delay is None:
            mismatch = SyncError(ErrorCode.FLATCHR_MISMATCH)
            self._note(**error_fields(mismatch))
            if self.enrichment_status == EnrichmentStatus.PENDING:
                self.give_up_enrichment(mismatch)

    def be_left_alone(self) -> None:
        """It was found before and is not there any more: a recruiter archived it."""
        self._note(confirm_after=None)

    def be_enriched(self) -> None:
        self._note(
            enrichment_status=EnrichmentStatus.DONE, enrichment_after=None, enrichment_error=""
        )

    def enrich_later(self, error: SyncError, *, delay: float, tried: bool = True) -> None:
        self._note(
            enrichment_after=in_seconds(delay),
            enrichment_tries=F("enrichment_tries") + int(tried),
            enrichment_error=error.note,
        )

    def give_up_enrichment(self, error: SyncError) -> None:
        """Its own failure: the candidate is in Flatchr all the same."""
        self._note(
            enrichment_status=EnrichmentStatus.FAILED,
            enrichment_after=None,
            enrichment_error=error.note,
        )


class PeopleVerbs(PushFields):
    """Verbs of people."""

    class Meta:
        abstract = True

    def _move(self, leaves: tuple[PushStatus, ...], *only: Q, **changes: Any) -> None:
        rows = type(self).objects.filter(*only, pk=self.pk, status__in=leaves)
        with transaction.atomic():
            if not rows.update(updated_at=Now(), **changes):
                states = ", ".join(leaves)
                raise WrongStateError(f"push {self.pk}: is no longer in {states}, or was sent")
            if changes["status"] in ACTIVE:
                Run.objects.filter(pk=self.run_id).update(status="running", finished_at=None)
            _tell(self, changes)
        self.refresh_from_db()

    def confirm(self, user: User | None) -> None:
        """A person looked: the candidate is in Flatchr."""
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
        """A person looked: the candidate is not in Flatchr, so it may be sent again."""
        self._move(
            (S.UNCONFIRMED,),
            create_started_at=None,
            **_decided("push_again", user),
            **_afresh(),
        )

    def retry_enrichment(self, user: User | None) -> None:
        """Only the enrichment is tried again; the create never is."""
        rows = type(self).objects.filter(pk=self.pk, enrichment_status=EnrichmentStatus.FAILED)
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
        """Try again what was given up; raises IntegrityError where a newer push took its place."""
        self._move(RETRYABLE, **_decided("retry", user), **_afresh())

    def cancel(self, user: User | None) -> None:
        """Give up a push of which certainly nothing was sent."""
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
