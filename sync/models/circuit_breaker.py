"""A circuit breaker on a row: an account that keeps failing is left alone for a while."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
        return self.paused_until is not None and self.paused_until > timezone.now()

    @property
    def is_half_open(self) -> bool:
        return self.paused_until is not None and not self.is_paused

    def note_failures(self, code: str, count: int, *, opens_at: int) -> bool:
        """Count `count` failures in a row; True where that opened (or kept open) the breaker."""
        rows = type(self)._base_manager.filter(pk=self.pk)
        rows.update(failures_in_a_row=models.F("failures_in_a_row") + count)
        if not rows.filter(failures_in_a_row__gte=opens_at).exists():
            return False
        return self._pause(code)

    def _pause(self, code: str) -> bool:
        rows = type(self)._base_manager.filter(pk=self.pk)
        pauses = rows.values_list("pauses_in_a_row", flat=True).get()
        base = timedelta(seconds=settings.BREAKER_PAUSE_SECONDS)
        pause = min(base * 2 ** min(pauses, 10), max(LONGEST_PAUSE, base))
        not_yet = models.Q(paused_until=None) | models.Q(paused_until__lte=Now())
        rows.filter(not_yet | models.Q(probing=True)).update(
            paused_until=Now() + pause, pause_code=code, pauses_in_a_row=pauses + 1, probing=False
        )
        return True

    def begin_probe(self, seconds: float) -> bool:
        """Half open: let exactly one through; the others wait until its answer is known."""
        return bool(
            type(self)
            ._base_manager.filter(pk=self.pk, paused_until__lte=Now())
            .update(paused_until=Now() + timedelta(seconds=seconds), probing=True)
        )

    def end_probe(self) -> None:
        """The probe told nothing (it never got as far, or was asked to slow down): the next may
        try. No write where it has opened or closed the breaker."""
        rows = type(self)._base_manager.filter(pk=self.pk, probing=True)
        rows.update(paused_until=Now(), probing=False)

    def note_success(self) -> None:
        """Close the breaker; no write where it is closed and nothing was counted."""
        type(self)._base_manager.filter(pk=self.pk).exclude(
            failures_in_a_row=0, paused_until=None
        ).update(
            failures_in_a_row=0, paused_until=None, pause_code="", pauses_in_a_row=0, probing=False
        )

    def close(self) -> None:
        """By hand: the cause is gone."""
        self.note_success()
