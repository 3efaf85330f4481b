"""The pages of Flatchr companies: the API key and its expiry, a test, fetching vacancies."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sync.admin.columns import column, local
from sync.admin.scoped import page
from sync.admin.setup.connections import AccountAdmin
from sync.admin.setup.secrets import SecretsForm
from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrCompany, FlatchrVacancy
from sync.services.intake.vacancies import sync_vacancies
from sync.services.peers.connections import check_company
from sync.templatetags.desk import status_label


class CompanyForm(SecretsForm):
    secrets = ("auth",)

    class Meta:
        model = FlatchrCompany
        fields = "__all__"


@admin.register(FlatchrCompany)
class CompanyAdmin(AccountAdmin):
    form = CompanyForm
    list_display = ("name", "health", "key_expiry", "open_vacancies", "fetched", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "company", "slug")
    list_help = gettext_lazy("Where candidates go: a Flatchr account with its API key.")
    empty_hint = gettext_lazy("Add the Flatchr company, test its key, then fetch its vacancies.")
    actions = ("fetch_vacancies",)
    primary_action = "fetch_vacancies"
    fieldsets = (
        (None, {"fields": ("name", "company", "slug", "auth", "auth_expires_on", "is_active")}),
        (
            gettext_lazy("How candidates are sent"),
            {
                "fields": (
                    "resume_policy",
                    "resume_transport",
                    "contact_within_days",
                    "enrich",
                    "requests_per_minute",
                )
            },
        ),
        (gettext_lazy("Who sees it"), {"fields": ("members", "webhook_address")}),
    )
    readonly_fields = ("webhook_address",)
    change_form_template = "sync/company.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of open vacancies (`opened`)."""
        vacancies = FlatchrVacancy.objects.filter(company=OuterRef("pk"), is_open=True)
        counted = vacancies.order_by().values("company").annotate(n=Count("pk")).values("n")
        return super().get_queryset(request).annotate(opened=Coalesce(Subquery(counted), 0))

    # --- the list -------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("state"))
    def health(self, company: FlatchrCompany) -> SafeString:
        if company.is_paused:
            return status_label("error", _("paused"))
        if not company.is_active:
            return status_label("none", _("switched off"))
        if company.last_error:
            return status_label("warning", _("problem at the last fetch"))
        return status_label("ok", _("ready"))

    @admin.display(description=gettext_lazy("API key"), ordering="auth_expires_on")
    def key_expiry(self, company: FlatchrCompany) -> SafeString | str:
        """The days left: a warning within EXPIRY_WARNING, an error once the key has expired."""
        days = company.expires_in_days
        if days is None:
            return "—"
        if not company.expires_soon:
            return expiry_words(days)
        return status_label("error" if days < 0 else "warning", expiry_words(days))

    open_vacancies = column(
        gettext_lazy("open vacancies"),
        lambda company: format_html(
            '<a href="{}?company__id__exact={}">{}</a>',
            reverse("admin:sync_flatchrvacancy_changelist"),
            company.pk,
            company.opened,
        ),
        ordering="opened",
    )

    fetched = column(
        gettext_lazy("vacancies fetched"),
        lambda company: local(company.vacancies_synced_at) or _("never"),
        ordering="vacancies_synced_at",
    )

    webhook_address = column(
        gettext_lazy("address for Flatchr's webhook"),
        lambda company: f"/hooks/flatchr/{company.webhook_token}/" if company.pk else "—",
    )

    # --- actions --------------------------------------------------------------------------------

    def tested(self, account: FlatchrCompany) -> str:
        """Read the company's stages: that needs both the API key and the company key."""
        count = check_company(account)
        words = ngettext(
            "Flatchr accepts the key. The company has %(n)s stage.",
            "Flatchr accepts the key. The company has %(n)s stages.",
            count,
        )
        return words % {"n": count}

    @admin.action(description=gettext_lazy("Fetch vacancies"), permissions=["change"])
    def fetch_vacancies(self, request: HttpRequest, queryset: QuerySet[FlatchrCompany]) -> None:
        for company in queryset:
            fetch(request, company)

    @page("<int:pk>/fetch/", name="sync_flatchrcompany_fetch")
    def fetch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        company = self.editable(request, pk)
        if request.method == "POST":
            fetch(request, company)
        return redirect("admin:sync_flatchrcompany_change", pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """With `expiry_words` where the API key has expired or soon will."""
        company = context.get("original")
        if company is not None and company.expires_soon:
            context["expiry_words"] = expiry_words(company.expires_in_days)
        return super().render_change_form(request, context, *args, **kwargs)


def expiry_words(days: int) -> str:
    """How long the API key is valid, in days from today."""
    if days < 0:
        return _("expired")
    if days == 0:
        return _("expires today")
    return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}


def fetch(request: HttpRequest, company: FlatchrCompany) -> None:
    """Fetch a company's vacancies from Flatchr now, and leave a message with the result."""
    try:
        found = sync_vacancies(company)
    except (SyncError, ConfigurationError) as error:
        messages.error(request, f"{company}: {error}")
        return
    words = _("%(company)s: %(created)s new vacancies, %(updated)s changed, %(closed)s closed.")
    values = {"created": found.created, "updated": found.updated, "closed": found.closed}
    messages.success(request, words % {"company": company, **values})
    if found.problem:
        messages.warning(request, str(found.problem))
