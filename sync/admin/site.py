"""The desk: the menu by job, and what every page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.models import Push, WorkerGroup
from sync.models.scope import sees_all

Words = str | Promise
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: the list of a model, or a page of its own under a permission."""

    icon: str
    model: str = ""
    page: str = ""
    label: Words = ""
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    label: Words
    entries: tuple[Entry, ...]


MENU = (
    Group(
        "push",
        gettext_lazy("Push"),
        (Entry("profiles", "sync.Profile"), Entry("vacancy", "sync.FlatchrVacancy")),
    ),
    Group(
        "history",
        gettext_lazy("History"),
        (
            Entry("history", "sync.Push"),
            Entry("run", "sync.Run"),
            Entry(
                "inbox",
                page="admin:sync_inbox",
                label=gettext_lazy("Failure inbox"),
                permission="sync.view_push",
            ),
        ),
    ),
    Group(
        "setup",
        gettext_lazy("Set-up"),
        (
            Entry("source", "sync.HrFlowSource"),
            Entry("company", "sync.FlatchrCompany"),
            Entry("workflow", "sync.Workflow"),
            Entry("user", "auth.User"),
            Entry("group", "auth.Group"),
        ),
    ),
    Group(
        "operations",
        gettext_lazy("Operations"),
        (
            Entry("worker", "sync.WorkerGroup"),
            Entry("eye", "sync.AuditEntry"),
            Entry("trash", "sync.ErasedPerson"),
            Entry(
                "user",
                page="admin:sync_privacy_request",
                label=gettext_lazy("Privacy requests"),
                permission="sync.handle_requests",
            ),
            Entry(
                "file",
                page="admin:sync_privacy_register",
                label=gettext_lazy("Privacy register"),
                permission="sync.handle_requests",
            ),
            Entry("schedule", "django_q.Schedule"),
            Entry("queue", "django_q.OrmQ"),
            Entry("check-circle", "django_q.Success"),
            Entry("x-circle", "django_q.Failure"),
        ),
    ),
)


class ConnectorAdminSite(AdminSite):
    site_header = "HrFlow → Flatchr"
    site_title = "HrFlow → Flatchr"
    index_title = gettext_lazy("Home")
    site_url = None
    enable_nav_sidebar = True

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        context["environment_label"] = environment_label()
        context["home_path"] = reverse("admin:index", current_app=self.name)
        if context["has_permission"]:
            context["worker_notice"] = _worker_notice(request)
        return context

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The models a person may see, grouped by job; models nobody placed go to Operations."""
        rows = self._models(request)
        groups = [_as_app(request, group, rows) for group in MENU]
        for model in rows.values():
            groups[-1]["models"].append({**model, "icon": "settings"})
        _mark_current(request.path, groups)
        return [group for group in groups if group["models"]]

    def _models(self, request: HttpRequest) -> dict[Any, dict[str, Any]]:
        found = self._build_app_dict(request)
        return {model["model"]: model for app in found.values() for model in app["models"]}

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The first page is the dashboard."""
        from sync.admin import dashboard
        from sync.admin.setup import checklist

        shown = {**checklist.context(request), **dashboard.context(request)}
        return super().index(request, {**shown, **(extra_context or {})})

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The menu is by job, not by app."""
        return redirect("admin:index")


def _as_app(request: HttpRequest, group: Group, rows: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    models = [line for entry in group.entries if (line := _line(request, entry, rows))]
    return {
        "name": group.label,
        "app_label": group.name,
        "app_url": reverse("admin:index"),
        "has_module_perms": True,
        "models": models,
    }


def _line(
    request: HttpRequest, entry: Entry, rows: dict[Any, dict[str, Any]]
) -> dict[str, Any] | None:
    if entry.model:
        row = rows.pop(apps.get_model(entry.model), None)
        return {**row, "icon": entry.icon} if row else None
    if not request.user.has_perm(entry.permission):
        return None
    try:
        url = reverse(entry.page)
    except NoReverseMatch:
        return None
    return {"name": entry.label, "object_name": entry.page, "admin_url": url, "icon": entry.icon}


def _mark_current(path: str, groups: list[dict[str, Any]]) -> None:
    """The line whose address is the longest beginning of this page's."""
    lines = [line for group in groups for line in group["models"] if line.get("admin_url")]
    fitting = [line for line in lines if path.startswith(line["admin_url"])]
    if fitting:
        max(fitting, key=lambda line: len(line["admin_url"]))["current"] = True


def environment_label() -> dict[str, str]:
    """Where one is: it must not be possible to take a trial for the real thing."""
    hosts = {
        urlsplit(url).hostname
        for url in (settings.HRFLOW_API_URL, settings.FLATCHR_API_URL, settings.FLATCHR_CAREERS_URL)
    }
    if hosts & LOOPBACK:
        return {"kind": "sandbox", "text": _("Sandbox: nothing leaves this machine")}
    if settings.DEBUG:
        return {"kind": "development", "text": _("Development: real HrFlow and Flatchr")}
    return {"kind": "production", "text": _("Production")}


def _worker_notice(request: HttpRequest) -> dict[str, Any] | None:
    """Without a worker nothing is pushed, and the pages are what says so."""
    if WorkerGroup.objects.alive().exists():
        return None
    waiting = Push.objects.for_user(request.user).waiting().count()
    url = reverse("admin:sync_workergroup_changelist") if sees_all(request.user) else ""
    return {"waiting": waiting, "url": url}
