"""Running a workflow: which profiles of its source go to its vacancy now.

A scheduled run is created and read by one task. A run that a person starts is created in their
request and read by a worker afterwards (`sync.tasks.read_workflow`). `started_at` is empty until a
worker has claimed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from sync.exceptions import BrokenOffError, ConfigurationError, CutShortError, SyncError
from sync.models import HrFlowSource, Run, RunKind, Workflow
from sync.services.peers.client_factory import hrflow_client
from sync.services.peers.profile_pages import OVERLAP, is_past, pages
from sync.services.pushing.blocking import Seen
from sync.services.pushing.dispatch import Dispatched, add_pushes, close_if_empty, options_of
from sync.services.queue import heartbeat, notify, shutdown
from sync.vocabulary import ReadMode

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def run_workflow(workflow: Workflow, *, requested_by: User | None = None) -> Dispatched:
    """Queue the profiles of a workflow's source now: all of them (`sync`), or those updated since
    the last successful run (`incremental`).

    Raises SyncError, ConfigurationError or BrokenOffError, after the reason was noted on the run.
    """
    return _read(_create_run(workflow, requested_by, started_at=Now()))


def start_workflow(workflow: Workflow, requested_by: User | None) -> Run:
    """Create the run at once, for a worker to read the source into: that may take minutes.

    A run that no worker claims is ended by `Run.objects.complete_dead`.
    """
    with transaction.atomic():
        run = _create_run(workflow, requested_by, started_at=None)
        transaction.on_commit(lambda: notify.task(notify.READ_WORKFLOW, run.pk), robust=True)
    return run


def read_started(run_id: int) -> Dispatched | None:
    """Read the source of a run that `start_workflow` created; None where somebody else has claimed
    the run, or it is over. Raises as `run_workflow`."""
    waiting = Run.objects.running().filter(pk=run_id, is_complete=False, started_at=None)
    if not waiting.update(started_at=Now(), beat_at=Now()):
        return None
    return _read(Run.objects.select_related("workflow", "source", "vacancy").get(pk=run_id))


def _create_run(workflow: Workflow, requested_by: User | None, *, started_at: Now | None) -> Run:
    return Run.objects.create(
        kind=RunKind.WORKFLOW,
        workflow=workflow,
        source=workflow.source,
        vacancy=workflow.vacancy,
        requested_by=requested_by,
        started_at=started_at,
        is_complete=False,
        beat_at=Now(),
        **options_of(workflow),
    )


def _read(run: Run) -> Dispatched:
    """Queue the pages of the run's source one by one, then move the workflow's cursor: what a run
    that breaks off has not queued, the next one queues."""
    result, begun = Dispatched(run), timezone.now()
    try:
        newest = _queue_pages(result)
    except (SyncError, ConfigurationError, BrokenOffError) as error:
        _end(run, reason=error.note)
        raise
    with transaction.atomic():
        # A profile dated in the future must not move the cursor there: the cursor would never come
        # back.
        _move_cursor(run, min(newest, begun) if newest else None)
        _end(run, reason=CutShortError().note if result.is_cut else "")
    return result


def _end(run: Run, **changes: Any) -> None:
    """No more pushes will be added to this run."""
    Run.objects.filter(pk=run.pk).update(is_complete=True, **changes)
    run.refresh_from_db()
    close_if_empty(run)


def _queue_pages(result: Dispatched) -> datetime | None:
    """Add a push for each profile that is due; returns the newest update time that was read, or the
    cursor. Raises SyncError, ConfigurationError, and BrokenOffError where the worker must stop or
    the workflow was deleted."""
    run, workflow, source = result.run, result.run.workflow, result.run.source
    if workflow is None or source is None:
        raise BrokenOffError
    # The cursor is of the way from one source to one vacancy; the workflow may go another by now.
    is_same_way = (workflow.source_id, workflow.vacancy_id) == (run.source_id, run.vacancy_id)
    newest = workflow.cursor if is_same_way else None
    since = newest if workflow.read_mode == ReadMode.incremental else None
    seen: set[str] = set()
    for times, profiles in _pages_since(source, since, result):
        if shutdown.is_requested():
            raise BrokenOffError
        fresh = {key: one for key, one in profiles.items() if key not in seen}
        seen.update(fresh)
        with transaction.atomic():
            result.seen = fresh
            add_pushes(result, list(fresh))
            notify.workers_after_commit()
        Run.objects.filter(pk=run.pk).update(beat_at=Now())
        heartbeat.beat()
        newest = max([*times, *([newest] if newest else [])], default=None)
    return newest


def _pages_since(
    source: HrFlowSource, since: datetime | None, result: Dispatched
) -> Iterator[tuple[list[datetime], dict[str, Seen]]]:
    """For each page, newest first: the update times on it, and by key the profiles updated since
    then (None: all). Ends with the page that is well past `since`; the result says whether HrFlow
    has shown less than that."""
    for page in pages(hrflow_client(source), source.source_key):
        shown = {str(profile["key"]): Seen.of(profile) for profile in page.profiles}
        times = [one.updated_at for one in shown.values() if one.updated_at]
        wanted = {
            key: one
            for key, one in shown.items()
            if since is None or one.updated_at is None or one.updated_at > since - OVERLAP
        }
        result.is_cut = page.is_cut
        yield times, wanted
        if since and is_past(times, since):
            return


def _move_cursor(run: Run, newest: datetime | None) -> None:
    """Note the run on its workflow; the cursor moves unless the workflow was sent another way
    meanwhile (to another source or vacancy)."""
    workflow = run.workflow
    assert workflow is not None
    rows = Workflow.objects.filter(pk=workflow.pk)
    if not rows.update(last_run_at=Now()):
        return  # It was deleted meanwhile.
    if newest:
        rows.filter(source=run.source_id, vacancy=run.vacancy_id).update(cursor=newest)
    workflow.refresh_from_db(fields=["cursor", "last_run_at"])
