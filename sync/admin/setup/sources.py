"""The pages of HrFlow sources: credentials, a test, and imports with live progress."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sync.admin.columns import column, local
from sync.admin.scoped import page
from sync.admin.setup.connections import AccountAdmin
from sync.admin.setup.secrets import SecretsForm
from sync.models import FlatchrCompany, HrFlowSource, Profile, WorkerGroup
from sync.services.peers.connections import check_source
from sync.services.queue import notify
from sync.templatetags.desk import status_label
from sync.web.htmx import HtmxRequest

QUEUE_AWAY = gettext_lazy(
    "The queue cannot be reached just now, so no import was asked for. Try again in a moment."
)


def begin_import(source: HrFlowSource) -> bool:
    """Ask a worker for an import; False where one was asked for or runs already.

    Raises QueueAwayError.
    """
    return not source.is_importing and notify.require_task(notify.IMPORT, source.pk)


class SourceForm(SecretsForm):
    secrets = ("api_secret", "webhook_secret")

    class Meta:
        model = HrFlowSource
        fields = "__all__"


@admin.register(HrFlowSource)
class SourceAdmin(AccountAdmin):
    form = SourceForm
    list_display = ("name", "health", "profile_count", "last_import", "opened_to", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "source_key")
    list_help = gettext_lazy("Where profiles come from: a source of your HrFlow account.")
    empty_hint = gettext_lazy("Add the source whose profiles you want to push, then test it.")
    fieldsets = (
        (None, {"fields": ("name", "source_key", "api_user", "api_secret", "is_active")}),
        (gettext_lazy("Who may push these profiles"), {"fields": ("companies",)}),
        (
            gettext_lazy("Keeping up to date"),
            {"fields": ("import_every_minutes", "webhook_secret", "webhook_address")},
        ),
    )
    readonly_fields = ("webhook_address",)
    change_form_template = "sync/source.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of profiles that HrFlow still has (`held`), and only those companies that
        the person may see."""
        profiles = Profile.objects.present().filter(source=OuterRef("pk")).order_by()
        counted = profiles.values("source").annotate(n=Count("pk")).values("n")
        visible = Prefetch("companies", FlatchrCompany.objects.for_user(request.user))
        found = super().get_queryset(request).prefetch_related(visible)
        return found.annotate(held=Coalesce(Subquery(counted), 0))

    # --- the list -------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("state"))
    def health(self, source: HrFlowSource) -> SafeString:
        if source.is_paused:
            return status_label("error", _("paused"))
        if source.is_importing:
            return status_label("running", _("importing"))
        if source.last_error:
            return status_label("warning", _("last import failed"))
        if source.imported_at is None:
            return status_label("none", _("new"))
        if source.import_left_out or source.import_is_cut:
            return status_label("warning", _("imported in part"))
        return status_label("ok", _("ready"))

    profile_count = column(
        gettext_lazy("profiles"),
        lambda source: format_html(
            '<a href="{}?source__id__exact={}">{}</a>',
            reverse("admin:sync_profile_changelist"),
            source.pk,
            source.held,
        ),
        ordering="held",
    )

    last_import = column(
        gettext_lazy("last import"),
        lambda source: local(source.imported_at) or _("never"),
        ordering="imported_at",
    )

    opened_to = column(
        gettext_lazy("opened to"),
        lambda source: ", ".join(one.name for one in source.companies.all()) or _("nobody yet"),
    )

    webhook_address = column(
        gettext_lazy("address for HrFlow's webhook"),
        lambda source: f"/hooks/hrflow/{source.webhook_token}/" if source.pk else "—",
    )

    # --- actions --------------------------------------------------------------------------------

    def tested(self, account: HrFlowSource) -> str:
        """Look the source up: HrFlow does not always say how many profiles it holds."""
        total = check_source(account)
        if total is None:
            return _("HrFlow accepts the credentials and knows this source.")
        words = ngettext(
            "HrFlow accepts the credentials. The source holds %(n)s profile.",
            "HrFlow accepts the credentials. The source holds %(n)s profiles.",
            total,
        )
        return words % {"n": total}

    def may_import(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("sync.push_profiles")

    @page("<int:pk>/import/", name="sync_hrflowsource_import")
    def import_view(self, request: HtmxRequest, pk: int) -> HttpResponse:
        """Ask for an import, and show its progress: a part of the page for htmx, else the page."""
        source = self._importable(request, pk)
        problem = ""
        if request.method == "POST":
            try:
                if not begin_import(source):
                    messages.info(request, _("An import of this source is on its way already."))
            except notify.QueueAwayError:
                problem = str(QUEUE_AWAY)
        if request.htmx:
            return self._progress(request, source, "" if problem else Asked.YES, problem)
        if problem:
            messages.error(request, problem)
        return redirect("admin:sync_hrflowsource_change", pk)

    @page("<int:pk>/progress/", name="sync_hrflowsource_progress")
    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a page that shows an import, and asks for itself again while it runs."""
        source = self._importable(request, pk)
        return self._progress(request, source, request.GET.get("asked", ""))

    def _progress(
        self, request: HttpRequest, source: HrFlowSource, asked: str, problem: str = ""
    ) -> HttpResponse:
        context = {
            **progress_of(source, asked),
            "in_card": "card" in request.GET,
            "problem": problem,
        }
        return TemplateResponse(request, "sync/import_progress.html", context)

    def _importable(self, request: HttpRequest, pk: int) -> HrFlowSource:
        """Raises Http404 for a source that the person may not see, PermissionDenied for one that
        they may not import."""
        source: HrFlowSource | None = self.get_queryset(request).filter(pk=pk).first()
        if source is None:
            raise Http404
        if not self.may_import(request):
            raise PermissionDenied
        return source

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """With the progress of an import, and `may_import`; nothing on the page of a new source."""
        source = context.get("original")
        if source is not None:
            context |= {**progress_of(source), "may_import": self.may_import(request)}
        return super().render_change_form(request, context, *args, **kwargs)


class Asked:
    """What a page knows of an import that was asked for and has not begun: YES while a worker is
    still to take it up, then LAST for one more look, since it runs by then or is over already."""

    YES, LAST, NO = "yes", "last", ""


def progress_of(source: HrFlowSource, asked: str = Asked.NO) -> dict[str, Any]:
    """The context of sync/import_progress.html; `asked` is what the page knew so far."""
    if source.is_importing:
        asked = Asked.NO
    elif asked:
        waits = notify.is_pending(notify.IMPORT, source.pk) or not WorkerGroup.objects.processes()
        if not waits:
            asked = Asked.LAST if asked == Asked.YES else Asked.NO
    return {
        "source": source,
        "is_importing": source.is_importing,
        "asked": asked,
        "profile_count": Profile.objects.present().filter(source=source).count(),
    }
