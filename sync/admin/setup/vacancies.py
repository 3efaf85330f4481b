"""The pages of vacancies, as fetched from Flatchr: read-only, and where a push can start."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.admin.columns import column, local, titled
from sync.admin.read_only import ReadOnly
from sync.admin.scoped import ScopedAdmin, ScopedRelatedFilter, page
from sync.admin.setup.companies import fetch
from sync.models import FlatchrCompany, FlatchrVacancy
from sync.templatetags.desk import icon, status_label


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("open")), ("no", _("closed"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[FlatchrVacancy]
    ) -> QuerySet[FlatchrVacancy]:
        if self.value() in ("yes", "no"):
            return queryset.filter(is_open=self.value() == "yes")
        return queryset


@admin.register(FlatchrVacancy)
class VacancyAdmin(ReadOnly, ScopedAdmin[FlatchrVacancy]):
    """Vacancies are made and changed in Flatchr."""

    list_display = ("title_cell", "company", "state", "question_count", "fetched", "push")
    list_filter = (OpenFilter, ("company", ScopedRelatedFilter))
    search_fields = ("title", "reference", "company__name", "location", "slug")
    search_help_text = gettext_lazy("Title, reference, company, place")
    list_select_related = ("company",)
    list_help = gettext_lazy("As Flatchr has them. Those it no longer lists are closed here too.")
    empty_hint = gettext_lazy("Fetch the vacancies of a company, and they appear here.")
    fields = (
        "title",
        "company",
        "reference",
        "location",
        "state",
        "question_list",
        "synced_at",
        "slug",
        "remote_id",
        "vacancy_id",
    )
    readonly_fields = (*fields, "company_name")
    change_list_template = "sync/vacancy_list.html"
    change_form_template = "sync/vacancy.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The company by name where Django's link to its page would be refused to the person."""
        if request.user.has_perm("sync.view_flatchrcompany"):
            return self.fields
        return ["company_name" if name == "company" else name for name in self.fields]

    title_cell = column(
        gettext_lazy("title"),
        lambda vacancy: titled(
            vacancy.title, " · ".join(filter(None, (vacancy.reference, vacancy.location)))
        ),
        ordering="title",
    )

    company_name = column(gettext_lazy("company"), lambda vacancy: vacancy.company.name)

    fetched = column(
        gettext_lazy("fetched"), lambda vacancy: local(vacancy.synced_at), ordering="synced_at"
    )

    state = column(
        gettext_lazy("state"),
        lambda vacancy: (
            status_label("ok", _("open")) if vacancy.is_open else status_label("none", _("closed"))
        ),
        ordering="is_open",
    )

    question_count = column(
        gettext_lazy("questions"), lambda vacancy: len(vacancy.questions) or None
    )

    question_list = column(
        gettext_lazy("screening questions"),
        lambda vacancy: "\n".join(str(q.get("text", "")) for q in vacancy.questions) or "—",
    )

    @admin.display(description=gettext_lazy("push"))
    def push(self, vacancy: FlatchrVacancy) -> SafeString:
        if not vacancy.is_open:
            return SafeString("")
        return format_html(
            '<a class="button button--small" href="{}" aria-label="{}">{}{}</a>',
            choose_url(vacancy),
            _("Choose profiles for %(title)s") % {"title": vacancy.title},
            icon("profiles"),
            _("Choose profiles"),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_fetch": may_fetch(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    @page("fetch/", name="sync_flatchrvacancy_fetch")
    def fetch_view(self, request: HttpRequest) -> HttpResponse:
        """Fetch the vacancies of every active company that the person sees."""
        if request.method == "POST" and may_fetch(request):
            companies = FlatchrCompany.objects.for_user(request.user).filter(is_active=True)
            for company in companies:
                fetch(request, company)
            if not companies:
                messages.info(request, _("There is no company yet."))
        return redirect("admin:sync_flatchrvacancy_changelist")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """With `choose_url`, where a push begins, while the vacancy is open."""
        vacancy = context.get("original")
        if vacancy is not None and vacancy.is_open:
            context["choose_url"] = choose_url(vacancy)
        return super().render_change_form(request, context, *args, **kwargs)


def choose_url(vacancy: FlatchrVacancy) -> str:
    """The list of the profiles that were not pushed to the vacancy yet."""
    return f"{reverse('admin:sync_profile_changelist')}?not_pushed_to={vacancy.pk}"


def may_fetch(request: HttpRequest) -> bool:
    """Whoever may push may fetch, too: it changes nothing but our copy."""
    user = request.user
    return user.has_perm("sync.change_flatchrcompany") or user.has_perm("sync.push_profiles")
