"""A push: one profile to one vacancy. Its states, its constraints, and the verbs between them.

Every verb is one conditional UPDATE that names the states it leaves and, for a worker, the claim it
holds: zero rows changed means somebody else was faster, and nothing has happened.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Now
from django.dispatch import Signal
from django.utils.translation import gettext_lazy as _

from sync.exceptions import SyncError
from sync.models.configs import FlatchrVacancy, HrFlowSource, companies_of
from sync.models.runs import Run
from sync.models.scope import AnyUser, ScopedQuerySet
from sync.models.states import (
    ACTIVE,
    BLOCKING,
    OPEN,
    RETRYABLE,
    WAITING,
    WITH_INTENT,
    EnrichmentStatus,
    PushStatus,
)
from sync.vocabulary import ErrorCode, Event, Side, sentence

if TYPE_CHECKING:
    from django.contrib.auth.models import User

S = PushStatus
# A person moved a push: `push`, `decision`, `user`. For the audit log.
decided = Signal()


class WrongStateError(Exception):
    """The push was not in a state that this verb leaves; nothing has changed."""


class LostClaimError(WrongStateError):
    """The claim ended (its lease ran out and another took over); nothing has changed."""


def in_seconds(seconds: float) -> Any:
    """A moment by the database's clock, so that machines need not agree on theirs."""
    return Now() + timedelta(seconds=max(seconds, 0))


class PushQuerySet(ScopedQuerySet["Push"]):
    def membership(self, user: AnyUser) -> Q:
        return Q(vacancy__company__in=companies_of(user))

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def blocking(self) -> Self:
        return self.filter(status__in=BLOCKING)

    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)

    def waiting(self) -> Self:
        return self.filter(status__in=WAITING)

    def failed(self) -> Self:
        return self.filter(status=S.FAILED)

    def undecided(self) -> Self:
        return self.filter(status=S.UNCONFIRMED)

    def due(self) -> Self:
        """Waiting, due by the database's clock, and neither account paused by its breaker."""
        return self.waiting().filter(next_attempt_at__lte=Now()).unpaused()

    def unpaused(self) -> Self:
        return self.exclude(vacancy__company__paused_until__gt=Now()).exclude(
            source__paused_until__gt=Now()
        )

    def expired(self) -> Self:
        return self.filter(lease_expires_at__lte=Now(), status=S.RUNNING)

    def unknown(self) -> Self:
        """With an intent whose outcome nobody knows yet."""
        return self.exclude(status=S.SUCCEEDED).exclude(create_started_at=None)

    def to_confirm(self) -> Self:
        """Created, but not yet found again in Flatchr."""
        return self.filter(confirm_after__lte=Now(), status=S.SUCCEEDED)

    def to_enrich(self) -> Self:
        return self.filter(
            enrichment_after__lte=Now(), enrichment_status=EnrichmentStatus.PENDING
        ).exclude(applicant_id="")

    def latest_of_each(self) -> Self:
        """Only the newest push of each profile to each vacancy: older ones have been overtaken."""
        newer = self.model.objects.filter(
            source=models.OuterRef("source"),
            profile_key=models.OuterRef("profile_key"),
            vacancy=models.OuterRef("vacancy"),
            pk__gt=models.OuterRef("pk"),
        )
        return self.filter(~models.Exists(newer))

    # --- claims ---------------------------------------------------------------------------------

    def claim(self, limit: int, *, lease: float | None = None) -> list[Push]:
        """Take up to `limit` due pushes under one new token; `lease` in seconds."""
        token = uuid.uuid4().hex
        lease = settings.PUSH_LEASE_SECONDS if lease is None else lease
        with transaction.atomic():
            due = self.due().order_by("next_attempt_at", "pk")
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True, of=("self",))
            keys = list(due.values_list("pk", flat=True)[:limit])
            if not keys:
                return []
            self.model.objects.filter(pk__in=keys, status__in=WAITING).update(
                status=S.RUNNING,
                claim_token=token,
                lease_expires_at=in_seconds(lease),
                next_attempt_at=None,
                # Looking up an unknown outcome costs no attempt.
                attempts=F("attempts") + Case(When(create_started_at=None, then=1), default=0),
                updated_at=Now(),
            )
        return list(
            self.model.objects.filter(claim_token=token, status=S.RUNNING)
            # Few runs share many pushes: one object each, its secrets decrypted once.
            .prefetch_related("run", "source", "vacancy__company")
            .order_by("pk")
        )

    def renew(self, tokens: list[str], *, lease: float | None = None) -> int:
        """A living worker keeps its claims; one that has run out is not brought back."""
        lease = settings.PUSH_LEASE_SECONDS if lease is None else lease
        return self.filter(
            claim_token__in=tokens, status=S.RUNNING, lease_expires_at__gt=Now()
        ).update(lease_expires_at=in_seconds(lease))

    def release_expired(self) -> int:
        """Give the pushes of dead workers back.

        Without an intent nothing was sent: due at once. With one, the request may have been sent
        until the lease ended: it is looked up, but not before Flatchr's search has settled.
        """
        PushAttempt.objects.filter(push__in=self.expired(), finished_at=None).update(
            outcome=AttemptOutcome.LOST, finished_at=Now(), error_code=ErrorCode.WORKER_LOST
        )
        settled = F("lease_expires_at") + timedelta(seconds=settings.PUSH_SETTLE_SECONDS)
        return self.expired().update(
            status=S.RETRYING,
            next_attempt_at=Case(
                When(create_started_at=None, then=Now()), default=Greatest(settled, Now())
            ),
            error_code=Case(
                When(create_started_at=None, then=Value(ErrorCode.WORKER_LOST.value)),
                default=Value(ErrorCode.FLATCHR_FAULT.value),
            ),
            error_params={},
            claim_token=None,
            lease_expires_at=None,
            updated_at=Now(),
        )


