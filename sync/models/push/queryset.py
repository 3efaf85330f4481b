"""Queries of pushes, by the names of their states."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from sync.models.scope import ScopedQuerySet
from sync.models.states import ACTIVE, BLOCKING, WAITING, EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode

S = PushStatus
# Tries lost with their worker after which a push is tried alone.
SUSPECT_ATTEMPTS = 2
P = TypeVar("P", bound=models.Model)
# What lets an unsent push wait, until its deadline, and why; where several apply, the first counts.
# `blocking.target_problem` says the same of rows that are loaded.
HELD_BY: Mapping[ErrorCode, Q] = {
    ErrorCode.COMPANY_INACTIVE: Q(vacancy__company__is_active=False),
    ErrorCode.SOURCE_INACTIVE: Q(source__is_active=False),
    ErrorCode.VACANCY_CLOSED: Q(vacancy__is_open=False),
}
_HELD = Q(create_started_at=None) & reduce(or_, HELD_BY.values())


class PushQuerySet(ScopedQuerySet[P]):
    company_path = "vacancy__company"

    def blocking(self) -> Self:
        """Each forbids another push of its profile to its vacancy, unless on purpose
        (`repeat_of`): see the constraints of `Push`."""
        return self.filter(status__in=BLOCKING)

    def active(self) -> Self:
        """A worker has it, or will have it without a person's doing: a run with none of these is
        over."""
        return self.filter(status__in=ACTIVE)

    def waiting(self) -> Self:
        """For a worker, from `next_attempt_at` on."""
        return self.filter(status__in=WAITING)

    def failed(self) -> Self:
        """It can never work as it is, or was tried too often; certainly nothing was created."""
        return self.filter(status=S.FAILED)

    def undecided(self) -> Self:
        """For a person to decide: nobody can tell whether the candidate is in Flatchr."""
        return self.filter(status=S.UNCONFIRMED)

    def held(self) -> Self:
        """Waiting, and nobody starts it: the company or source is switched off, or the vacancy is
        closed. One that may be in Flatchr already is not held: it is looked up."""
        return self.waiting().filter(_HELD)

    def startable(self) -> Self:
        """Waiting, neither held nor paused: a worker takes it when it is due."""
        return self.waiting().filter(~_HELD).unpaused()

    def due(self) -> Self:
        """Startable, and due by the database's clock."""
        return self.startable().filter(next_attempt_at__lte=Now())

    @staticmethod
    def suspected() -> Q:
        """Lost with their worker more than once: one of them may be what kills it."""
        return Q(error_code=ErrorCode.WORKER_LOST, attempts__gte=SUSPECT_ATTEMPTS)

    def unpaused(self) -> Self:
        """Neither account is paused by its breaker, by the database's clock."""
        return self.exclude(vacancy__company__paused_until__gt=Now()).exclude(
            source__paused_until__gt=Now()
        )

    def expired(self) -> Self:
        """Claimed, and the lease has run out: the worker is dead, or was suspended."""
        return self.filter(lease_expires_at__lte=Now(), status=S.RUNNING)

    def to_confirm(self) -> Self:
        """Created, and to be looked for in Flatchr now: not found yet, or changed there since."""
        due = self.filter(confirm_after__lte=Now(), status=S.SUCCEEDED)
        return due.filter(vacancy__company__is_active=True).unpaused()

    def to_enrich(self) -> Self:
        """Found again in Flatchr, and to be enriched now."""
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
