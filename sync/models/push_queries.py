"""Query words of pushes, and the claims that workers make of them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Now

from sync.exceptions import SyncError
from sync.models.attempts import AttemptOutcome, PushAttempt
from sync.models.configs import companies_of
from sync.models.push_values import NO_CLAIM, error_fields, in_seconds
from sync.models.scope import AnyUser, ScopedQuerySet
from sync.models.states import ACTIVE, BLOCKING, OPEN, WAITING, EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode, Event

if TYPE_CHECKING:
    from sync.models.pushes import Push

S = PushStatus


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

    def to_confirm(self) -> Self:
        """Created, but not yet found again in Flatchr."""
        due = self.filter(confirm_after__lte=Now(), status=S.SUCCEEDED)
        return due.filter(vacancy__company__is_active=True).unpaused()

    def to_enrich(self) -> Self:
        due = self.filter(
            enrichment_after__lte=Now(), enrichment_status=EnrichmentStatus.PENDING
        ).exclude(applicant_id="")
        return due.filter(vacancy__company__is_active=True).unpaused()

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
        """Give the pushes of dead workers back; returns how many.

        Without an intent nothing was sent: due at once, unless it was their last try (one that
        kills its worker would go on killing). With one, the request may have been on its way for
        `HTTP_TIMEOUT_SECONDS` after the lease: it is looked up, but not before Flatchr's search
        has settled.
        """
        PushAttempt.objects.filter(push__in=self.expired(), finished_at=None).update(
            outcome=AttemptOutcome.LOST, finished_at=Now(), error_code=ErrorCode.WORKER_LOST
        )
        return self.expired()._give_up(last=ErrorCode.WORKER_LOST) + self._give_back_expired()

    def _give_up(self, *, last: str) -> int:
        """Fail those of which nothing was sent and that may not be tried again. `last`: what the
        last try met."""
        unsent = self.filter(create_started_at=None)
        too_often = unsent.filter(attempts__gte=settings.PUSH_MAX_ATTEMPTS)
        tries = settings.PUSH_MAX_ATTEMPTS
        exhausted = SyncError(ErrorCode.ATTEMPTS_EXHAUSTED, attempts=tries, last=last)
        late = SyncError(ErrorCode.DEADLINE_PASSED, last=last)
        failed = too_often.update(**_failed(exhausted))
        return failed + unsent.filter(deadline_at__lte=Now()).update(**_failed(late))

    def _give_back_expired(self) -> int:
        travelled = settings.HTTP_TIMEOUT_SECONDS + settings.PUSH_SETTLE_SECONDS
        settled = Greatest(F("lease_expires_at") + timedelta(seconds=travelled), Now())
        unsent = Q(create_started_at=None)
        return self.expired().update(
            status=S.RETRYING,
            next_attempt_at=Case(When(unsent, then=Now()), default=settled),
            error_code=Case(
                When(unsent, then=Value(ErrorCode.WORKER_LOST.value)),
                default=Value(ErrorCode.FLATCHR_FAULT.value),
            ),
            error_params={},
            updated_at=Now(),
            **NO_CLAIM,
        )

    def give_up_overdue(self) -> int:
        """End what a paused account has held past its deadline; returns how many.

        Only that: what waits because no worker was there is still worth a try.
        """
        held = Q(source__paused_until__isnull=False)
        held |= Q(vacancy__company__paused_until__isnull=False)
        overdue = self.waiting().filter(held, deadline_at__lte=Now()).values("pk")
        rows = self.model.objects.filter(pk__in=overdue, status__in=WAITING)
        ambiguous = SyncError(ErrorCode.FLATCHR_AMBIGUOUS)
        undecided = rows.exclude(create_started_at=None).update(
            status=S.UNCONFIRMED,
            next_attempt_at=None,
            updated_at=Now(),
            **error_fields(ambiguous),
        )
        codes = rows.values_list("error_code", flat=True).distinct()
        return undecided + sum(rows.filter(error_code=c)._give_up(last=c) for c in list(codes))


def _failed(error: SyncError) -> dict[str, Any]:
    return {
        "status": S.FAILED,
        "event": Event.WRITE_FAILURE,
        "next_attempt_at": None,
        "closed_at": Now(),
        "updated_at": Now(),
        **NO_CLAIM,
        **error_fields(error),
    }
