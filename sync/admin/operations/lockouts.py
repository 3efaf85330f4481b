"""The page of failed sign-ins, as django-axes counts them. They can be deleted, not changed."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.admin.scoped import Listed
from sync.templatetags.desk import status_label
from sync.web.sign_in import pause


@admin.register(AccessAttempt)
class LockoutAdmin(Listed[Any]):
    list_display = ("username", "state", "failures_since_start", "ip_address", "attempt_time")
    search_fields = ("username", "ip_address")
    ordering = ("-attempt_time",)
    fields = (*list_display, "user_agent")
    readonly_fields = fields
    list_help = gettext_lazy(
        "Names nobody has are shown as “?…”. Delete a line to let its person in again at once."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what was posted, which no page shows."""
        found: QuerySet[Any] = super().get_queryset(request).defer("get_data", "post_data")
        return found

    @admin.display(description=gettext_lazy("state"))
    def state(self, attempt: AccessAttempt) -> str:
        """Whether this name must wait at this address; the other limits are not of one row."""
        locked = attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
        if locked and attempt.attempt_time > timezone.now() - pause():
            return status_label("error", _("must wait"))
        return status_label("none", _("counted"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_add_permission = has_change_permission
