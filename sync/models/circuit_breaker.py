"""A circuit breaker on a row: an account that keeps failing is paused."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

# How many in a row open the breaker. Refused credentials rarely mend by themselves.
REFUSALS_TO_OPEN = 3
FAULTS_TO_OPEN = 10
LONGEST_PAUSE = timedelta(minutes=15)


class CircuitBreaker(models.Model):
    """Counts failures in a row and pauses the account when there are too many.

    `paused_until` lies in the future while the breaker is open. After that it is half open: one
    push is let through at a time, until one success closes it.
    """

    failures_in_a_row = models.PositiveIntegerField(
        _("failures in a row"), default=0, editable=False
    )
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True, editable=False)
    pause_code = models.CharField(_("paused because"), max_length=40, blank=True, editable=False)
    pauses_in_a_row = models.PositiveSmallIntegerField(default=0, editable=False)
    # Half open, and one push is on its way to see whether the account works again.
    probing = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True

    @property
    def is_paused(self) -> bool:
        """By the clock of this process, for pages; claims ask the database's."""
        return self.paused_until is not None and self.paused_until > timezone.now()

    def note_failures(self, code: str, count: int, *, opens_at: int) -> bool:
        """Count `count` failures in a row; from `opens_at` on, pause the account because of `code`,
        twice as long each time in a row. Returns whether it is paused.

        A pause that runs already is not prolonged, except after a probe.
        """
        rows = type(self)._base_manager.filter(pk=self.pk)
        rows.update(failures_in_a_row=F("failures_in_a_row") + count)
        too_many = rows.filter(failures_in_a_row__gte=opens_at)
        pauses = too_many.values_list("pauses_in_a_row", flat=True).first()
        if pauses is None:
            return False
        base = timedelta(seconds=settings.BREAKER_PAUSE_SECONDS)
        pause = min(base * 2 ** min(pauses, 10), max(LONGEST_PAUSE, base))
        begun = rows.exclude(paused_until__gt=Now(), probing=False).update(
            paused_until=Now() + pause, pause_code=code, pauses_in_a_row=pauses + 1, probing=False
        )
        if begun:
            kind, seconds = self._meta.model_name, pause.total_seconds()
            logger.warning("%s %s is paused for %.0f s: %s", kind, self.pk, seconds, code)
        return True

    def begin_probe(self, seconds: float) -> bool:
        """Whether this one is let through by a half-open breaker; the others wait until its answer
        is known, `seconds` at most."""
        half_open = type(self)._base_manager.filter(pk=self.pk, paused_until__lte=Now())
        until = Now() + timedelta(seconds=seconds)
        return bool(half_open.update(paused_until=until, probing=True))

    def end_probe(self) -> None:
        """The probe told nothing (it never got as far, or was asked to slow down): the next may
        try. No write where it has opened or closed the breaker."""
        rows = type(self)._base_manager.filter(pk=self.pk, probing=True)
        rows.update(paused_until=Now(), probing=False)

    def close(self) -> None:
        """The account works, or a person says that it does. No write where the breaker is closed
        and nothing was counted."""
        rows = type(self)._base_manager.filter(pk=self.pk)
        rows.exclude(failures_in_a_row=0, paused_until=None).update(
            failures_in_a_row=0, paused_until=None, pause_code="", pauses_in_a_row=0, probing=False
        )
