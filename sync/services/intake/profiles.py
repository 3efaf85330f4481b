"""Keeping the index of profiles: what is new in HrFlow, what has changed, what is gone.

HrFlow's lists cannot be filtered by update time, and they shift while profiles change. So an import
reads them by update time, newest first, until it is well past where the last one stopped; once a
day a full sweep reads all of them and finds what was deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from sync.clients.hrflow import HrFlowClient
from sync.exceptions import ConfigurationError, PermanentError, SyncError
from sync.mapping.consent import Contact, is_over
from sync.mapping.index_row import IndexRow, read_index_row
from sync.models import HrFlowSource, Profile
from sync.models.accounts import IMPORT_DIES_AFTER
from sync.services.peers.client_factory import hrflow_client
from sync.services.peers.profile_pages import OVERLAP, PAGE, pages
from sync.services.privacy import suppression
from sync.services.queue import heartbeat, shutdown
from sync.vocabulary import ErrorCode

SWEEP_EVERY = timedelta(days=1)
FIELDS = [*IndexRow.__annotations__, "search_text", "seen_at"]


@dataclass
class Imported:
    """What one import found."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    gone: int = 0
    # Left out: people erased on request, and those who may no longer be kept (RETENTION_DAYS).
    erased: int = 0
    too_old: int = 0
    full: bool = False
    seen: set[str] = field(default_factory=set, repr=False)
    newest: datetime | None = None


class ImportRunningError(Exception):
    """Another import of this source is at work."""


class ImportStoppedError(Exception):
    """The worker was asked to stop; what was imported until then stays."""


def import_profiles(source: HrFlowSource, *, full: bool = False) -> Imported:
    """Bring the index of `source` up to date; `full`: read all of it, whatever the cursor says.

    Raises ImportRunningError, ImportStoppedError, and SyncError or ConfigurationError after the
    reason was noted on the source; what was imported until then stays.
    """
    begun = timezone.now()
    needs_sweep = source.swept_at is None or begun - source.swept_at > SWEEP_EVERY
    result = Imported(full=full or needs_sweep)
    _claim(source)
    changes: dict[str, Any] = {}
    try:
        client = hrflow_client(source)
        _read_pages(source, client, result)
        if result.full:
            result.gone = _archive_unseen(source, client, begun)
            changes["swept_at"] = begun
        if result.newest:
            # A profile dated in the future must not move the cursor there: the cursor would never
            # come back.
            changes["import_cursor"] = min(result.newest, begun)
        changes |= {"last_error": "", "imported_at": Now()}
    except (SyncError, ConfigurationError) as error:
        changes = {"last_error": error.note}
        raise
    finally:
        HrFlowSource.objects.filter(pk=source.pk).update(import_beat_at=None, **changes)
        source.refresh_from_db(fields=["imported_at", "last_error", "import_cursor", "swept_at"])
    return result


def _claim(source: HrFlowSource) -> None:
    """One import of a source at a time, on all machines. Raises ImportRunningError."""
    is_free = Q(import_beat_at=None) | Q(import_beat_at__lt=Now() - IMPORT_DIES_AFTER)
    free = HrFlowSource.objects.filter(is_free, pk=source.pk)
    if not free.update(import_beat_at=Now(), import_done=0, import_total=None):
        raise ImportRunningError(str(source))


def _read_pages(source: HrFlowSource, client: HrFlowClient, result: Imported) -> None:
    """Store page after page, until one is well past the cursor; a full import reads all."""
    stop_at = None if result.full else source.import_cursor
    for page in pages(client, source.source_key):
        _check_not_stopped(source)
        fresh = [p for p in page.profiles if p.get("key") and p["key"] not in result.seen]
        result.seen.update(p["key"] for p in fresh)
        summaries = {str(p["key"]): read_index_row(p) for p in fresh}
        _write(source, _without_suppressed(source, summaries, result), result)
        _show_life(source, import_done=len(result.seen), import_total=page.total)
        times = [s["remote_updated_at"] for s in summaries.values() if s["remote_updated_at"]]
        if times:
            result.newest = max(times) if result.newest is None else max(*times, result.newest)
            if stop_at and min(times) < stop_at - OVERLAP:
                return


def _check_not_stopped(source: HrFlowSource) -> None:
    if shutdown.is_requested():
        raise ImportStoppedError(str(source))


def _show_life(source: HrFlowSource, **progress: Any) -> None:
    """Prove that this import and this worker are alive; note how far the import has come."""
    HrFlowSource.objects.filter(pk=source.pk).update(import_beat_at=Now(), **progress)
    heartbeat.beat()


def _without_suppressed(
    source: HrFlowSource, summaries: dict[str, IndexRow], result: Imported
) -> dict[str, IndexRow]:
    """Leave out the erased, and what is not in the index yet and a purge would delete again."""
    erased = suppression.erased_keys({key: s["email"] for key, s in summaries.items()})
    now, days = timezone.now(), settings.RETENTION_DAYS
    contacts = {
        key: Contact(s["last_contact_at"], s["consent_until"]) for key, s in summaries.items()
    }
    old = {key for key, one in contacts.items() if is_over(one, retention_days=days, now=now)}
    old -= erased
    old -= set(Profile.objects.filter(source=source, key__in=old).values_list("key", flat=True))
    result.erased += len(erased)
    result.too_old += len(old)
    return {key: s for key, s in summaries.items() if key not in erased | old}


def _write(source: HrFlowSource, summaries: Mapping[str, IndexRow], result: Imported) -> None:
    """Create or update the rows of these profiles, by key, in one statement; count them."""
    known = {p.key: p for p in Profile.objects.filter(source=source, key__in=summaries)}
    changed = sum(
        any(getattr(profile, name) != value for name, value in summaries[key].items())
        for key, profile in known.items()
    )
    result.created += len(summaries) - len(known)
    result.updated += changed
    result.unchanged += len(known) - changed
    now = timezone.now()
    rows = [Profile(source=source, key=k, seen_at=now, **s) for k, s in summaries.items()]
    for row in rows:
        row.fold_search_text()
    Profile.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=FIELDS,
    )


def _archive_unseen(source: HrFlowSource, client: HrFlowClient, begun: datetime) -> int:
    """Archive what a full sweep did not see; returns how many. Pages shift while they are read, so
    HrFlow is asked for each profile before it counts as gone."""
    gone = 0
    unseen = Profile.objects.filter(source=source, archived_at=None, seen_at__lt=begun)
    for profile in unseen.iterator(chunk_size=PAGE):
        _check_not_stopped(source)
        _show_life(source)
        try:
            client.read_profile(source.source_key, profile.key)
        except PermanentError as error:
            if error.code != ErrorCode.PROFILE_NOT_FOUND:
                raise
            profile.archived_at = timezone.now()
            profile.save(update_fields=["archived_at"])
            gone += 1
    return gone
