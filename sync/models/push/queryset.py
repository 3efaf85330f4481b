"""Queries of pushes, by the names of their states."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from sync.models.accounts import companies_of
from sync.models.scope import AnyUser, ScopedQuerySet
from sync.models.states import ACTIVE, BLOCKING, OPEN, WAITING, EnrichmentStatus, PushStatus

S = PushStatus


P = TypeVar("P", bound=models.Model)


class PushQuerySet(ScopedQuerySet[P]):
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
        newer = self.model._default_manager.filter(
            source=models.OuterRef("source"),
            profile_key=models.OuterRef("profile_key"),
            vacancy=models.OuterRef("vacancy"),
            pk__gt=models.OuterRef("pk"),
        )
        return self.filter(~models.Exists(newer))
