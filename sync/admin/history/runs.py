"""Runs: how far each has come, while it goes on and afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sync.admin.columns import column, local, titled
from sync.admin.filters import PersonFilter
from sync.admin.history import actions, failures
from sync.admin.read_only import ReadOnly
from sync.admin.scoped import ScopedAdmin, page
from sync.models import Push, Run, RunStatus
from sync.models.states import WAITING, PushStatus
from sync.numbers import whole_number
from sync.services.reporting import statistics
from sync.templatetags.desk import person, status, status_label

RELATED = ("source", "vacancy__company", "requested_by", "workflow")
# The order in which a run's page lists its counts.
STATE_ORDER = (
    PushStatus.SUCCEEDED,
    PushStatus.ALREADY_THERE,
    PushStatus.FAILED,
    PushStatus.UNCONFIRMED,
    PushStatus.DISCARDED,
    PushStatus.CANCELLED,
    PushStatus.RUNNING,
    PushStatus.RETRYING,
    PushStatus.QUEUED,
)
TROUBLES = (PushStatus.FAILED, PushStatus.UNCONFIRMED)
MOST_TROUBLES = 50
OFFERED = {"retry": actions.RETRY, "cancel": actions.CANCEL}


class RunChangeList(ChangeList):
    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        """Without drafts, unless the filter by status asks for them."""
        found = super().get_queryset(request, exclude_parameters)
        if "status__exact" in self.filter_params:
            return found
        return found.exclude(status=RunStatus.DRAFT)

    def get_results(self, request: HttpRequest) -> None:
        """Each run with its progress, `how_far`: one statement for the page."""
        super().get_results(request)
        runs = list(self.result_list)
        found = statistics.progress_of(runs, Push.objects.for_user(request.user))
        for run in runs:
            run.how_far = found[run.pk]
        self.result_list = runs


# --- cells that change while a run goes on (`row_view`); each takes a run with its `how_far` ------


def state_cell(run: Any) -> SafeString:
    """A run whose pushes are all closed counts as finished before the sweep has noted it."""
    is_over = run.status != RunStatus.DRAFT and run.how_far.is_over
    return status_label(RunStatus.FINISHED) if is_over else status(run)


def progress_cell(run: Any) -> SafeString:
    """A bar that asks for `row_view` until the run is over."""
    is_live = run.status != RunStatus.DRAFT and not run.how_far.is_over
    return render_to_string("sync/run_bar.html", {"run": run, "is_live": is_live})


def outcome_cell(run: Any) -> str:
    """How many pushes are in Flatchr, have failed, or wait for a decision."""
    tally = run.how_far.tally
    there, failed, open_ = tally.in_flatchr, tally.failed, tally.unconfirmed
    told = (
        (there, ngettext("%(count)d in Flatchr", "%(count)d in Flatchr", there)),
        (failed, ngettext("%(count)d failed", "%(count)d failed", failed)),
        (open_, ngettext("%(count)d to be decided", "%(count)d to be decided", open_)),
    )
    return " · ".join(words % {"count": count} for count, words in told if count) or "—"


def _live_cell(name: str, cell: Callable[[Any], str]) -> Callable[[Any], SafeString]:
    """The cell under an id, by which the answer of `row_view` replaces it."""
    return lambda run: format_html('<span id="run-{}-{}">{}</span>', run.pk, name, cell(run))


@admin.register(Run)
class RunAdmin(ReadOnly, ScopedAdmin[Run]):
    list_display = ("name", "where", "state", "how_far", "outcome", "who", "when")
    list_filter = ("status", "kind", PersonFilter)
    list_select_related = RELATED
    list_per_page = 50
    sortable_by = ()
    ordering = ("-id",)
    actions = None
    list_help = _("Each selection, command, schedule or event that led to pushes.")
    empty_hint = _("A run begins when somebody pushes profiles, or a workflow does.")

    name = column(_("run"), lambda run: titled(run, run.get_kind_display()))
    where = column(
        _("from → to"),
        lambda run: titled(
            run.vacancy.title if run.vacancy else "—", run.source.name if run.source else ""
        ),
    )
    state = column(_("state"), _live_cell("state", state_cell))
    how_far = column(_("progress"), progress_cell)
    outcome = column(_("outcome"), _live_cell("outcome", outcome_cell))
    who = column(_("requested by"), lambda run: person(run.requested_by))
    when = column(_("created"), lambda run: local(run.created_at))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Without the drafts of other people."""
        of_others = Q(status=RunStatus.DRAFT) & ~Q(requested_by=request.user.pk)
        return super().get_queryset(request).exclude(of_others)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RunChangeList

    # --- pages ----------------------------------------------------------------------------------

    def _run(self, request: HttpRequest, pk: str | int) -> Run:
        """Raises PermissionDenied, or Http404 where the person does not see such a run."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        runs = Run.objects.for_user(request.user).select_related(*RELATED)
        return get_object_or_404(runs, pk=whole_number(str(pk)))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = self._run(request, object_id)
        if run.status == RunStatus.DRAFT:
            return HttpResponseRedirect(reverse("admin:sync_push_draft", args=[run.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(run),
            **_progress_context(request, run),
        }
        return TemplateResponse(request, "sync/run_detail.html", context)

    @page("<int:pk>/progress/", name="sync_run_progress")
    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that asks for itself every two seconds until the run is over."""
        run = self._run(request, pk)
        context = {"opts": self.opts, "is_update": True, **_progress_context(request, run)}
        return TemplateResponse(request, "sync/run_progress.html", context)

    @page("<int:pk>/row/", name="sync_run_row")
    def row_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The cells of the list that change, asked for every two seconds until the run is over."""
        run: Any = self._run(request, pk)
        run.how_far = statistics.progress(run, Push.objects.for_user(request.user))
        cells = {"state": state_cell(run), "outcome": outcome_cell(run)}
        context = {"run": run, "bar": progress_cell(run), "cells": cells}
        return TemplateResponse(request, "sync/run_row.html", context)

    @page("<int:pk>/do/<str:action>/", name="sync_run_act")
    def act_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run = self._run(request, pk)
        if action not in OFFERED:
            raise Http404
        pushes = Push.objects.for_user(request.user).filter(run=run)
        if action == "retry":
            # Not what a person has cancelled or a rule has left out, which could be retried too.
            pushes = pushes.failed()
        actions.perform(request, OFFERED[action], pushes)
        return HttpResponseRedirect(reverse("admin:sync_run_change", args=[run.pk]))


def _progress_context(request: HttpRequest, run: Run) -> dict[str, Any]:
    """What changes while a run goes on: two statements, however many pushes it has."""
    pushes = Push.objects.for_user(request.user)
    how_far = statistics.progress(run, pushes)
    tally = how_far.tally
    states = [
        {
            "value": state.value,
            "label": state.label,
            "count": tally.of(state),
            "url": failures.list_url(run=run.pk, state=state.value),
        }
        for state in STATE_ORDER
        if tally.of(state)
    ]
    troubles = pushes.filter(run=run, status__in=TROUBLES).order_by("-updated_at")
    may_export = request.user.has_perm("sync.export_push")
    return {
        "run": run,
        "how_far": how_far,
        "time_left": time_left(how_far.seconds_left),
        "states": states,
        "troubles": list(troubles[:MOST_TROUBLES]),
        "trouble_count": tally.of(*TROUBLES),
        "all_troubles_url": failures.list_url(run=run.pk, state="todo"),
        "may_retry": bool(tally.failed) and actions.RETRY.is_allowed(request),
        "may_cancel": bool(tally.of(*WAITING)) and actions.CANCEL.is_allowed(request),
        "export_url": f"{reverse('admin:sync_push_export')}?run={run.pk}" if may_export else "",
    }


def time_left(seconds: int | None) -> str:
    """In seconds up to a minute and a half, in minutes up to one and a half hours; else hours."""
    if seconds is None:
        return ""
    if seconds < 90:
        return ngettext("about %(count)d second left", "about %(count)d seconds left", seconds) % {
            "count": seconds
        }
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("about %(count)d minute left", "about %(count)d minutes left", minutes) % {
            "count": minutes
        }
    hours = round(minutes / 60)
    return ngettext("about %(count)d hour left", "about %(count)d hours left", hours) % {
        "count": hours
    }
