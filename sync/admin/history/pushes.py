"""The history: every push, read-only, with what a person may do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from sync.admin import filters
from sync.admin.history import actions, failures, push_page
from sync.admin.history.actions import Verb
from sync.admin.scoped import ScopedAdmin
from sync.matching import comparable_email
from sync.models import Profile, Push
from sync.models.audit import Action
from sync.models.states import ACTIVE
from sync.numbers import whole_number
from sync.services.reporting import exports
from sync.services.security import audit
from sync.templatetags.desk import status_label

LIST_PARTS = ("vacancy__company", "requested_by")
PAGE_PARTS = ("run", "source", "vacancy__company", "requested_by", "decided_by", "repeat_of")
# A profile key is one long word with digits in it; a name is not.
SHORTEST_KEY = 12


@admin.register(Push)
class PushAdmin(ScopedAdmin[Push]):
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
    list_select_related = LIST_PARTS
    sortable_by = ()
    ordering = ("-id",)
    list_help = _("Every push there ever was: who, whom, where, when, and what came of it.")
    empty_hint = _("What you push to Flatchr is kept here, with all that happened to it.")

    # --- who may what ---------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Push]:
        return super().get_queryset(request).defer("known_applicants", "error_message")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Push | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Push | None = None) -> bool:
        return False

    # --- the list -------------------------------------------------------------------------------

    @admin.display(description=_("candidate"))
    def candidate(self, push: Push) -> SafeString:
        return format_html(
            '<span class="cell-title">{}</span><span class="cell-note">{}</span>',
            push,
            push.candidate_email,
        )

    @admin.display(description=_("vacancy"))
    def where(self, push: Push) -> SafeString:
        return format_html(
            '{}<span class="cell-note">{}</span>', push.vacancy.title, push.vacancy.company.name
        )

    @admin.display(description=_("state"))
    def state(self, push: Push) -> SafeString:
        label = status_label(push.status, push.get_status_display())
        if not push.error_code:
            return label
        return format_html(
            '{}<span class="cell-note">{}</span>', label, push.get_error_code_display()
        )

    @admin.display(description=_("now in Flatchr"), empty_value="—")
    def where_now(self, push: Push) -> str:
        return push.column

    @admin.display(description=_("asked for"))
    def when(self, push: Push) -> SafeString:
        user = push.requested_by
        return format_html(
            '{}<span class="cell-note">{}</span>',
            date_format(timezone.localtime(push.created_at), "SHORT_DATETIME_FORMAT"),
            (user.get_full_name() or user.get_username()) if user else "",
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Push], search_term: str
    ) -> tuple[QuerySet[Push], bool]:
        return queryset.filter(_found(search_term.strip())), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"export_url": self._export_url(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def _export_url(self, request: HttpRequest) -> str:
        if not request.user.has_perm("sync.export_push"):
            return ""
        query = request.GET.copy()
        query.pop("p", None)
        return f"{reverse('admin:sync_push_export')}?{query.urlencode()}"

    # --- actions on the ticked ------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        offered: dict[str, Any] = {
            verb.name: (_action(verb), verb.name, verb.label)
            for verb in actions.FOR_MANY
            if verb.is_allowed(request)
        }
        if request.user.has_perm("sync.export_push"):
            offered["export"] = (_export_ticked, "export", _("Export as CSV"))
        return offered

    # --- pages ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        def view(function: Callable[..., HttpResponseBase]) -> Any:
            return self.admin_site.admin_view(function)

        return [
            path("failures/", view(self.failures_view), name="sync_inbox"),
            path(
                "failures/<str:verb>/",
                view(self.failures_act_view),
                name="sync_inbox_act",
            ),
            path("export/", view(self.export_view), name="sync_push_export"),
            path("<int:pk>/do/<str:verb>/", view(self.act_view), name="sync_push_act"),
            *super().get_urls(),
        ]

    def _check_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self._check_view(request)
        pushes = Push.objects.for_user(request.user).select_related(*PAGE_PARTS)
        push = get_object_or_404(pushes, pk=whole_number(object_id))
        if "seen" in request.GET:
            return _news(push, request.GET["seen"])
        payload = request.user.has_perm("sync.view_payload")
        if payload:
            audit.record(request, Action.LOOK, push)
        context = self._context(
            request,
            title=str(push),
            push=push,
            is_active=push.status in ACTIVE,
            stamp=_stamp(push),
            verbs=actions.offered(request, push),
            timeline=push_page.timeline(push, payload=payload),
            payload=payload,
            profile=_profile(request, push),
            repeats=list(push.repeats.order_by("pk")[:10]),
        )
        return TemplateResponse(request, "sync/push_detail.html", context)

    def act_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """One verb on one push; one that needs a second thought is asked about first."""
        self._check_view(request)
        push = get_object_or_404(Push.objects.for_user(request.user), pk=pk)
        chosen = _verb(verb)
        here = reverse("admin:sync_push_change", args=[pk])
        just_this = Push.objects.filter(pk=push.pk)
        if request.method != "POST" or (chosen.is_grave and "confirmed" not in request.POST):
            return actions.ask(request, chosen, just_this, self._context(request), back=here)
        actions.perform(request, chosen, just_this)
        newest = push.repeats.order_by("-pk").first() if chosen is actions.REPEAT else None
        return HttpResponseRedirect(
            reverse("admin:sync_push_change", args=[newest.pk]) if newest else here
        )

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is filtered and searched, all its pages."""
        self._check_view(request)
        changelist = self.get_changelist_instance(request)
        return _csv(request, changelist.get_queryset(request))

    def failures_view(self, request: HttpRequest) -> HttpResponse:
        self._check_view(request)
        return failures.page(request, self._context(request))

    def failures_act_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        self._check_view(request)
        return require_POST(failures.act)(request, _verb(verb), self._context(request))


