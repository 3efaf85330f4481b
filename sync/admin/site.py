"""The admin site: its menu, by job, and what every page shows."""

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
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.admin import dashboard
from sync.admin.setup import checklist
from sync.models import Push, WorkerGroup
from sync.models.scope import sees_all

Words = str | Promise
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the menu: the list of `model` (`app.Model`), or the page named `page`, for whoever
    has `permission`."""

    icon: str
    model: str = ""
    page: str = ""
    label: Words = ""
    permission: str = ""


@dataclass(frozen=True, slots=True)
class MenuGroup:
    name: str
    label: Words
    entries: tuple[MenuEntry, ...]


MENU = (
    MenuGroup(
        "push",
        gettext_lazy("Push"),
        (MenuEntry("profiles", "sync.Profile"), MenuEntry("vacancy", "sync.FlatchrVacancy")),
    ),
    MenuGroup(
        "history",
        gettext_lazy("History"),
        (
            MenuEntry("history", "sync.Push"),
            MenuEntry("run", "sync.Run"),
            MenuEntry(
                "inbox",
                page="admin:sync_inbox",
                label=gettext_lazy("Failure inbox"),
                permission="sync.view_push",
            ),
        ),
    ),
    MenuGroup(
        "setup",
        gettext_lazy("Set-up"),
        (
            MenuEntry("source", "sync.HrFlowSource"),
            MenuEntry("company", "sync.FlatchrCompany"),
            MenuEntry("workflow", "sync.Workflow"),
            MenuEntry("user", "auth.User"),
            MenuEntry("group", "auth.Group"),
        ),
    ),
    MenuGroup(
        "operations",
        gettext_lazy("Operations"),
        (
            MenuEntry("worker", "sync.WorkerGroup"),
            MenuEntry("eye", "sync.AuditEntry"),
            MenuEntry("trash", "sync.ErasedPerson"),
            MenuEntry(
                "user",
                page="admin:sync_privacy_request",
                label=gettext_lazy("Privacy requests"),
                permission="sync.handle_requests",
            ),
            MenuEntry(
                "file",
                page="admin:sync_privacy_register",
                label=gettext_lazy("Privacy register"),
                permission="sync.handle_requests",
            ),
            MenuEntry("schedule", "django_q.Schedule"),
            MenuEntry("queue", "django_q.OrmQ"),
            MenuEntry("check-circle", "django_q.Success"),
            MenuEntry("x-circle", "django_q.Failure"),
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
        """What the frame of every page shows; `worker_notice` only for who may use the desk."""
        context: dict[str, Any] = super().each_context(request)
        context["environment_label"] = environment_label()
        context["home_path"] = reverse("admin:index", current_app=self.name)
        if context["has_permission"]:
            context["worker_notice"] = _worker_notice(request)
        return context

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The models a person may see, grouped by job, in the shape that Django gives its apps.

        A model that no group names goes to the last one, Operations. The line whose address is the
        longest beginning of the page's own is marked as `current`.
        """
        apps_seen = self._build_app_dict(request).values()
        rows = {model["model"]: model for app in apps_seen for model in app["models"]}
        groups: list[dict[str, Any]] = [
            {
                "name": group.label,
                "app_label": group.name,
                "app_url": reverse("admin:index"),
                "has_module_perms": True,
                "models": [
                    line for entry in group.entries if (line := _line(request, entry, rows))
                ],
            }
            for group in MENU
        ]
        groups[-1]["models"] += [{**model, "icon": "settings"} for model in rows.values()]
        here = [
            line
            for group in groups
            for line in group["models"]
            if line.get("admin_url") and request.path.startswith(line["admin_url"])
        ]
        if here:
            max(here, key=lambda line: len(line["admin_url"]))["current"] = True
        return [group for group in groups if group["models"]]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The first page: the dashboard, and the first steps while they are not done."""
        shown = {**checklist.context(request), **dashboard.context(request)}
        return super().index(request, {**shown, **(extra_context or {})})

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The menu is by job, so an app has no page of its own."""
        return redirect("admin:index")


def _line(
    request: HttpRequest, entry: MenuEntry, rows: dict[Any, dict[str, Any]]
) -> dict[str, Any] | None:
    """The entry in the shape of Django's models; None for who may not see it.

    Its model is taken out of `rows`: what is left belongs to no group.
    """
    if entry.model:
        row = rows.pop(apps.get_model(entry.model), None)
        return {**row, "icon": entry.icon} if row else None
    if not request.user.has_perm(entry.permission):
        return None
    return {
        "name": entry.label,
        "object_name": entry.page,
        "admin_url": reverse(entry.page),
        "icon": entry.icon,
    }


def environment_label() -> dict[str, str]:
    """Where the installation sends to, on every page: a trial must not be taken for the real thing.

    `kind` is sandbox (an address on this machine), development or production; `text` says so.
    """
    addresses = (settings.HRFLOW_API_URL, settings.FLATCHR_API_URL, settings.FLATCHR_CAREERS_URL)
    if LOOPBACK & {urlsplit(address).hostname for address in addresses}:
        return {"kind": "sandbox", "text": _("Sandbox: nothing leaves this machine")}
    if settings.DEBUG:
        return {"kind": "development", "text": _("Development: real HrFlow and Flatchr")}
    return {"kind": "production", "text": _("Production")}


def _worker_notice(request: HttpRequest) -> dict[str, Any] | None:
    """Without a live worker nothing is pushed: how many pushes wait, and the workers' page for who
    may see it. None while a worker is alive."""
    if WorkerGroup.objects.alive().exists():
        return None
    waiting = Push.objects.for_user(request.user).waiting().count()
    url = reverse("admin:sync_workergroup_changelist") if sees_all(request.user) else ""
    return {"waiting": waiting, "url": url}
