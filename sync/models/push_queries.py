"""Query words of pushes, and the claims that workers make of them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Now

from sync.models.attempts import AttemptOutcome, PushAttempt
from sync.models.configs import companies_of
from sync.models.scope import AnyUser, ScopedQuerySet
from sync.models.states import ACTIVE, BLOCKING, OPEN, WAITING, EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode

if TYPE_CHECKING:
    from sync.models.pushes import Push

S = PushStatus


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
