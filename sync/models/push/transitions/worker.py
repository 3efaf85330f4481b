"""The verbs of the worker that holds a push's claim.

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
from sync.models.push.values import NO_CLAIM, error_fields, in_seconds, no_error, wanted_enrichment
from sync.models.states import LostClaimError, PushStatus, WrongStateError
from sync.vocabulary import ErrorCode, Event

S = PushStatus


class WorkerTransitions(PushFields):
    """Verbs of the worker that holds the claim."""

    class Meta:
        abstract = True

    def _claim(self) -> dict[str, Any]:
        return {"push": self.pk, "token": self.claim_token or "no claim"}

    def _as_claimed(self) -> QuerySet[Any]:
        claim = self._claim()
        return type(self)._default_manager.filter(
            pk=claim["push"], status=S.RUNNING, claim_token=claim["token"]
        )

    def _change_claimed(self, **changes: Any) -> None:
        if not self._as_claimed().update(updated_at=Now(), **changes):
            raise LostClaimError(f"push {self.pk}: the claim is gone")

    def _leave(self, status: PushStatus, **changes: Any) -> None:
        changes.setdefault("next_attempt_at", None)
        self._change_claimed(status=status, **NO_CLAIM, **changes)

    def begin_create(self, *, firstname: str, lastname: str, email: str, phone: str) -> None:
        """Commit the intent to create, fenced by a claim whose lease still runs."""
        changed = _BEGIN_CREATE.update(
            type(self)._default_manager.all(),
            **self._claim(),
            name=f"{firstname} {lastname}"[:255],
            lastname=lastname[:255],
            email=comparable_email(email)[:254],
            phone=phone[:64],
            lease=timedelta(seconds=settings.PUSH_LEASE_SECONDS),
        )
        if not changed:
            raise LostClaimError(f"push {self.pk}: the lease has run out; nothing was sent")

    def note_known(self, applicants: list[str]) -> None:
        """Applicants found on the vacancy before anything was sent."""
        self._change_claimed(known_applicants=applicants)
        self.known_applicants = applicants

    def succeed(self, *, applicant_id: str = "", column: str = "") -> None:
        """running → succeeded: by a certain answer, or found by a look-up."""
        if applicant_id:
            self._leave(
                S.SUCCEEDED,
                event=Event.WRITE_SUCCESS,
                applicant_id=applicant_id,
                column=column,
                confirmed_at=Now(),
                closed_at=Now(),
                **wanted_enrichment(self.vacancy.company.enrich),
                **no_error(),
            )
            return
        succeed = _SUCCEED[self.vacancy.company.enrich]
        settle = timedelta(seconds=settings.PUSH_SETTLE_SECONDS)
        if not succeed.update(type(self)._default_manager.all(), **self._claim(), settle=settle):
            raise LostClaimError(f"push {self.pk}: the claim is gone")

    def mark_already_there(self, *, applicant_id: str, column: str) -> None:
        """running → already_there: nothing was sent, the same person is on the vacancy."""
        self._leave(
            S.ALREADY_THERE,
            event=Event.ALREADY_THERE,
            applicant_id=applicant_id,
            column=column,
            confirmed_at=Now(),
            closed_at=Now(),
            **no_error(),
        )

    def discard(self, logic: str) -> None:
        """running → discarded: a rule left the profile out."""
        self._leave(
            S.DISCARDED,
            event=Event.LOGICS_DISCARD,
            closed_at=Now(),
            **error_fields(SyncError(ErrorCode.LOGIC_DISCARDED, name=logic)),
        )

    def fail(self, error: SyncError, event: Event, *, create_refused: bool = False) -> None:
        """running → failed: it can never work, and certainly nothing was created.

        `create_refused`: an intent was committed, and the answer says that it had no effect.
        """
        self._check_certain(create_refused)
        self._leave(
            S.FAILED, event=event, closed_at=Now(), create_started_at=None, **error_fields(error)
        )

    def retry_later(
        self, error: SyncError, event: Event, *, delay: float, create_refused: bool = False
    ) -> None:
        """running → retrying: it certainly had no effect and may work in `delay` seconds."""
        self._check_certain(create_refused)
        self._leave(
            S.RETRYING,
            event=event,
            next_attempt_at=in_seconds(delay),
            create_started_at=None,
            **error_fields(error),
        )

    def _check_certain(self, create_refused: bool) -> None:
        if not create_refused and self._as_claimed().exclude(create_started_at=None).exists():
            raise WrongStateError(f"push {self.pk}: its create has an unknown outcome")

    def mark_unknown(self, error: SyncError, *, delay: float) -> None:
        """running → retrying: a request was sent, its outcome is unknown; look it up in `delay`
        seconds."""
        self._leave(
            S.RETRYING,
            event=Event.WRITE_FAILURE,
            next_attempt_at=in_seconds(delay),
            lookups=F("lookups") + 1,
            **error_fields(error),
        )

    def mark_unconfirmed(self, error: SyncError) -> None:
        """running → unconfirmed: the look-up cannot tell, a person decides."""
        self._leave(S.UNCONFIRMED, event=Event.WRITE_FAILURE, **error_fields(error))

    def clear_intent(self) -> None:
        """The look-up found that nothing was created: this claim may create."""
        self._change_claimed(create_started_at=None, attempts=F("attempts") + 1, lookups=0)

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
        self._leave(
            S.RETRYING,
            next_attempt_at=in_seconds(delay),
            attempts=Case(unstarted, default=F("attempts"), output_field=number),
            lookups=F("lookups") + int(looked),
            **({"create_started_at": None} if create_refused else {}),
            **(error_fields(error) if error else {}),
        )


# --- the two verbs of every push that goes well, written once ------------------------------------


def _claimed(pushes: QuerySet[Any]) -> QuerySet[Any]:
    return pushes.filter(
        pk=Slot("push", models.BigIntegerField()),
        status=S.RUNNING,
        claim_token=Slot("token", models.CharField()),
    )


_BEGIN_CREATE = PreparedUpdate(
    lambda pushes: _claimed(pushes).filter(lease_expires_at__gt=Now(), create_started_at=None),
    lambda: {
        "create_started_at": Now(),
        # A whole lease to send it in: `Transfer` counts it from before this is committed.
        "lease_expires_at": Now() + Slot("lease", models.DurationField()),
        "candidate_name": Slot("name", models.CharField()),
        "candidate_lastname": Slot("lastname", models.CharField()),
        "candidate_email": Slot("email", models.CharField()),
        "candidate_phone": Slot("phone", models.CharField()),
        "updated_at": Now(),
    },
)


def _created(enrich: bool) -> dict[str, Any]:
    return {
        "status": S.SUCCEEDED,
        "event": Event.WRITE_SUCCESS,
        **NO_CLAIM,
        "next_attempt_at": None,
        "confirm_after": Now() + Slot("settle", models.DurationField()),
        "closed_at": Now(),
        "updated_at": Now(),
        **wanted_enrichment(enrich),
        **no_error(),
    }


# By whether the company wants its candidates enriched.
_SUCCEED = {
    False: PreparedUpdate(_claimed, lambda: _created(False)),
    True: PreparedUpdate(_claimed, lambda: _created(True)),
}
