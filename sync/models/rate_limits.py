"""The row of each limit on calls to HrFlow and Flatchr (`sync.services.peers.rate_limits`)."""

from __future__ import annotations

from django.db import models


class RateStateManager(models.Manager["RateState"]):
    def lock(self, key: str) -> RateState:
        """The row of `key`, locked until the transaction ends; made where it is missing."""
        row = self.select_for_update().filter(key=key).first()
        if row is None:
            self.bulk_create([RateState(key=key)], ignore_conflicts=True)
            row = self.select_for_update().get(key=key)
        return row


class RateState(models.Model):
    key = models.CharField(max_length=80, unique=True)
    state = models.JSONField(default=list)

    objects = RateStateManager()

    def __str__(self) -> str:
        return self.key
