"""What django-q2 executes. A task says that there is work; the rows say which.

Schedules and queued tasks hold these names, so they are stable. Every task acknowledges its
notification first (from then on it may be queued again) and beats.
"""

from __future__ import annotations

import logging

from django.conf import settings

from sync.exceptions import BrokenOffError, ConfigurationError, SyncError
from sync.models import HrFlowSource, Push
from sync.services.intake import profiles, workflows
from sync.services.privacy import maintenance, retention
from sync.services.pushing import worker
from sync.services.queue import heartbeat, notify, recovery, schedules, shutdown
from sync.services.reconciling import follow_up as following

logger = logging.getLogger(__name__)


def work(number: int = 0) -> int:
    """Push what is due for about `TASK_WORK_SECONDS`; notify again where some are left.

    `number`: the worker that was notified. Returns how many tries were made.
    """
    notify.acknowledge(notify.WORK, number)
    heartbeat.beat()
    tries = worker.run_worker(settings.TASK_WORK_SECONDS)
    if not shutdown.is_requested() and Push.objects.due().exists():
        notify.task(notify.WORK, number)
    return tries


def follow_up(number: int = 0) -> int:
    """Find created candidates again in Flatchr, and enrich them; returns how many pushes."""
    notify.acknowledge(notify.FOLLOW_UP, number)
    heartbeat.beat()
    return following.follow_up(settings.TASK_WORK_SECONDS)


def import_source(source_id: int) -> None:
    """Import a source's profiles; its row tells people what went wrong.

    A stopped import is queued again. So is one that was asked for while another was running.
    """
    notify.acknowledge(notify.IMPORT, source_id)
    heartbeat.beat()
    source = HrFlowSource.objects.filter(pk=source_id, is_active=True).first()
    if source is None:
        return
    try:
        profiles.import_profiles(source)
    except profiles.ImportStoppedError:
        notify.task(notify.IMPORT, source_id)
    except profiles.ImportRunningError:
        # What an event announced may have come after the pages that the other has read.
        notify.request_rerun(notify.IMPORT, source_id)
        return
    except (SyncError, ConfigurationError) as error:
        logger.warning("import of %s: %s", source, error)
    if notify.take_rerun_request(notify.IMPORT, source_id):
        notify.task(notify.IMPORT, source_id)


def run_workflow(workflow_id: int) -> None:
    """Run a workflow that is due; its run tells people what went wrong."""
    notify.acknowledge(notify.RUN_WORKFLOW, workflow_id)
    heartbeat.beat()
    workflow = schedules.take_workflow(workflow_id)
    if workflow is None:
        return
    try:
        workflows.run_workflow(workflow)
    except BrokenOffError:
        schedules.give_turn_back(workflow)
    except (SyncError, ConfigurationError) as error:
        logger.warning("workflow %s: %s", workflow, error)


def read_workflow(run_id: int) -> None:
    """Read the source of a run that a person has started; what goes wrong is noted on the run."""
    notify.acknowledge(notify.READ_WORKFLOW, run_id)
    heartbeat.beat()
    try:
        workflows.read_started(run_id)
    except (SyncError, ConfigurationError, BrokenOffError) as error:
        logger.warning("run %s: %s", run_id, error)


def beat(worker_id: str = "") -> None:
    """Beat for the group that executes this, whichever asked (`worker_id`)."""
    notify.acknowledge(notify.BEAT, worker_id)
    heartbeat.beat()


def purge(number: int = 0) -> dict[str, int]:
    """Delete what may no longer be kept, once a day; returns counts, which name nobody."""
    notify.acknowledge(notify.PURGE, number)
    heartbeat.beat()
    counts: dict[str, int] = {}
    with maintenance.alone(maintenance.PURGE) as is_mine:
        if is_mine:
            counts = retention.purge()
    if shutdown.is_requested():
        # It may have broken off; whoever works on goes on with it.
        notify.task(notify.PURGE, number)
    return counts


def scrub(number: int = 0) -> bool:
    """Remove deleted rows from the disk, after an erasure; returns whether that was done."""
    notify.acknowledge(notify.SCRUB, number)
    heartbeat.beat()
    return maintenance.scrub_alone()


def sweep() -> None:
    """Put right what crashes left, and queue the imports and workflows that are due."""
    heartbeat.beat()
    recovery.recover()
    schedules.notify_due()
