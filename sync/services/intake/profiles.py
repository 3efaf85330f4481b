"""Keeping the index of profiles: what is new in HrFlow, what has changed, what is gone.

HrFlow's lists cannot be filtered by update time and shift while profiles change. So an import walks
them by update time, newest first, until it is well past where the last one stopped; and now and
then a full sweep finds what was deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from sync.clients.hrflow import HrFlowClient, ProfilePage
from sync.exceptions import ConfigurationError, PermanentError, RetryableError, SyncError
from sync.mapping.consent import Contact, is_over
from sync.mapping.index_row import IndexRow, read_index_row
from sync.models import HrFlowSource, Profile
from sync.models.accounts import IMPORT_DIES_AFTER
from sync.models.profiles import LONGEST_KEY
from sync.services.peers.backoff import backoff
from sync.services.peers.client_factory import hrflow_client
from sync.services.privacy import suppression
from sync.services.queue import heartbeat, shutdown
from sync.vocabulary import ErrorCode

logger = logging.getLogger(__name__)

PAGE = 100
OVERLAP = timedelta(minutes=10)
SWEEP_EVERY = timedelta(days=1)
PAGE_TRIES = 3
LONGEST_PAGE_WAIT_SECONDS = 10.0
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
    """Bring the index of `source` up to date. Raises SyncError or ConfigurationError, after the
    reason was noted on the source; what was imported until then stays."""
    begun = timezone.now()
    result = Imported(full=full or _needs_sweep(source))
    _begin(source)
    try:
        _walk(source, _client(source), result)
        if result.full:
            result.gone = _mark_gone(source, _client(source), begun)
    except (SyncError, ConfigurationError) as error:
        _end(source, last_error=error.note)
        raise
    except BaseException:
        _end(source)
        raise
    swept = {"swept_at": begun} if result.full else {}
    # A profile dated in the future must not take the cursor there: it would never come back.
    cursor = {"import_cursor": min(result.newest, begun)} if result.newest else {}
    _end(source, last_error="", imported_at=Now(), **swept, **cursor)
    return result


def _needs_sweep(source: HrFlowSource) -> bool:
    return source.swept_at is None or timezone.now() - source.swept_at > SWEEP_EVERY


def _begin(source: HrFlowSource) -> None:
    """One import of a source at a time, on all machines."""
    died = Q(import_beat_at=None) | Q(import_beat_at__lt=Now() - IMPORT_DIES_AFTER)
    free = HrFlowSource.objects.filter(died, pk=source.pk)
    if not free.update(import_beat_at=Now(), import_done=0, import_total=None):
        raise ImportRunningError(str(source))


def _end(source: HrFlowSource, **changes: Any) -> None:
    HrFlowSource.objects.filter(pk=source.pk).update(import_beat_at=None, **changes)
    source.refresh_from_db(fields=["imported_at", "last_error", "import_cursor", "swept_at"])


def _client(source: HrFlowSource) -> HrFlowClient:
    return hrflow_client(source)


def _walk(source: HrFlowSource, client: HrFlowClient, result: Imported) -> None:
    stop_at = None if result.full else source.import_cursor
    for page in pages(client, source.source_key):
        _check_not_stopped(source)
        fresh = [p for p in page.profiles if p.get("key") and p["key"] not in result.seen]
        result.seen.update(p["key"] for p in fresh)
        oldest = _store(source, fresh, result)
        _show_life(source, import_done=len(result.seen), import_total=page.total)
        if stop_at and oldest and oldest < stop_at - OVERLAP:
            return


def _check_not_stopped(source: HrFlowSource) -> None:
    if shutdown.is_requested():
        raise ImportStoppedError(str(source))


def _show_life(source: HrFlowSource, **progress: Any) -> None:
    HrFlowSource.objects.filter(pk=source.pk).update(import_beat_at=Now(), **progress)
    heartbeat.beat()


def pages(client: HrFlowClient, source_key: str) -> Iterator[ProfilePage]:
    """Every page of a source, by update time, newest first; a page that fails is asked again."""
    number = 1
    while True:
        page = _page(client, source_key, number)
        yield replace(page, profiles=[p for p in page.profiles if _is_storable(p)])
        if number >= page.max_page or not page.profiles:
            return
        number += 1


def _is_storable(profile: Mapping[str, Any]) -> bool:
    key = str(profile.get("key") or "")
    if len(key) > LONGEST_KEY:
        logger.warning("a profile is left out: its key has more than %s characters", LONGEST_KEY)
    return len(key) <= LONGEST_KEY


def _page(client: HrFlowClient, source_key: str, number: int) -> ProfilePage:
    for attempt in range(1, PAGE_TRIES + 1):
        heartbeat.beat()
        try:
            return client.list_profiles(source_key, page=number, limit=PAGE)
        except RetryableError as error:
            delay = backoff(attempt, error.retry_after)
            # Whoever must wait for long leaves the worker free: the next import makes it good.
            if attempt == PAGE_TRIES or delay > LONGEST_PAGE_WAIT_SECONDS:
                raise
            logger.info("page %s: %s", number, error)
            shutdown.requested.wait(delay)
    raise AssertionError("unreachable")


def _store(
    source: HrFlowSource, profiles: list[dict[str, Any]], result: Imported
) -> datetime | None:
    """Write what is new or changed; returns the oldest update time of the page."""
    summaries = {str(p["key"]): read_index_row(p) for p in profiles}
    times = [s["remote_updated_at"] for s in summaries.values() if s["remote_updated_at"]]
    result.newest = max([*times, *([result.newest] if result.newest else [])], default=None)
    _write(source, _kept(source, summaries, result), result)
    return min(times, default=None)


def _kept(
    source: HrFlowSource, summaries: dict[str, IndexRow], result: Imported
) -> dict[str, IndexRow]:
    """Without the erased, nor what a purge would take away again."""
    erased = suppression.erased_keys({key: s["email"] for key, s in summaries.items()})
    old = {key for key, s in summaries.items() if _is_over(s)} - erased
    old -= set(Profile.objects.filter(source=source, key__in=old).values_list("key", flat=True))
    result.erased += len(erased)
    result.too_old += len(old)
    return {key: s for key, s in summaries.items() if key not in erased | old}


def _is_over(summary: IndexRow) -> bool:
    contact = Contact(summary["last_contact_at"], summary["consent_until"])
    return is_over(contact, retention_days=settings.RETENTION_DAYS, now=timezone.now())


def _write(source: HrFlowSource, summaries: dict[str, IndexRow], result: Imported) -> None:
    known = {p.key: p for p in Profile.objects.filter(source=source, key__in=summaries)}
    result.created += sum(key not in known for key in summaries)
    changed = sum(key in known and _differs(known[key], s) for key, s in summaries.items())
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


def _differs(profile: Profile, summary: Mapping[str, Any]) -> bool:
    return any(getattr(profile, name) != value for name, value in summary.items())


def _mark_gone(source: HrFlowSource, client: HrFlowClient, begun: datetime) -> int:
    """A full sweep did not see these. Pages shift, so each is asked for before it is gone."""
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