# --- parts --------------------------------------------------------------------------------------


def _stamp(push: Push) -> str:
    return f"{push.status}-{push.attempts}"


def _news(push: Push, seen: str) -> HttpResponse:
    """An open page asks whether it is still true: it stays as it is, or is loaded anew."""
    if seen == _stamp(push):
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})


def _verb(name: str) -> Verb:
    if name not in actions.VERBS:
        raise Http404
    return actions.VERBS[name]


def _profile(request: HttpRequest, push: Push) -> Profile | None:
    profiles = Profile.objects.for_user(request.user)
    return profiles.filter(source=push.source_id, key=push.profile_key).first()


def _found(term: str) -> Q:
    """What was typed is an e-mail, a key or a name; each is looked for where an index helps.

    A name is found anywhere in it, by reading the index of names rather than the table.
    """
    if not term:
        return Q()
    if "@" in term:
        return _begins("candidate_email", comparable_email(term))
    if len(term) >= SHORTEST_KEY and " " not in term and any(c.isdigit() for c in term):
        by_key = Push.objects.filter(profile_key=term).values("pk")
        return Q(pk__in=by_key) | Q(applicant_id=term)
    by_name = Push.objects.order_by().values("pk")
    for word in term.split():
        by_name = by_name.filter(candidate_name__icontains=word)
    by_mail = Push.objects.order_by().filter(_begins("candidate_email", comparable_email(term)))
    return Q(pk__in=by_name) | Q(pk__in=by_mail.values("pk"))


def _begins(field: str, start: str) -> Q:
    """As a range: SQLite's LIKE with an escape uses no index."""
    return Q(**{f"{field}__gte": start, f"{field}__lt": start + "\U0010ffff"})


def _action(verb: Verb) -> Callable[..., HttpResponse | None]:
    def act(
        model_admin: PushAdmin, request: HttpRequest, pushes: QuerySet[Push]
    ) -> HttpResponse | None:
        if "confirmed" in request.POST:
            actions.perform(request, verb, pushes)
            return None
        names = ("action", "select_across", "index", "_selected_action")
        hidden = [(name, value) for name in names for value in request.POST.getlist(name)]
        context = model_admin._context(request)
        return actions.ask(
            request, verb, pushes, context, back=request.get_full_path(), hidden=hidden
        )

    return act


def _export_ticked(
    _admin: PushAdmin, request: HttpRequest, pushes: QuerySet[Push]
) -> HttpResponseBase:
    return _csv(request, pushes)


def _csv(request: HttpRequest, pushes: QuerySet[Push]) -> StreamingHttpResponse:
    if not request.user.has_perm("sync.export_push"):
        raise PermissionDenied
    response = StreamingHttpResponse(
        exports.push_lines(pushes, payload=request.user.has_perm("sync.view_payload")),
        content_type="text/csv; charset=utf-8",
    )
    name = f"pushes-{timezone.localtime():%Y-%m-%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
