"""django-q2's entries: doorbells without a payload. The rows, not the tasks, are the truth."""

from __future__ import annotations

import logging

from django.conf import settings

from sync.exceptions import BrokenOffError, ConfigurationError, SyncError
from sync.models import HrFlowSource, Push
from sync.services import (
    doorbell,
    heartbeat,
    importing,
    purging,
    recovery,
    schedules,
    shifts,
    stopping,
    workflows,
)
from sync.services import follow_up as following

logger = logging.getLogger(__name__)


def work(number: int = 0) -> int:
    """There is work: carry due pushes for a while; ring again where some are left."""
    doorbell.answer(doorbell.WORK, number)
    heartbeat.beat()
    carried = shifts.work(settings.DOORBELL_SECONDS)
    if not stopping.is_requested() and Push.objects.due().exists():
        doorbell.ring_bell(doorbell.WORK, number)
    return carried


def follow_up(number: int = 0) -> int:
    """Find created candidates again in Flatchr, and enrich them."""
    doorbell.answer(doorbell.FOLLOW_UP, number)
    heartbeat.beat()
    return following.follow_up(settings.DOORBELL_SECONDS)


def import_source(source_id: int) -> None:
    """What goes wrong is noted on the source, where people look."""
    doorbell.answer(doorbell.IMPORT, source_id)
    heartbeat.beat()
    source = HrFlowSource.objects.filter(pk=source_id, is_active=True).first()
    if source is None:
        return
    try:
        importing.import_profiles(source)
    except importing.ImportStoppedError:
        doorbell.ring_bell(doorbell.IMPORT, source_id)
    except importing.ImportRunningError:
        # What an event announced may have come after the pages that the other has read.
        doorbell.leave_note(doorbell.IMPORT, source_id)
        return
    except (SyncError, ConfigurationError) as error:
        logger.warning("import of %s: %s", source, error)
    if doorbell.take_note(doorbell.IMPORT, source_id):
        doorbell.ring_bell(doorbell.IMPORT, source_id)


def run_workflow(workflow_id: int) -> None:
    """A workflow whose time has come; what goes wrong is noted on its run."""
    doorbell.answer(doorbell.RUN_WORKFLOW, workflow_id)
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


def beat(worker_id: str = "") -> None:
    """Proof of life of the group that executes this, whichever asked for it."""
    doorbell.answer(doorbell.BEAT, worker_id)
    heartbeat.beat()


def purge() -> dict[str, int]:
    """Once a day; returns counts, which name nobody."""
    heartbeat.beat()
    return purging.purge()


def sweep() -> None:
    heartbeat.beat()
    recovery.recover()
    schedules.ring_what_is_due()
