"""The pages of the audit log: it is read and exported, and changed by nobody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from sync.admin.columns import column
from sync.admin.csv_export import csv_response, export_address
from sync.admin.read_only import ReadOnly
from sync.admin.scoped import ScopedAdmin, ScopedRelatedFilter, page
from sync.models import AuditEntry
from sync.services.reporting import exports
from sync.services.security import audit_words

EXPORT = "sync.export_audit"


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly, ScopedAdmin[AuditEntry]):
    list_display = ("when", "who", "did", "what", "told", "address")
    list_display_links = ("when",)
    list_filter = ("action", ("company", ScopedRelatedFilter), "at")
    search_fields = ("username__exact", "object_id__exact")
    search_help_text = _("User name or number, in full")
    list_select_related = ("company",)
    sortable_by = ()
    ordering = ("-id",)
    actions = None
    list_help = _("Who looked at, sent, decided or changed what. It names nobody's candidate.")
    empty_hint = _("The first sign-in is noted here.")
    fields = ("at", "who", "did", "kind", "object_id", "name", "told", "company", "address")
    readonly_fields = fields

    # --- the list -------------------------------------------------------------------------------

    when = column(_("when"), lambda entry: localize(timezone.localtime(entry.at)))
    who = column(_("user"), audit_words.who)
    did = column(_("action"), AuditEntry.get_action_display)
    kind = column(_("kind of object"), audit_words.kind)
    name = column(_("object"), audit_words.label)
    told = column(_("details"), audit_words.details)

    @admin.display(description=_("object"))
    def what(self, entry: AuditEntry) -> SafeString:
        """Its name, and below it what kind of thing it is and its number."""
        thing = f"{audit_words.kind(entry)} {entry.object_id}".strip()
        note = format_html('<span class="cell-note">{}</span>', thing) if thing else ""
        name = audit_words.label(entry) or "—"
        return format_html('<span class="cell-title">{}</span>{}', name, note)

    # --- export ---------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """`export_url` keeps the filters of the list, and is empty for who may not export."""
        export_url = export_address(request, "admin:sync_auditentry_export", EXPORT)
        context = {"export_url": export_url, **(extra_context or {})}
        return super().changelist_view(request, context)

    @page("export/", name="sync_auditentry_export")
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is filtered, all its pages, as CSV. Raises PermissionDenied."""
        if not self.has_view_permission(request) or not request.user.has_perm(EXPORT):
            raise PermissionDenied
        entries: QuerySet[AuditEntry] = self.get_changelist_instance(request).get_queryset(request)
        return csv_response(exports.audit_lines(entries), "audit")
