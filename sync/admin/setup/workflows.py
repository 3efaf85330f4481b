"""The pages of workflows: what pushes a source's profiles to a vacancy by itself, under rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.admin.scoped import ScopedAdmin, ScopedRelatedFilter, page
from sync.mapping.registry import DEFAULT_FORMAT, formats, logics
from sync.models import FlatchrVacancy, HrFlowSource, Workflow
from sync.services.intake import workflows as service

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class WorkflowForm(forms.ModelForm):  # type: ignore[type-arg]
    format = forms.ChoiceField(label=gettext_lazy("Format"), required=False)

    class Meta:
        model = Workflow
        fields = "__all__"  # noqa: DJ007  (the admin's fieldsets say which)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The registered formats are choices, and so is a stored one that is registered no more."""
        super().__init__(*args, **kwargs)
        if "format" in self.fields:
            others = [(one.name, str(one.label)) for one in formats if one.name != DEFAULT_FORMAT]
            stored = self.instance.format
            if stored and stored not in dict(others):
                others.append((stored, stored))
            self.fields["format"].choices = [("", _("the standard format")), *others]  # type: ignore[attr-defined]
        if "logics" in self.fields:
            self.fields["logics"].widget.attrs.update({"rows": 5, "class": "mono vLargeTextField"})


@admin.register(Workflow)
class WorkflowAdmin(ScopedAdmin[Workflow]):
    form = WorkflowForm
    list_display = (
        "workflow_id",
        "source",
        "vacancy",
        "read_mode",
        "every_minutes",
        "last_run_at",
        "is_active",
    )
    list_filter = ("is_active", ("source", ScopedRelatedFilter))
    search_fields = ("workflow_id", "vacancy__title", "source__name")
    list_select_related = ("source", "vacancy__company")
    list_help = gettext_lazy("Pushes that happen by themselves, on a schedule or at an event.")
    empty_hint = gettext_lazy("A workflow takes a source's profiles to a vacancy, under rules.")
    fieldsets = (
        (None, {"fields": ("workflow_id", "source", "vacancy", "is_active")}),
        (gettext_lazy("What goes"), {"fields": ("logics", "format", "resume_policy")}),
        (gettext_lazy("When"), {"fields": ("read_mode", "every_minutes", "cursor", "last_run_at")}),
    )
    readonly_fields = ("cursor", "last_run_at")
    change_form_template = "sync/workflow.html"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer what the person may see; vacancies with their companies, which their names hold."""
        if db_field.name == "vacancy":
            vacancies = FlatchrVacancy.objects.for_user(request.user)
            kwargs["queryset"] = vacancies.select_related("company")
        if db_field.name == "source":
            kwargs["queryset"] = HrFlowSource.objects.for_user(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @page("<int:pk>/run/", name="sync_workflow_run")
    def run_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start a run, and show its page. A worker reads the source: that may take minutes."""
        workflow = self.get_queryset(request).filter(pk=pk).first()
        if workflow is None:
            raise Http404
        if not self.may_run(request, workflow):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:sync_workflow_change", pk)
        run = service.start_workflow(workflow, requested_by=cast("User", request.user))
        messages.success(
            request, _("The run is started. Its pushes appear here as the source is read.")
        )
        return redirect("admin:sync_run_change", run.pk)

    def may_run(self, request: HttpRequest, workflow: Workflow) -> bool:
        """Whoever may push, from a source that they may see."""
        sources = HrFlowSource.objects.for_user(request.user).filter(pk=workflow.source_id)
        return request.user.has_perm("sync.push_profiles") and sources.exists()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """With the registered rules, and `may_run`: whether the person may start a run."""
        workflow = context.get("original")
        may_run = workflow is not None and self.may_run(request, workflow)
        context |= {"rules": list(logics), "may_run": may_run}
        return super().render_change_form(request, context, *args, **kwargs)
