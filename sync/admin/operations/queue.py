"""The pages of workers and of django-q2's own rows.

All of them are read-only, for superusers too: a schedule may name any dotted path, so whoever could
edit one could execute any code.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_q.models import Failure, OrmQ, Schedule, Success

from sync.admin.columns import column
from sync.admin.scoped import OperatorsOnly, page
from sync.models import Action, Epoch, WorkerGroup
from sync.services.queue.epoch import begin_epoch
from sync.services.queue.schedules import NAMES
from sync.services.security import audit
from sync.templatetags.desk import status_label

LONGEST_RESULT = 5000

for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(WorkerGroup)
class WorkerGroupAdmin(OperatorsOnly[WorkerGroup]):
    list_display = ("host", "state", "processes", "beat_at", "started_at", "restarts")
    list_display_links = ("host",)
    fields = ("host", "worker_id", "state", "processes", "beat_at", "started_at", "restarts")
    list_help = gettext_lazy("A group counts as running only while it executes tasks.")

    @admin.display(description=gettext_lazy("state"))
    def state(self, group: WorkerGroup) -> str:
        limit = timezone.now() - timedelta(seconds=settings.HEARTBEAT_STALE_SECONDS)
        if group.beat_at is not None and group.beat_at >= limit:
            return status_label("ok", _("running"))
        return status_label("error", _("silent"))

    @page("restored/", name="sync_restored")
    def restored_view(self, request: HttpRequest) -> HttpResponse:
        """An operator says that the database came from a backup (`queue.epoch`)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            found = begin_epoch()
            audit.record(request.user, Action.RESTORE, details={"pushes": found.waiting})
            words = _(
                "%(waiting)s pushes wait %(seconds)s s, then look in Flatchr before they send."
            )
            values = {"waiting": found.waiting, "seconds": f"{found.seconds:.0f}"}
            messages.success(request, words % values)
            return redirect("admin:sync_workergroup_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("The database was restored"),
            "opts": self.opts,
            "restored_at": Epoch.objects.current().restored_at,
        }
        return TemplateResponse(request, "sync/operations/restored.html", context)


@admin.register(Schedule)
class ScheduleAdmin(OperatorsOnly[Any]):
    list_display = ("label", "func", "schedule_type", "minutes", "next_run")
    fields = (*list_display, "cluster")
    readonly_fields = ("label",)

    label = column(
        gettext_lazy("name"),
        lambda schedule: str(NAMES.get(schedule.name, schedule.name)),
        ordering="name",
    )


class TaskAdmin(OperatorsOnly[Any]):
    list_display = ("func", "started", "stopped", "seconds")
    search_fields = ("func",)
    ordering = ("-stopped",)
    fields = ("id", "func", "started", "stopped", "seconds", "attempt_count", "outcome")
    readonly_fields = ("seconds", "outcome")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the arguments, which may be long and which no page shows."""
        found: QuerySet[Any] = super().get_queryset(request).defer("args", "kwargs")
        return found

    seconds = column(gettext_lazy("seconds"), lambda task: f"{task.time_taken():.2f}")

    outcome = column(
        gettext_lazy("result"),
        lambda task: format_html("<pre>{}</pre>", str(task.result)[:LONGEST_RESULT]),
    )


admin.site.register(Success, TaskAdmin)
admin.site.register(Failure, TaskAdmin)


@admin.register(OrmQ)
class WaitingTaskAdmin(OperatorsOnly[Any]):
    list_display = ("id", "func", "key", "lock")
    fields = ("key", "func", "lock")
    readonly_fields = ("func",)
    ordering = ("id",)

    func = column(gettext_lazy("task"), lambda row: str(row.func() or ""))
