"""The verbs that move a push from state to state.

Every verb is one conditional UPDATE that names the states it leaves and, for a worker, the claim it
holds: zero rows changed means somebody else was faster, and nothing has happened.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Now
from django.dispatch import Signal

from sync.exceptions import SyncError
from sync.models.prepared import PreparedUpdate, Slot
from sync.models.push_fields import PushFields
from sync.models.push_queries import NO_CLAIM, PushQuerySet, error_fields, in_seconds
from sync.models.runs import Run
from sync.models.states import ACTIVE, RETRYABLE, WAITING, EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode, Event

if TYPE_CHECKING:
    from django.contrib.auth.models import User

S = PushStatus
# A person moved a push: `push`, `decision`, `user`. For the audit log.
decided = Signal()


class WrongStateError(Exception):
    """The push was not in a state that this verb leaves; nothing has changed."""


class LostClaimError(WrongStateError):
    """The claim ended (its lease ran out and another took over); nothing has changed."""


class WorkerVerbs(PushFields):
    """Verbs of the worker that holds the claim."""

    class Meta:
        abstract = True

    def _claim(self) -> dict[str, Any]:
        return {"push": self.pk, "token": self.claim_token or "no claim"}

    def _as_claimed(self) -> PushQuerySet:
        claim = self._claim()
        return type(self).objects.filter(
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
            type(self).objects.all(),
            **self._claim(),
            name=f"{firstname} {lastname}"[:255],
            lastname=lastname[:255],
            email=email.lower()[:254],
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
        """The candidate is in Flatchr: by a certain answer, or found by a look-up."""
        if applicant_id:
            self._leave(
                S.SUCCEEDED,
                event=Event.WRITE_SUCCESS,
                applicant_id=applicant_id,
                column=column,
                confirmed_at=Now(),
                closed_at=Now(),
                **_wanted_enrichment(self.vacancy.company.enrich),
                **_no_error(),
            )
            return
        succeed = _SUCCEED[self.vacancy.company.enrich]
        settle = timedelta(seconds=settings.PUSH_SETTLE_SECONDS)
        if not succeed.update(type(self).objects.all(), **self._claim(), settle=settle):
            raise LostClaimError(f"push {self.pk}: the claim is gone")

    def find_already_there(self, *, applicant_id: str, column: str) -> None:
        """Nothing was sent: the same person is already on the vacancy."""
        self._leave(
            S.ALREADY_THERE,
            event=Event.ALREADY_THERE,
            applicant_id=applicant_id,
            column=column,
            confirmed_at=Now(),
            closed_at=Now(),
            **_no_error(),
        )

    def discard(self, logic: str) -> None:
        """A logic said no."""
        self._leave(
            S.DISCARDED,
            event=Event.LOGICS_DISCARD,
            closed_at=Now(),
            **error_fields(SyncError(ErrorCode.LOGIC_DISCARDED, name=logic)),
        )

    def fail(self, error: SyncError, event: Event, *, create_refused: bool = False) -> None:
        """It can never work, and certainly nothing was created.

        `create_refused`: an intent was committed, and the answer says that it had no effect.
        """
        self._check_certain(create_refused)
        self._leave(
            S.FAILED, event=event, closed_at=Now(), create_started_at=None, **error_fields(error)
        )

    def retry_later(
        self, error: SyncError, event: Event, *, delay: float, create_refused: bool = False
    ) -> None:
        """It certainly had no effect and may work in `delay` seconds."""
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

    def lose_outcome(self, error: SyncError, *, delay: float) -> None:
        """A request was sent and nobody knows what became of it: look it up in `delay` seconds."""
        self._leave(
            S.RETRYING,
            event=Event.WRITE_FAILURE,
            next_attempt_at=in_seconds(delay),
            lookups=F("lookups") + 1,
            **error_fields(error),
        )

    def leave_to_person(self, error: SyncError) -> None:
        """The look-up cannot tell: a person decides."""
        self._leave(S.UNCONFIRMED, event=Event.WRITE_FAILURE, **error_fields(error))

    def settle_absent(self) -> None:
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
        """Not now: a stop, a pause or a limit of ours. It costs no attempt.

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
            **_no_error(),
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
            **_wanted_enrichment(self.vacancy.company.enrich),
            **_decided("in_flatchr", user),
            **_no_error(),
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


def _wanted_enrichment(enrich: bool) -> dict[str, Any]:
    if not enrich:
        return {"enrichment_status": EnrichmentStatus.NONE, "enrichment_after": None}
    return {"enrichment_status": EnrichmentStatus.PENDING, "enrichment_after": Now()}


def _no_error() -> dict[str, Any]:
    return {"error_code": "", "error_message": "", "error_params": {}}


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
        **_no_error(),
    }


# --- the two verbs of every push that goes well, written once ------------------------------------


def _claimed(pushes: PushQuerySet) -> PushQuerySet:
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
        **_wanted_enrichment(enrich),
        **_no_error(),
    }


# By whether the company wants its candidates enriched.
_SUCCEED = {
    False: PreparedUpdate(_claimed, lambda: _created(False)),
    True: PreparedUpdate(_claimed, lambda: _created(True)),
}