class Push(models.Model):
    """One profile to one vacancy."""

    run = models.ForeignKey(Run, models.PROTECT, verbose_name=_("run"), related_name="pushes")
    source = models.ForeignKey(HrFlowSource, models.PROTECT, verbose_name=_("source"))
    profile_key = models.CharField(_("profile key"), max_length=64)
    vacancy = models.ForeignKey(FlatchrVacancy, models.PROTECT, verbose_name=_("vacancy"))
    repeat_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="repeats",
        verbose_name=_("repeats"),
        help_text=_("The push that this one repeats on purpose."),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("requested by"),
    )

    candidate_name = models.CharField(_("candidate"), max_length=255, blank=True)
    candidate_email = models.CharField(_("e-mail"), max_length=254, blank=True)
    # What a look-up after a lost answer asks for; the phone as a hash, only to be compared.
    candidate_lastname = models.CharField(max_length=255, blank=True, editable=False)
    candidate_phone = models.CharField(_("phone"), max_length=64, blank=True, editable=False)

    status = models.CharField(
        _("status"), max_length=16, choices=PushStatus.choices, default=S.QUEUED
    )
    event = models.CharField(
        _("event"), max_length=20, choices=Event.choices, blank=True, editable=False
    )
    error_code = models.CharField(_("reason"), max_length=40, choices=ErrorCode.choices, blank=True)
    error_message = models.TextField(_("message"), blank=True)
    error_params = models.JSONField(default=dict, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lookups = models.PositiveSmallIntegerField(default=0, editable=False)
    # Null unless the push waits: so its index holds the waiting ones only.
    next_attempt_at = models.DateTimeField(
        _("next attempt"), null=True, blank=True, db_default=Now()
    )
    deadline_at = models.DateTimeField(_("given up after"), null=True, blank=True)
    claim_token = models.CharField(max_length=32, null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    create_started_at = models.DateTimeField(
        _("create sent"), null=True, blank=True, editable=False
    )
    # Applicants that were there before a create: the old ones that no look-up may mistake for ours.
    known_applicants = models.JSONField(default=list, blank=True, editable=False)

    applicant_id = models.CharField(_("applicant"), max_length=64, blank=True)
    candidate_id = models.CharField(_("candidate id"), max_length=64, blank=True, editable=False)
    column = models.CharField(_("column"), max_length=120, blank=True)
    confirm_after = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("found in Flatchr"), null=True, blank=True)
    confirm_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    enrichment_status = models.CharField(
        _("enrichment"),
        max_length=8,
        choices=EnrichmentStatus.choices,
        default=EnrichmentStatus.NONE,
    )
    enrichment_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    enrichment_after = models.DateTimeField(null=True, blank=True, editable=False)
    enrichment_error = models.CharField(max_length=500, blank=True, editable=False)

    decision = models.CharField(_("decision"), max_length=20, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("asked for"), db_default=Now())
    updated_at = models.DateTimeField(_("changed"), db_default=Now())
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = PushQuerySet.as_manager()

    class Meta:
        verbose_name = _("push")
        verbose_name_plural = _("pushes")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [
            ("push_profiles", _("Can push profiles to Flatchr")),
            ("retry_push", _("Can retry and cancel pushes")),
            ("decide_push", _("Can decide on unconfirmed pushes")),
            ("view_payload", _("Can see what was sent and answered")),
            ("export_push", _("Can export the history")),
        ]
        constraints = [
            # Exactly one: a second click, event or command meets these, whatever the code does.
            models.UniqueConstraint(
                fields=["source", "profile_key", "vacancy"],
                condition=Q(status__in=BLOCKING, repeat_of=None),
                name="one_push_per_profile_and_vacancy",
            ),
            models.UniqueConstraint(
                fields=["repeat_of"],
                condition=Q(status__in=BLOCKING),
                name="one_repeat_per_push",
            ),
            models.CheckConstraint(
                condition=Q(create_started_at=None) | Q(status__in=WITH_INTENT),
                name="no_end_with_an_unknown_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(status=S.UNCONFIRMED) | Q(create_started_at__isnull=False),
                name="only_an_intent_can_be_unconfirmed",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=S.RUNNING, claim_token__isnull=False, lease_expires_at__isnull=False
                )
                | (~Q(status=S.RUNNING) & Q(claim_token=None, lease_expires_at=None)),
                name="running_means_claimed",
            ),
            models.CheckConstraint(
                condition=Q(status__in=WAITING, next_attempt_at__isnull=False)
                | (~Q(status__in=WAITING) & Q(next_attempt_at=None)),
                name="waiting_means_due_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN) | Q(closed_at__isnull=False), name="closed_has_a_date"
            ),
        ]
        # Conditions are of the form "is not null", which SQLite can use with bound values too.
        indexes = [
            # A worker's claim: what is due, oldest first.
            models.Index(
                fields=["next_attempt_at", "id"],
                name="push_due",
                condition=Q(next_attempt_at__isnull=False),
            ),
            # The sweep: claims of dead workers.
            models.Index(
                fields=["lease_expires_at"],
                name="push_lease",
                condition=Q(lease_expires_at__isnull=False),
            ),
            # Reading a claimed batch back, and renewing it.
            models.Index(
                fields=["claim_token"],
                name="push_claim",
                condition=Q(claim_token__isnull=False),
            ),
            # The sweep: created pushes to be found again in Flatchr.
            models.Index(
                fields=["confirm_after"],
                name="push_confirm",
                condition=Q(confirm_after__isnull=False),
            ),
            models.Index(
                fields=["enrichment_after"],
                name="push_enrich",
                condition=Q(enrichment_after__isnull=False),
            ),
            # A look-up: other pushes of a namesake or of one e-mail to the same vacancy.
            models.Index(fields=["vacancy", "candidate_email"], name="push_vacancy_email"),
            models.Index(fields=["vacancy", "candidate_name"], name="push_vacancy_name"),
            # A profile's page: every push it ever had.
            models.Index(fields=["source", "profile_key"], name="push_profile"),
            # The log, by state and by date; a run's page by state.
            models.Index(fields=["status", "-id"], name="push_status"),
            models.Index(fields=["-created_at"], name="push_created"),
            models.Index(fields=["run", "status"], name="push_run_status"),
            # A person asked for by e-mail: erasure, export.
            models.Index(fields=["candidate_email"], name="push_email"),
        ]

    def __str__(self) -> str:
        return self.candidate_name or self.profile_key

    # --- what people read -----------------------------------------------------------------------

    @property
    def explanation(self) -> str:
        """Why, in the reader's language."""
        if not self.error_code:
            return ""
        return sentence(self.error_code, self.error_params)

    @property
    def side(self) -> Side | None:
        from sync.vocabulary import EXPLANATIONS

        found = EXPLANATIONS.get(self.error_code)
        return found.side if found else None

    @property
    def next_step(self) -> str:
        from sync.vocabulary import EXPLANATIONS

        found = EXPLANATIONS.get(self.error_code)
        return str(found.next_step) if found else ""

    @property
    def has_unknown_outcome(self) -> bool:
        return self.create_started_at is not None and self.status != S.SUCCEEDED

    # --- verbs of the worker that holds the claim -----------------------------------------------

    def _as_claimed(self) -> models.QuerySet[Push]:
        return Push.objects.filter(
            pk=self.pk, status=S.RUNNING, claim_token=self.claim_token or "no claim"
        )

    def _change_claimed(self, **changes: Any) -> None:
        if not self._as_claimed().update(updated_at=Now(), **changes):
            raise LostClaimError(f"push {self.pk}: the claim is gone")

    def _leave(self, status: PushStatus, **changes: Any) -> None:
        changes.setdefault("next_attempt_at", None)
        self._change_claimed(status=status, claim_token=None, lease_expires_at=None, **changes)

    def begin_create(self, *, firstname: str, lastname: str, email: str, phone: str) -> None:
        """Commit the intent to create, fenced by a claim whose lease still runs."""
        name = f"{firstname} {lastname}"
        changed = (
            self._as_claimed()
            .filter(lease_expires_at__gt=Now(), create_started_at=None)
            .update(
                create_started_at=Now(),
                candidate_name=name[:255],
                candidate_lastname=lastname[:255],
                candidate_email=email.lower()[:254],
                candidate_phone=phone[:64],
                updated_at=Now(),
            )
        )
        if not changed:
            raise LostClaimError(f"push {self.pk}: the lease has run out; nothing was sent")

    def note_known(self, applicants: list[str]) -> None:
        """Applicants found on the vacancy before anything was sent."""
        self._change_claimed(known_applicants=applicants)
        self.known_applicants = applicants

    def succeed(self, *, applicant_id: str = "", column: str = "") -> None:
        """The candidate is in Flatchr: by a certain answer, or found by a look-up."""
        found = bool(applicant_id)
        self._leave(
            S.SUCCEEDED,
            event=Event.WRITE_SUCCESS,
            applicant_id=applicant_id,
            column=column,
            confirmed_at=Now() if found else None,
            confirm_after=None if found else in_seconds(settings.PUSH_SETTLE_SECONDS),
            closed_at=Now(),
            **self._wanted_enrichment(),
            **_no_error(),
        )

    def _wanted_enrichment(self) -> dict[str, Any]:
        if not self.vacancy.company.enrich:
            return {"enrichment_status": EnrichmentStatus.NONE, "enrichment_after": None}
        return {"enrichment_status": EnrichmentStatus.PENDING, "enrichment_after": Now()}

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
            **_error(SyncError(ErrorCode.LOGIC_DISCARDED, name=logic)),
        )

    def fail(self, error: SyncError, event: Event, *, create_refused: bool = False) -> None:
        """It can never work, and certainly nothing was created.

        `create_refused`: an intent was committed, and the answer says that it had no effect.
        """
        self._check_certain(create_refused)
        self._leave(S.FAILED, event=event, closed_at=Now(), create_started_at=None, **_error(error))

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
            **_error(error),
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
            **_error(error),
        )

    def leave_to_person(self, error: SyncError) -> None:
        """The look-up cannot tell: a person decides."""
        self._leave(S.UNCONFIRMED, event=Event.WRITE_FAILURE, **_error(error))

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
            **(_error(error) if error else {}),
        )

    # --- verbs after success: found again, enriched ---------------------------------------------

    def _note(self, **changes: Any) -> None:
        Push.objects.filter(pk=self.pk, status=S.SUCCEEDED).update(updated_at=Now(), **changes)

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
            self._note(**_error(mismatch))
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
            enrichment_error=str(error)[:500],
        )

    def give_up_enrichment(self, error: SyncError) -> None:
        """Its own failure: the candidate is in Flatchr all the same."""
        self._note(
            enrichment_status=EnrichmentStatus.FAILED,
            enrichment_after=None,
            enrichment_error=str(error)[:500],
        )

    # --- verbs of people ------------------------------------------------------------------------

    def _move(self, leaves: tuple[PushStatus, ...], *only: Q, **changes: Any) -> None:
        rows = Push.objects.filter(*only, pk=self.pk, status__in=leaves)
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
            **self._wanted_enrichment(),
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
        rows = Push.objects.filter(pk=self.pk, enrichment_status=EnrichmentStatus.FAILED)
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
            **_error(SyncError(ErrorCode.CANCELLED)),
        )


