"""After a restore: the rows are older than what was done of them, so nothing is sent unlooked.

A backup holds pushes that were sent after it was made, as still to be sent. The next epoch makes
every open run search its vacancies again, once Flatchr's search shows what was sent last.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from sync.models import Epoch, Push, WorkerGroup
from sync.services.queue import notify


@dataclass(frozen=True)
class Restored:
    """`waiting`: pushes that look again before they send; `seconds`: how long they wait for
    Flatchr's search; `running`: worker groups that seem to be alive and may still push."""

    waiting: int
    seconds: float
    running: int


def begin_epoch() -> Restored:
    """To be called once after a restore, while no worker runs.

    The moment is the database's own, so a second call only makes everything look once more.
    """
    seconds = settings.PUSH_SETTLE_SECONDS + settings.HTTP_TIMEOUT_SECONDS
    with transaction.atomic():
        epoch = Epoch.objects.current()
        Epoch.objects.filter(pk=epoch.pk).update(token=secrets.token_hex(8), restored_at=Now())
        waiting = Push.objects.wait_after_restore(seconds)
        notify.workers_after_commit()
    return Restored(waiting, seconds, WorkerGroup.objects.alive().count())
