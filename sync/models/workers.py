"""What workers share through the database: heartbeats, rate limiters, and its own epoch."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class WorkerGroupQuerySet(models.QuerySet["WorkerGroup"]):
    def alive(self) -> Self:
        """Groups that executed a task within `HEARTBEAT_STALE_SECONDS`: nothing else shows that a
        cluster works."""
        stale = timedelta(seconds=settings.HEARTBEAT_STALE_SECONDS)
        return self.filter(beat_at__gte=Now() - stale)

    def processes(self) -> int:
        """How many worker processes there are in living groups."""
        total = self.alive().aggregate(total=models.Sum("processes"))["total"]
        return int(total or 0)


class WorkerGroup(models.Model):
    """One `worker` command with the django-q2 cluster it watches."""

    worker_id = models.CharField(max_length=64, unique=True)
    host = models.CharField(_("machine"), max_length=255)
    processes = models.PositiveSmallIntegerField(_("processes"), default=1)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    beat_at = models.DateTimeField(_("last heartbeat"), null=True, blank=True)
    restarts = models.PositiveIntegerField(_("restarts"), default=0)

    objects = WorkerGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker group")
        verbose_name_plural = _("worker groups")
        ordering = ["-beat_at"]

    def __str__(self) -> str:
        return f"{self.host} ({self.worker_id})"


class RateStateManager(models.Manager["RateState"]):
    def lock(self, key: str) -> tuple[RateState, datetime]:
        """The row of `key`, made where it is missing, and locked until the transaction ends, so
        that two workers never take the same turn; and what the database's clock says then."""
        row = self.select_for_update().filter(key=key).first()
        if row is None:
            self.bulk_create([RateState(key=key)], ignore_conflicts=True)
            row = self.select_for_update().get(key=key)
        # Asked once the lock is held: waiting for it takes time.
        now: datetime = self.filter(pk=row.pk).values_list(Now(), flat=True).get()
        return row, now


class RateState(models.Model):
    """What a rate limiter (`services.peers.rate_limits`) remembers of one account."""

    key = models.CharField(max_length=80, unique=True)
    state = models.JSONField(default=list)

    objects = RateStateManager()


class EpochManager(models.Manager["Epoch"]):
    def current(self) -> Epoch:
        """The one row there is; made by whoever needs it first."""
        found = self.order_by("pk").first()
        if found is None:
            token = secrets.token_hex(8)
            self.bulk_create([Epoch(pk=1, token=token)], ignore_conflicts=True)
            found = self.get(pk=1)
        return found


class Epoch(models.Model):
    """One life of the database: a restore from a backup begins the next.

    What is remembered outside of the database (a cache) and decides whether a candidate is sent
    holds for one epoch only: after a restore the rows are older than what was remembered of them.
    """

    token = models.CharField(max_length=16)
    restored_at = models.DateTimeField(null=True, blank=True)

    objects = EpochManager()

    class Meta:
        default_permissions = ()

    def is_before_restore(self, moment: datetime) -> bool:
        """Whether a row of that moment may be older than what was done of it."""
        return self.restored_at is not None and moment < self.restored_at
