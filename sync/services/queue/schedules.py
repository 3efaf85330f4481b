"""What happens by itself: the schedules of every installation, and those that people set."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django_q.models import Schedule

from sync.models import HrFlowSource, Workflow
from sync.services.queue import notify

SCHEDULES = {
    # Puts right what crashes left, besides the watchers that do so more often.
    "sweep": ("sync.tasks.sweep", 1),
    # What may no longer be kept (docs/privacy.md).
    "purge": ("sync.tasks.purge", 24 * 60),
}
# Their names as people read them.
NAMES = {"sweep": gettext_lazy("sweep"), "purge": gettext_lazy("purge")}


def ensure_schedules() -> None:
    for name, (function, minutes) in SCHEDULES.items():
        Schedule.objects.update_or_create(
            name=name,
            defaults={"func": function, "schedule_type": Schedule.MINUTES, "minutes": minutes},
        )
    Schedule.objects.filter(func__startswith="sync.tasks.").exclude(name__in=SCHEDULES).delete()


def notify_due() -> int:
    """Imports and workflows whose interval is over; returns how many bells were notified."""
    sources = HrFlowSource.objects.filter(is_active=True).exclude(import_every_minutes=None)
    notified = [
        notify.task(notify.IMPORT, source.pk)
        for source in sources
        if _is_over(source.import_every_minutes, source.imported_at)
    ]
    notified += [
        notify.task(notify.RUN_WORKFLOW, workflow.pk)
        for workflow in _scheduled_workflows()
        if _is_over(workflow.every_minutes, workflow.last_run_at)
    ]
    return sum(notified)


def take_workflow(pk: int) -> Workflow | None:
    """Claim a due workflow's turn, so that a task delivered twice runs it once."""
    workflow = _scheduled_workflows().filter(pk=pk).first()
    if workflow is None or not _is_over(workflow.every_minutes, workflow.last_run_at):
        return None
    turn = Workflow.objects.filter(pk=pk, last_run_at=workflow.last_run_at)
    return workflow if turn.update(last_run_at=Now()) else None


def give_turn_back(workflow: Workflow) -> None:
    """Its run was stopped: `workflow`, as `take_workflow` found it, is due again."""
    Workflow.objects.filter(pk=workflow.pk).update(last_run_at=workflow.last_run_at)


def _scheduled_workflows() -> QuerySet[Workflow]:
    active = Workflow.objects.filter(is_active=True, source__is_active=True)
    return active.exclude(every_minutes=None).select_related("source", "vacancy__company")


def _is_over(minutes: int | None, last: datetime | None) -> bool:
    if minutes is None:
        return False
    return last is None or timezone.now() - last >= timedelta(minutes=minutes)