def _error(error: SyncError) -> dict[str, Any]:
    return {
        "error_code": error.code,
        "error_message": str(error)[:2000],
        "error_params": {key: str(value)[:500] for key, value in error.params.items()},
    }


def _no_error() -> dict[str, Any]:
    return {"error_code": "", "error_message": "", "error_params": {}}


def _decided(decision: str, user: User | None) -> dict[str, Any]:
    return {"decision": decision, "decided_by": user, "decided_at": Now()}


def _tell(push: Push, changes: dict[str, Any]) -> None:
    decided.send(Push, push=push, decision=changes["decision"], user=changes["decided_by"])


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


class Stage(models.TextChoices):
    """The steps of a push, in their order."""

    READ = "read", _("read the profile")
    FORMAT = "format", _("format")
    LOGICS = "logics", _("rules")
    RESUME = "resume", _("CV")
    CHECK = "check", _("look for the applicant")
    CREATE = "create", _("create the candidate")
    ENRICH = "enrich", _("enrich")


class AttemptOutcome(models.TextChoices):
    STARTED = "started", _("sent, no answer yet")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("answer lost")
    DISCARDED = "discarded", _("left out")
    LOST = "lost", _("worker stopped")
    HANDED_BACK = "handed_back", _("put off")


class PushAttempt(models.Model):
    """One try of a push. Its row is committed before a candidate is sent, and completed after."""

    push = models.ForeignKey(Push, models.CASCADE, verbose_name=_("push"), related_name="tries")
    number = models.PositiveSmallIntegerField(_("number"))
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices)
    outcome = models.CharField(_("outcome"), max_length=12, choices=AttemptOutcome.choices)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), default=0)
    error_code = models.CharField(_("reason"), max_length=40, choices=ErrorCode.choices, blank=True)
    message = models.TextField(_("message"), blank=True)
    # [{stage, outcome, duration_ms, exchanges: [{method, url, status, request, answer, …}]}]
    steps = models.JSONField(_("steps"), default=list, blank=True)
    worker = models.CharField(_("worker"), max_length=64, blank=True)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.push_id}#{self.number}"
