"""Values that several verbs and sweeps of pushes write alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from sync.exceptions import SyncError
from sync.models.states import EnrichmentStatus

NO_CLAIM = dict.fromkeys(("claim_token", "lease_expires_at"))


def in_seconds(seconds: float) -> Any:
    """A moment by the database's clock, so that machines need not agree on theirs."""
    return Now() + timedelta(seconds=max(seconds, 0))


def error_fields(error: SyncError) -> dict[str, Any]:
    return {
        "error_code": error.code,
        "error_message": str(error)[:2000],
        "error_params": {key: str(value)[:500] for key, value in error.params.items()},
    }


def no_error() -> dict[str, Any]:
    return {"error_code": "", "error_message": "", "error_params": {}}


def wanted_enrichment(enrich: bool) -> dict[str, Any]:
    if not enrich:
        return {"enrichment_status": EnrichmentStatus.NONE, "enrichment_after": None}
    return {"enrichment_status": EnrichmentStatus.PENDING, "enrichment_after": Now()}
