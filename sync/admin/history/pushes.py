"""The history: every push, read-only, with what a person may do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from sync.admin import filters
from sync.admin.columns import column, local, noted, titled
from sync.admin.csv_export import csv_response, export_address
from sync.admin.history import actions, push_page
from sync.admin.history.actions import PushAction
from sync.admin.history.failures import FailureInbox
from sync.admin.read_only import ReadOnly
from sync.admin.scoped import page
from sync.matching import comparable_email
from sync.models import Profile, Push
from sync.models.audit import Action
from sync.models.states import ACTIVE
from sync.numbers import whole_number
from sync.services.reporting import exports
from sync.services.security import audit
from sync.templatetags.desk import person, status_label

PAGE_RELATED = ("run", "source", "vacancy__company", "requested_by", "decided_by", "repeat_of")
# A profile key is one long word with digits in it; a name is not.
SHORTEST_KEY = 12
MOST_REPEATS = 10
# https://htmx.org/docs/#response-headers
REFRESH = {"HX-Refresh": "true"}


def state_cell(push: Push) -> SafeString:
    label = status_label(push.status, push.get_status_display())
    return noted(label, push.get_error_code_display()) if push.error_code else label


@admin.register(Push)
class PushAdmin(ReadOnly, FailureInbox):
    list_display = ("candidate", "where", "state", "where_now", "when")
    list_filter = (
        filters.StateFilter,
        filters.ReasonFilter,
        filters.CompanyFilter,
        filters.VacancyFilter,
        filters.PersonFilter,
        filters.DateFilter,
        filters.RunFilter,
    )
    search_fields = ("candidate_name",)
    search_help_text = _("Name, beginning of the e-mail, or profile key")
    list_select_related = ("vacancy__company", "requested_by")
    sortable_by = ()
    ordering = ("-id",)
    list_help = _("Every push there ever was: who, whom, where, when, and what came of it.")
    empty_hint = _("What you push to Flatchr is kept here, with all that happened to it.")

    candidate = column(_("candidate"), lambda push: titled(push, push.candidate_email))
    where = column(_("vacancy"), lambda push: noted(push.vacancy.title, push.vacancy.company.name))
    state = column(_("state"), state_cell)
    where_now = column(_("now in Flatchr"), lambda push: push.column)
    when = column(
        _("asked for"), lambda push: noted(local(push.created_at), person(push.requested_by))
    )

    # --- the list -------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Push]:
        return super().get_queryset(request).defer("known_applicants", "error_message")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Push], search_term: str
    ) -> tuple[QuerySet[Push], bool]:
        """By e-mail, key or name, whichever the term looks like, each where an index serves.

        A name is found anywhere in it, by reading the index of names rather than the table.
        """
        term = search_term.strip()
        if not term:
            return queryset, False
        by_email = _begins("candidate_email", comparable_email(term))
        if "@" in term:
            return queryset.filter(by_email), False
        if len(term) >= SHORTEST_KEY and " " not in term and any(c.isdigit() for c in term):
            with_key = Push.objects.filter(profile_key=term).values("pk")
            return queryset.filter(Q(pk__in=with_key) | Q(applicant_id=term)), False
        with_name = Push.objects.order_by().values("pk")
        for word in term.split():
            with_name = with_name.filter(candidate_name__icontains=word)
        with_email = Push.objects.order_by().filter(by_email).values("pk")
        return queryset.filter(Q(pk__in=with_name) | Q(pk__in=with_email)), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With `export_url`; empty for who may not export."""
        export_url = export_address(request, "admin:sync_push_export", "sync.export_push")
        context = {"export_url": export_url, **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        offered: dict[str, Any] = {
            action.name: (_on_the_ticked(action), action.name, action.label)
            for action in actions.BULK_ACTIONS
            if action.is_allowed(request)
        }
        if request.user.has_perm("sync.export_push"):
            offered["export"] = (_export, "export", _("Export as CSV"))
        return offered

    # --- pages ----------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A page that is open asks with `?seen=` and the stamp it was made with whether the push
        has changed since: 204 where it has not, else htmx is told to load the page again."""
        self.check_view(request)
        pushes = Push.objects.for_user(request.user).select_related(*PAGE_RELATED)
        push = get_object_or_404(pushes, pk=whole_number(object_id))
        stamp = f"{push.status}-{push.attempts}"
        if "seen" in request.GET:
            is_same = request.GET["seen"] == stamp
            return HttpResponse(status=204) if is_same else HttpResponse(headers=REFRESH)
        payload = request.user.has_perm("sync.view_payload")
        if payload:
            audit.record(request.user, Action.LOOK, push)
        profiles = Profile.objects.for_user(request.user)
        context = self.page_context(
            request,
            title=str(push),
            push=push,
            is_active=push.status in ACTIVE,
            stamp=stamp,
            verbs=actions.offered(request, push),
            timeline=push_page.timeline(push, payload=payload),
            payload=payload,
            profile=profiles.filter(source=push.source_id, key=push.profile_key).first(),
            repeats=list(push.repeats.order_by("pk")[:MOST_REPEATS]),
        )
        return TemplateResponse(request, "sync/push_detail.html", context)

    @page("<int:pk>/do/<str:action>/", name="sync_push_act")
    def act_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """One action on one push; a grave one is asked about first."""
        self.check_view(request)
        push = get_object_or_404(Push.objects.for_user(request.user), pk=pk)
        chosen = actions.named(action)
        here = reverse("admin:sync_push_change", args=[pk])
        just_this = Push.objects.filter(pk=push.pk)
        if request.method != "POST" or (chosen.is_grave and "confirmed" not in request.POST):
            return actions.ask(request, chosen, just_this, self.page_context(request), back=here)
        actions.perform(request, chosen, just_this)
        newest = push.repeats.order_by("-pk").first() if chosen is actions.REPEAT else None
        return HttpResponseRedirect(
            reverse("admin:sync_push_change", args=[newest.pk]) if newest else here
        )

    @page("export/", name="sync_push_export")
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is filtered and searched, all its pages."""
        self.check_view(request)
        changelist = self.get_changelist_instance(request)
        return _export(self, request, changelist.get_queryset(request))


def _begins(field: str, start: str) -> Q:
    """As a range: SQLite's LIKE with an escape uses no index."""
    return Q(**{f"{field}__gte": start, f"{field}__lt": start + "\U0010ffff"})


def _on_the_ticked(action: PushAction) -> Callable[..., HttpResponse | None]:
    """An action of Django's list that always asks first."""

    def act(
        model_admin: PushAdmin, request: HttpRequest, pushes: QuerySet[Push]
    ) -> HttpResponse | None:
        if "confirmed" in request.POST:
            actions.perform(request, action, pushes)
            return None
        names = ("action", "select_across", "index", "_selected_action")
        hidden = [(name, value) for name in names for value in request.POST.getlist(name)]
        context = model_admin.page_context(request)
        return actions.ask(
            request, action, pushes, context, back=request.get_full_path(), hidden=hidden
        )

    return act


def _export(
    _admin: PushAdmin, request: HttpRequest, pushes: QuerySet[Push]
) -> StreamingHttpResponse:
    """A CSV file, with what was answered where the person may see it. Raises PermissionDenied."""
    if not request.user.has_perm("sync.export_push"):
        raise PermissionDenied
    payload = request.user.has_perm("sync.view_payload")
    return csv_response(exports.push_lines(pushes, payload=payload), "pushes")
