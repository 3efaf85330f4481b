"""What happens by itself: the schedules of every installation, and those that people set."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django_q.models import Schedule

from sync.models import HrFlowSource, Workflow
from sync.services.queue import notify

# Name: the task, and every how many minutes.
SCHEDULES = {
    # Puts right what crashes left; each supervisor does so too, and more often.
    "sweep": ("sync.tasks.sweep", 1),
    # Deletes what may no longer be kept (docs/privacy.md).
    "purge": ("sync.tasks.purge", 24 * 60),
}
# Their names as people read them.
NAMES = {"sweep": gettext_lazy("sweep"), "purge": gettext_lazy("purge")}


def ensure_schedules() -> None:
    """Make django-q2's schedules those of `SCHEDULES`; called after each migration.

    Schedules of other tasks than ours are left as they are.
    """
    for name, (function, minutes) in SCHEDULES.items():
        Schedule.objects.update_or_create(
            name=name,
            defaults={
                "func": function,
                "schedule_type": Schedule.MINUTES,
                "minutes": minutes,
                "kwargs": _options(function),
            },
        )
    Schedule.objects.filter(func__startswith="sync.tasks.").exclude(name__in=SCHEDULES).delete()


def _options(function: str) -> str | None:
    """As django-q2 stores them: a task that needs longer than others says so."""
    timeout = notify.TIMEOUTS.get(function)
    return repr({"q_options": {"timeout": timeout}}) if timeout else None


def notify_due() -> int:
    """Queue the imports and workflows whose interval is over; returns how many were queued."""
    sources = HrFlowSource.objects.filter(is_active=True).exclude(import_every_minutes=None)
    tasks = [
        (notify.IMPORT, source.pk)
        for source in sources
        if _is_over(source.import_every_minutes, source.imported_at)
    ]
    tasks += [(notify.RUN_WORKFLOW, workflow.pk) for workflow in _due_workflows()]
    return sum(notify.task(name, pk) for name, pk in tasks)


def take_workflow(pk: int) -> Workflow | None:
    """Claim a due workflow's turn by a conditional UPDATE: a task delivered twice runs it once.

    None where it is not due, or where another task was faster.
    """
    for workflow in _due_workflows(pk=pk):
        turn = Workflow.objects.filter(pk=pk, last_run_at=workflow.last_run_at)
        if turn.update(last_run_at=Now()):
            return workflow
    return None


def give_turn_back(workflow: Workflow) -> None:
    """Its run was stopped: `workflow`, as `take_workflow` returned it, is due again."""
    Workflow.objects.filter(pk=workflow.pk).update(last_run_at=workflow.last_run_at)


def _due_workflows(**lookup: int) -> list[Workflow]:
    """Active workflows whose interval is over, or that have never run.

    `lookup` narrows them. They come with their source, vacancy and company.
    """
    active = Workflow.objects.filter(is_active=True, source__is_active=True, **lookup)
    scheduled = active.exclude(every_minutes=None).select_related("source", "vacancy__company")
    return [
        workflow for workflow in scheduled if _is_over(workflow.every_minutes, workflow.last_run_at)
    ]


def _is_over(minutes: int | None, last: datetime | None) -> bool:
    """Whether an interval is over that began at `last` (None: never). None minutes: no schedule."""
    if minutes is None:
        return False
    return last is None or timezone.now() - last >= timedelta(minutes=minutes)
