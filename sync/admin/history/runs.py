"""Runs: how far each has come, while it goes on and afterwards."""

from __future__ import annotations

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
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sync.admin.filters import PersonFilter
from sync.admin.history import actions, failures
from sync.admin.scoped import ScopedAdmin
from sync.models import Push, Run, RunStatus
from sync.models.push.queryset import PushQuerySet
from sync.models.states import WAITING, PushStatus
from sync.numbers import whole_number
from sync.services.reporting import statistics
from sync.templatetags.desk import status, status_label

PARTS = ("source", "vacancy__company", "requested_by", "workflow")
# The order in which a run's counts are told.
TOLD = (
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
    """Counts the pushes of all runs of the page in one statement. Selections that nobody has
    confirmed are listed where one asks for them."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        found = super().get_queryset(request, exclude_parameters)
        if "status__exact" in self.filter_params:
            return found
        return found.exclude(status=RunStatus.DRAFT)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        runs = list(self.result_list)
        found = statistics.progress_of(runs, Push.objects.for_user(request.user))
        for run in runs:
            run.how_far = found[run.pk]
        self.result_list = runs


@admin.register(Run)
class RunAdmin(ScopedAdmin[Run]):
    list_display = ("name", "where", "state", "how_far", "outcome", "who", "when")
    list_filter = ("status", "kind", PersonFilter)
    list_select_related = PARTS
    list_per_page = 50
    sortable_by = ()
    ordering = ("-id",)
    actions = None
    list_help = _("Each selection, command, schedule or event that led to pushes.")
    empty_hint = _("A run begins when somebody pushes profiles, or a workflow does.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """A selection is its maker's alone."""
        of_others = Q(status=RunStatus.DRAFT) & ~Q(requested_by=request.user.pk)
        return super().get_queryset(request).exclude(of_others)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RunChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    # --- the list -------------------------------------------------------------------------------

    @admin.display(description=_("run"))
    def name(self, run: Run) -> SafeString:
        return format_html(
            '<span class="cell-title">{}</span><span class="cell-note">{}</span>',
            run,
            run.get_kind_display(),
        )

    @admin.display(description=_("from → to"))
    def where(self, run: Run) -> SafeString:
        return format_html(
            '<span class="cell-title">{}</span><span class="cell-note">{}</span>',
            run.vacancy.title if run.vacancy else "—",
            run.source.name if run.source else "",
        )

    # These three change while the run goes on; see `row_view`.
    @admin.display(description=_("state"))
    def state(self, run: Run) -> SafeString:
        return _cell("state", run, _state(run))

    @admin.display(description=_("progress"))
    def how_far(self, run: Run) -> SafeString:
        return _bar(run)

    @admin.display(description=_("outcome"))
    def outcome(self, run: Run) -> SafeString:
        return _cell("outcome", run, _outcome(run))

    @admin.display(description=_("requested by"), empty_value="—")
    def who(self, run: Run) -> str:
        user = run.requested_by
        return (user.get_full_name() or user.get_username()) if user else ""

    @admin.display(description=_("created"))
    def when(self, run: Run) -> str:
        return date_format(timezone.localtime(run.created_at), "SHORT_DATETIME_FORMAT")

    # --- pages ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", wrap(self.progress_view), name="sync_run_progress"),
            path("<int:pk>/row/", wrap(self.row_view), name="sync_run_row"),
            path("<int:pk>/do/<str:verb>/", wrap(self.act_view), name="sync_run_act"),
            *super().get_urls(),
        ]

    def _run(self, request: HttpRequest, pk: str | int) -> Run:
        if not self.has_view_permission(request):
            raise PermissionDenied
        runs = Run.objects.for_user(request.user).select_related(*PARTS)
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
            **_live(request, run),
        }
        return TemplateResponse(request, "sync/run_detail.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The living part of the page; asked for again and again until the run is over."""
        run = self._run(request, pk)
        context = {"opts": self.opts, "is_update": True, **_live(request, run)}
        return TemplateResponse(request, "sync/run_progress.html", context)

    def row_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The living cells of the list; asked for as long as the run goes on."""
        run: Any = self._run(request, pk)
        run.how_far = statistics.progress(run, Push.objects.for_user(request.user))
        cells = {"state": _state(run), "outcome": _outcome(run)}
        context = {"run": run, "bar": _bar(run), "cells": cells}
        return TemplateResponse(request, "sync/run_row.html", context)

    def act_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run = self._run(request, pk)
        if verb not in OFFERED:
            raise Http404
        actions.perform(request, OFFERED[verb], _offered(verb, _pushes(request, run)))
        return HttpResponseRedirect(reverse("admin:sync_run_change", args=[run.pk]))


def _pushes(request: HttpRequest, run: Run) -> PushQuerySet[Push]:
    return Push.objects.for_user(request.user).filter(run=run)


def _offered(verb: str, pushes: PushQuerySet[Push]) -> PushQuerySet[Push]:
    """“Retry failed” leaves alone what a person cancelled and what a rule left out."""
    return pushes.failed() if verb == "retry" else pushes


def _live(request: HttpRequest, run: Run) -> dict[str, Any]:
    """What changes while a run goes on: two statements, however many pushes it has."""
    pushes = Push.objects.for_user(request.user)
    how_far = statistics.progress(run, pushes)
    tally = how_far.tally
    return {
        "run": run,
        "how_far": how_far,
        "time_left": time_left(how_far.seconds_left),
        "states": [_told(run, state, tally.of(state)) for state in TOLD if tally.of(state)],
        "troubles": list(
            pushes.filter(run=run, status__in=TROUBLES).order_by("-updated_at")[:MOST_TROUBLES]
        ),
        "trouble_count": tally.of(*TROUBLES),
        "all_troubles_url": failures.list_url(run=run.pk, state="todo"),
        "may_retry": bool(tally.failed) and actions.RETRY.is_allowed(request),
        "may_cancel": bool(tally.of(*WAITING)) and actions.CANCEL.is_allowed(request),
        "export_url": _export_url(request, run),
    }


def _told(run: Run, state: PushStatus, count: int) -> dict[str, Any]:
    url = failures.list_url(run=run.pk, state=state.value)
    return {"value": state.value, "label": state.label, "count": count, "url": url}


def _export_url(request: HttpRequest, run: Run) -> str:
    if not request.user.has_perm("sync.export_push"):
        return ""
    return f"{reverse('admin:sync_push_export')}?run={run.pk}"


def time_left(seconds: int | None) -> str:
    """Rounded as people would say it."""
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


# --- the cells of the list ------------------------------------------------------------------------


def _cell(name: str, run: Run, words: str) -> SafeString:
    return format_html('<span id="run-{}-{}">{}</span>', run.pk, name, words)


def _state(run: Any) -> SafeString:
    is_over = run.status != RunStatus.DRAFT and run.how_far.is_over
    return status_label(RunStatus.FINISHED) if is_over else status(run)


def _bar(run: Any) -> SafeString:
    is_live = run.status != RunStatus.DRAFT and not run.how_far.is_over
    return render_to_string("sync/run_bar.html", {"run": run, "is_live": is_live})


def _outcome(run: Any) -> str:
    tally = run.how_far.tally
    told = [_in_flatchr(tally.in_flatchr)] if tally.in_flatchr else []
    told += [_failed(tally.failed)] if tally.failed else []
    told += [_undecided(tally.unconfirmed)] if tally.unconfirmed else []
    return " · ".join(told) or "—"


def _in_flatchr(count: int) -> str:
    return ngettext("%(count)d in Flatchr", "%(count)d in Flatchr", count) % {"count": count}


def _failed(count: int) -> str:
    return ngettext("%(count)d failed", "%(count)d failed", count) % {"count": count}


def _undecided(count: int) -> str:
    return ngettext("%(count)d to be decided", "%(count)d to be decided", count) % {"count": count}
