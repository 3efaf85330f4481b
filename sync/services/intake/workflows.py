"""Running a workflow: which profiles of its source go to its vacancy now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from sync.exceptions import BrokenOffError, ConfigurationError, SyncError
from sync.mapping.profile import moment
from sync.models import Run, RunKind, Workflow
from sync.services.intake.profiles import OVERLAP, pages
from sync.services.peers.client_factory import hrflow_client
from sync.services.pushing.dispatch import Dispatched, add_pushes, close_if_empty, options_of
from sync.services.queue import heartbeat, notify, shutdown
from sync.vocabulary import ReadMode

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def run_workflow(
    workflow: Workflow, *, kind: RunKind = RunKind.WORKFLOW, requested_by: User | None = None
) -> Dispatched:
    """Queue the profiles of a workflow's source: all of them (`sync`), or those updated since the
    last successful run (`incremental`).

    Pages are queued one by one, and the cursor moves once all of them are: a run that breaks off is
    made good by the next. Raises SyncError, ConfigurationError or BrokenOffError, noted on
    the run.
    """
    begun = timezone.now()
    result = Dispatched(_begin(workflow, kind, requested_by))
    try:
        newest = _queue_pages(workflow, result)
    except (SyncError, ConfigurationError, BrokenOffError) as error:
        _end(result.run, reason=error.note)
        raise
    with transaction.atomic():
        # A profile dated in the future must not take the cursor there: it would never come back.
        _move_cursor(workflow, result.run, min(newest, begun) if newest else None)
        _end(result.run)
    return result


def _begin(workflow: Workflow, kind: RunKind, requested_by: User | None) -> Run:
    return Run.objects.create(
        kind=kind,
        workflow=workflow,
        source=workflow.source,
        vacancy=workflow.vacancy,
        requested_by=requested_by,
        started_at=Now(),
        is_complete=False,
        beat_at=Now(),
        **options_of(workflow),
    )


def _end(run: Run, **changes: Any) -> None:
    Run.objects.filter(pk=run.pk).update(is_complete=True, **changes)
    run.refresh_from_db()
    close_if_empty(run)


def _queue_pages(workflow: Workflow, result: Dispatched) -> datetime | None:
    """Returns the newest update time that was queued."""
    newest, seen = workflow.cursor, set[str]()
    for times, keys in _pages_since(workflow):
        if shutdown.is_requested():
            raise BrokenOffError
        fresh = [key for key in dict.fromkeys(keys) if key not in seen]
        seen.update(fresh)
        with transaction.atomic():
            add_pushes(result, fresh)
            notify.workers_after_commit()
        Run.objects.filter(pk=result.run.pk).update(beat_at=Now())
        heartbeat.beat()
        newest = max([*times, *([newest] if newest else [])], default=None)
    return newest


def _pages_since(workflow: Workflow) -> Iterator[tuple[list[datetime], list[str]]]:
    source = workflow.source
    client = hrflow_client(source)
    since = workflow.cursor if workflow.read_mode == ReadMode.incremental else None
    for page in pages(client, source.source_key):
        rows = [(str(p["key"]), moment(p.get("updated_at"))) for p in page.profiles if p.get("key")]
        wanted = [key for key, at in rows if since is None or at is None or at > since - OVERLAP]
        times = [at for _, at in rows if at]
        yield times, wanted
        if since and times and min(times) < since - OVERLAP:
            return


def _move_cursor(workflow: Workflow, run: Run, newest: datetime | None) -> None:
    rows = Workflow.objects.filter(pk=workflow.pk)
    rows.update(last_run_at=Now())
    if newest:  # Not where somebody has sent the workflow another way meanwhile.
        rows.filter(source=run.source_id, vacancy=run.vacancy_id).update(cursor=newest)
    workflow.refresh_from_db(fields=["cursor", "last_run_at"])
