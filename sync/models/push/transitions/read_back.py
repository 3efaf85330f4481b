"""Transitions after a success: found again in Flatchr, enriched.

The push stays `succeeded`; what changes is when it is looked for, what was found, and its
enrichment. Nothing happens where it is not `succeeded` any more.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from sync.exceptions import SyncError
from sync.models.push.fields import PushFields
from sync.models.push.values import NO_ERROR, error_fields, in_seconds
from sync.models.states import EnrichmentStatus, PushStatus
from sync.vocabulary import ErrorCode

S = PushStatus


class ReadBackTransitions(PushFields):
    """Transitions of the read-back and of the enrichment."""

    class Meta:
        abstract = True

    def _update_succeeded(self, **changes: Any) -> None:
        rows = type(self)._default_manager.filter(pk=self.pk, status=S.SUCCEEDED)
        rows.update(updated_at=Now(), **changes)

    # --- read-back ------------------------------------------------------------------------------

    def mark_found(self, *, applicant_id: str, column: str) -> None:
        """The read-back found the applicant, now in this column; it looks no more."""
        self._update_succeeded(
            applicant_id=applicant_id,
            column=column,
            confirmed_at=Now(),
            confirm_after=None,
            **NO_ERROR,
        )

    def look_again_later(self, *, delay: float, tried: bool = True) -> None:
        """The read-back did not find the applicant: it looks again in `delay` seconds.

        `tried`: False where the search failed, so that it said nothing of the applicant.
        """
        self._update_succeeded(
            confirm_after=in_seconds(delay), confirm_tries=F("confirm_tries") + int(tried)
        )

    def report_missing(self) -> None:
        """The read-back did not find the applicant and gives up: people are told so, and there is
        nobody to enrich."""
        mismatch = SyncError(ErrorCode.FLATCHR_MISMATCH)
        self._update_succeeded(
            confirm_after=None, confirm_tries=F("confirm_tries") + 1, **error_fields(mismatch)
        )
        if self.enrichment_status == EnrichmentStatus.PENDING:
            self.give_up_enrichment(mismatch)

    def stop_following(self) -> None:
        """The applicant was found before and is not there any more: a recruiter archived it. The
        push keeps what was found."""
        self._update_succeeded(confirm_after=None)

    # --- enrichment -----------------------------------------------------------------------------

    def mark_enriched(self) -> None:
        """Enrichment pending → done: Flatchr has taken it, or there was nothing to add."""
        self._update_succeeded(
            enrichment_status=EnrichmentStatus.DONE, enrichment_after=None, enrichment_error=""
        )

    def retry_enrichment_later(self, error: SyncError, *, delay: float, tried: bool = True) -> None:
        """Enrichment stays pending: it is tried again in `delay` seconds.

        `tried`: False where a limit of ours kept it from being sent.
        """
        self._update_succeeded(
            enrichment_after=in_seconds(delay),
            enrichment_tries=F("enrichment_tries") + int(tried),
            enrichment_error=error.note,
        )

    def give_up_enrichment(self, error: SyncError) -> None:
        """Enrichment pending → failed. The push itself stays a success: the candidate is in Flatchr
        all the same."""
        self._update_succeeded(
            enrichment_status=EnrichmentStatus.FAILED,
            enrichment_after=None,
            enrichment_error=error.note,
        )
