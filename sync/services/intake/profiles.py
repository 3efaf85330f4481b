"""Keeping the index of profiles: what is new in HrFlow, what has changed, what is gone.

HrFlow's lists cannot be filtered by update time, and they shift while profiles change. So an import
reads them by update time, newest first, until it is well past where the last one stopped; once a
day a full sweep reads all of them and finds what was deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from sync.clients.hrflow import HrFlowClient
from sync.exceptions import ConfigurationError, RetryableError, SyncError
from sync.mapping.consent import Contact, is_over
from sync.mapping.index_row import IndexRow, read_index_row
from sync.models import HrFlowSource, Profile
from sync.models.accounts import IMPORT_DIES_AFTER
from sync.models.circuit_breaker import pause_after
from sync.services.peers.client_factory import hrflow_client
from sync.services.peers.profile_pages import PAGE, is_past, pages
from sync.services.privacy import suppression
from sync.services.queue import heartbeat, shutdown
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(days=1)
FIELDS = [*IndexRow.__annotations__, "search_text", "seen_at"]
# What the row of a source tells of its last import.
NOTES = ["last_error", "import_left_out", "import_is_cut", "import_failures", "import_retry_at"]


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
    # Odd profiles that could not be read or stored, each named in the log.
    odd: int = 0
    full: bool = False
    # HrFlow has more profiles than it shows.
    is_cut: bool = False
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
            # Whom HrFlow did not show is not gone.
            result.gone = 0 if result.is_cut else _archive_unseen(source, client, begun)
            changes["swept_at"] = begun
        if result.newest:
            # A profile dated in the future must not move the cursor there: the cursor would never
            # come back.
            changes["import_cursor"] = min(result.newest, begun)
        changes |= {"last_error": "", "imported_at": Now(), **_noted(result)}
        changes |= {"import_failures": 0, "import_retry_at": None}
    except (SyncError, ConfigurationError) as error:
        changes = {"last_error": error.note, **_backed_off(source, error)}
        raise
    finally:
        HrFlowSource.objects.filter(pk=source.pk).update(import_beat_at=None, **changes)
        source.refresh_from_db(fields=["imported_at", "import_cursor", "swept_at", *NOTES])
    return result


def _noted(result: Imported) -> dict[str, Any]:
    """What people are told of the last full import; an incremental one only adds to it, since it
    does not meet again what the full one left out."""
    notes = {"import_left_out": result.odd, "import_is_cut": result.is_cut}
    return {name: value for name, value in notes.items() if result.full or value}


def _backed_off(source: HrFlowSource, error: SyncError | ConfigurationError) -> dict[str, Any]:
    """When the schedule tries again: later with each failure in a row, as a breaker does, and never
    before HrFlow asked for."""
    asked = error.retry_after if isinstance(error, RetryableError) else None
    pause = max(pause_after(source.import_failures), timedelta(seconds=asked or 0))
    return {
        "import_failures": min(source.import_failures + 1, 100),
        "import_retry_at": Now() + pause,
    }


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
        result.odd, result.is_cut = result.odd + page.left_out, page.is_cut
        fresh = [p for p in page.profiles if p["key"] not in result.seen]
        result.seen.update(p["key"] for p in fresh)
        summaries = _summaries_of(fresh, result)
        _write(source, _without_suppressed(source, summaries, result), result)
        _show_life(source, import_done=len(result.seen), import_total=page.total)
        times = [s["remote_updated_at"] for s in summaries.values() if s["remote_updated_at"]]
        if times:
            result.newest = max(times) if result.newest is None else max(*times, result.newest)
            if stop_at and is_past(times, stop_at):
                return


def _summaries_of(profiles: Sequence[Mapping[str, Any]], result: Imported) -> dict[str, IndexRow]:
    """The rows of these profiles by key, but for those that nobody foresaw how to read."""
    found = {}
    for profile in profiles:
        try:
            found[str(profile["key"])] = read_index_row(profile)
        except Exception as error:
            _leave_out(str(profile["key"]), error, result)
    return found


def _leave_out(key: str, error: Exception, result: Imported) -> None:
    """One odd profile never stops an import. Its own words stay out of the log."""
    logger.warning("profile %s left out of the import: %s", key, type(error).__name__)
    result.odd += 1


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
    """Create or update the rows of these profiles; where the database refuses them together, one by
    one, without those that it refuses."""
    try:
        with transaction.atomic():
            _write_rows(source, summaries, result)
    except (OperationalError, InterfaceError):
        raise  # The database is away, or busy.
    except Exception as error:
        if len(summaries) == 1:
            _leave_out(next(iter(summaries)), error, result)
            return
        for key, summary in summaries.items():
            _write(source, {key: summary}, result)


def _write_rows(source: HrFlowSource, summaries: Mapping[str, IndexRow], result: Imported) -> None:
    """In one statement, by key; then count them."""
    known = {p.key: p for p in Profile.objects.filter(source=source, key__in=summaries)}
    changed = sum(
        any(getattr(profile, name) != value for name, value in summaries[key].items())
        for key, profile in known.items()
    )
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
    result.created += len(summaries) - len(known)
    result.updated += changed
    result.unchanged += len(known) - changed


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
        except SyncError as error:
            if error.code == ErrorCode.HRFLOW_UNREADABLE:
                continue  # It is there, and odd.
            if error.code != ErrorCode.PROFILE_NOT_FOUND:
                raise
            profile.archived_at = timezone.now()
            profile.save(update_fields=["archived_at"])
            gone += 1
    return gone
