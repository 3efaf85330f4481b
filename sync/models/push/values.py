"""Values that several transitions write alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from sync.exceptions import SyncError
from sync.models.states import EnrichmentStatus

NO_CLAIM: dict[str, Any] = {"claim_token": None, "lease_expires_at": None}  # nosec B105
NO_ERROR: dict[str, Any] = {"error_code": "", "error_message": "", "error_params": {}}
# By whether the company wants its candidates enriched (`FlatchrCompany.enrich`).
ENRICHMENT: dict[bool, dict[str, Any]] = {
    False: {"enrichment_status": EnrichmentStatus.NONE, "enrichment_after": None},
    True: {"enrichment_status": EnrichmentStatus.PENDING, "enrichment_after": Now()},
}


def in_seconds(seconds: float) -> Any:
    """A moment by the database's clock, so that machines need not agree on theirs."""
    return Now() + timedelta(seconds=max(seconds, 0))


def error_fields(error: SyncError) -> dict[str, Any]:
    """Why a push is in its state: the code, the words of logs, and what fills in the sentence that
    people read (`Push.explanation`)."""
    return {
        "error_code": error.code,
        "error_message": str(error)[:2000],
        "error_params": {key: str(value)[:500] for key, value in error.params.items()},
    }
