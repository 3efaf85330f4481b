"""Transitions after a success: found again in Flatchr, enriched."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from sync.exceptions import SyncError
from sync.models.push.fields import PushFields
from sync.models.push.values import error_fields, in_seconds, no_error
from sync.models.states import EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode

S = PushStatus


class ReadBackTransitions(PushFields):
    """Verbs after success: found again, enriched."""

    class Meta:
        abstract = True

    def _note(self, **changes: Any) -> None:
        type(self)._default_manager.filter(pk=self.pk, status=S.SUCCEEDED).update(
            updated_at=Now(), **changes
        )

    def mark_found(self, *, applicant_id: str, column: str) -> None:
        """The read-back found the applicant."""
        self._note(
            applicant_id=applicant_id,
            column=column,
            confirmed_at=Now(),
            confirm_after=None,
            **no_error(),
        )

    def mark_not_found(self, *, delay: float | None) -> None:
        """The read-back did not find the applicant; without a delay it is reported, and there is
        nobody to enrich."""
        again = None if delay is None else in_seconds(delay)
        self._note(confirm_after=again, confirm_tries=F("confirm_tries") + 1)
        if delay is None:
            mismatch = SyncError(ErrorCode.FLATCHR_MISMATCH)
            self._note(**error_fields(mismatch))
            if self.enrichment_status == EnrichmentStatus.PENDING:
                self.give_up_enrichment(mismatch)

    def stop_following(self) -> None:
        """It was found before and is not there any more: a recruiter archived it."""
        self._note(confirm_after=None)

    def mark_enriched(self) -> None:
        self._note(
            enrichment_status=EnrichmentStatus.DONE, enrichment_after=None, enrichment_error=""
        )

    def retry_enrichment_later(self, error: SyncError, *, delay: float, tried: bool = True) -> None:
        self._note(
            enrichment_after=in_seconds(delay),
            enrichment_tries=F("enrichment_tries") + int(tried),
            enrichment_error=error.note,
        )

    def give_up_enrichment(self, error: SyncError) -> None:
        """Its own failure: the candidate is in Flatchr all the same."""
        self._note(
            enrichment_status=EnrichmentStatus.FAILED,
            enrichment_after=None,
            enrichment_error=error.note,
        )
