"""Transitions by the worker that holds a push's claim.

Each is one conditional UPDATE that names the claim: zero rows changed means that it is gone, and
nothing has happened.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Now

from sync.exceptions import SyncError
from sync.matching import comparable_email
from sync.models.push.compiled_sql import PreparedUpdate, Slot
from sync.models.push.fields import PushFields
from sync.models.push.values import ENRICHMENT, NO_CLAIM, NO_ERROR, error_fields, in_seconds
from sync.models.states import LostClaimError, PushStatus, WrongStateError
from sync.vocabulary import ErrorCode, Event

S = PushStatus


class WorkerTransitions(PushFields):
    """Transitions under a claim."""

    class Meta:
        abstract = True

    def _move(
        self, status: PushStatus = S.RUNNING, *, may_be_sent: bool = True, **changes: Any
    ) -> None:
        """To `status`; any other than `running` ends the claim.

        `may_be_sent`: False where the change holds only for a push of which nothing was sent.
        Raises LostClaimError where the claim is gone, WrongStateError where something was sent.
        """
        claimed = type(self)._default_manager.filter(
            pk=self.pk, status=S.RUNNING, claim_token=self.claim_token
        )
        rows = claimed if may_be_sent else claimed.filter(create_started_at=None)
        if status != S.RUNNING:
            changes = {"next_attempt_at": None, **NO_CLAIM, **changes}
        if rows.update(status=status, updated_at=Now(), **changes):
            return
        if not may_be_sent and claimed.exists():
            raise WrongStateError(f"push {self.pk}: its create has an unknown outcome")
        raise LostClaimError(f"push {self.pk}: the claim is gone")

    def begin_create(self, *, firstname: str, lastname: str, email: str, phone: str) -> None:
        """running → running: commit the intent to create. Raises LostClaimError where the lease of
        the claim has run out, or an intent stands already."""
        changed = _BEGIN_CREATE.update(
            type(self)._default_manager.all(),
            push=self.pk,
            token=self.claim_token,
            name=f"{firstname} {lastname}"[:255],
            lastname=lastname[:255],
            email=comparable_email(email)[:254],
            phone=phone[:64],
            lease=timedelta(seconds=settings.PUSH_LEASE_SECONDS),
        )
        if not changed:
            raise LostClaimError(f"push {self.pk}: the lease has run out; nothing was sent")

    def note_known(self, applicants: list[str]) -> None:
        """running → running: keep the ids of applicants that were on the vacancy before anything
        was sent, so that no look-up takes one of them for ours."""
        self._move(known_applicants=applicants)
        self.known_applicants = applicants

    def succeed(self, *, applicant_id: str = "", column: str = "") -> None:
        """running → succeeded: by a certain answer, or found by a look-up, which names the
        applicant; without one the read-back looks for it."""
        enrich = self.vacancy.company.enrich
        if applicant_id:
            self._move(
                S.SUCCEEDED,
                event=Event.WRITE_SUCCESS,
                applicant_id=applicant_id,
                column=column,
                confirmed_at=Now(),
                closed_at=Now(),
                **ENRICHMENT[enrich],
                **NO_ERROR,
            )
            return
        changed = _SUCCEED[enrich].update(
            type(self)._default_manager.all(),
            push=self.pk,
            token=self.claim_token,
            settle=timedelta(seconds=settings.PUSH_SETTLE_SECONDS),
        )
        if not changed:
            raise LostClaimError(f"push {self.pk}: the claim is gone")

    def mark_already_there(self, *, applicant_id: str, column: str) -> None:
        """running → already_there: nothing was sent, the same person is on the vacancy."""
        self._move(
            S.ALREADY_THERE,
            event=Event.ALREADY_THERE,
            applicant_id=applicant_id,
            column=column,
            confirmed_at=Now(),
            closed_at=Now(),
            **NO_ERROR,
        )

    def discard(self, logic: str) -> None:
        """running → discarded: a rule left the profile out."""
        self._move(
            S.DISCARDED,
            event=Event.LOGICS_DISCARD,
            closed_at=Now(),
            **error_fields(SyncError(ErrorCode.LOGIC_DISCARDED, name=logic)),
        )

    def fail(self, error: SyncError, event: Event, *, create_refused: bool = False) -> None:
        """running → failed: it can never work, and certainly nothing was created.

        `create_refused`: an intent was committed, and the answer says that it had no effect.
        """
        self._move(
            S.FAILED,
            may_be_sent=create_refused,
            event=event,
            closed_at=Now(),
            create_started_at=None,
            **error_fields(error),
        )

    def retry_later(
        self, error: SyncError, event: Event, *, delay: float, create_refused: bool = False
    ) -> None:
        """running → retrying: it certainly had no effect and may work in `delay` seconds."""
        self._move(
            S.RETRYING,
            may_be_sent=create_refused,
            event=event,
            next_attempt_at=in_seconds(delay),
            create_started_at=None,
            **error_fields(error),
        )

    def mark_unknown(self, error: SyncError, *, delay: float) -> None:
        """running → retrying: a request was sent, its outcome is unknown; look it up in `delay`
        seconds."""
        self._move(
            S.RETRYING,
            event=Event.WRITE_FAILURE,
            next_attempt_at=in_seconds(delay),
            lookups=F("lookups") + 1,
            **error_fields(error),
        )

    def mark_unconfirmed(self, error: SyncError) -> None:
        """running → unconfirmed: the look-up cannot tell whether the candidate is in Flatchr, so a
        person decides. Until then the push blocks others of its profile and vacancy."""
        self._move(S.UNCONFIRMED, event=Event.WRITE_FAILURE, **error_fields(error))

    def clear_intent(self) -> None:
        """running → running: the look-up found that nothing was created, so this claim may create;
        that is another attempt."""
        self._move(create_started_at=None, attempts=F("attempts") + 1, lookups=0)

    def hand_back(
        self,
        *,
        delay: float = 0,
        error: SyncError | None = None,
        looked: bool = False,
        create_refused: bool = False,
    ) -> None:
        """running → retrying: a stop, a pause or a limit of ours. It costs no attempt.

        `looked`: something was asked in vain, so the next time comes later. `create_refused`: as
        in `fail`.
        """
        number = models.IntegerField()
        one_less = Greatest(F("attempts") - 1, Value(0), output_field=number)
        unstarted = When(Q(create_started_at=None) | Q(Value(create_refused)), then=one_less)
        self._move(
            S.RETRYING,
            next_attempt_at=in_seconds(delay),
            attempts=Case(unstarted, default=F("attempts"), output_field=number),
            lookups=F("lookups") + int(looked),
            create_started_at=None if create_refused else F("create_started_at"),
            **(error_fields(error) if error else {}),
        )


# --- the two transitions of every push that goes well, compiled once ------------------------------


def _claimed(pushes: QuerySet[Any]) -> QuerySet[Any]:
    return pushes.filter(
        pk=Slot("push", models.BigIntegerField()),
        status=S.RUNNING,
        claim_token=Slot("token", models.CharField()),
    )


_BEGIN_CREATE = PreparedUpdate(
    lambda pushes: _claimed(pushes).filter(lease_expires_at__gt=Now(), create_started_at=None),
    {
        "create_started_at": Now(),
        # A whole lease to send it in: `Try.send_by` counts it from before this is committed.
        "lease_expires_at": Now() + Slot("lease", models.DurationField()),
        "candidate_name": Slot("name", models.CharField()),
        "candidate_lastname": Slot("lastname", models.CharField()),
        "candidate_email": Slot("email", models.CharField()),
        "candidate_phone": Slot("phone", models.CharField()),
        "updated_at": Now(),
    },
)
_SUCCEED = {
    enrich: PreparedUpdate(
        _claimed,
        {
            "status": S.SUCCEEDED,
            "event": Event.WRITE_SUCCESS,
            "next_attempt_at": None,
            "confirm_after": Now() + Slot("settle", models.DurationField()),
            "closed_at": Now(),
            "updated_at": Now(),
            **NO_CLAIM,
            **enrichment,
            **NO_ERROR,
        },
    )
    for enrich, enrichment in ENRICHMENT.items()
}
