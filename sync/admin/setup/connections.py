"""What the pages of sources and companies share: a test of the connection, and what a paused
account needs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from sync.admin.scoped import ScopedAdmin, page
from sync.exceptions import ConfigurationError, SyncError
from sync.models.scope import sees_all
from sync.services.queue import notify
from sync.vocabulary import ErrorCode, label_of
from sync.web.htmx import HtmxRequest


class AccountAdmin(ScopedAdmin[Any]):
    """An account whose connection can be tested, and that can be resumed once its circuit breaker
    has paused it."""

    change_form_template = "sync/account.html"

    def tested(self, account: Any) -> str:
        """Call the account's API, and return a sentence of success.

        Raises SyncError or ConfigurationError with what is wrong.
        """
        raise NotImplementedError

    # --- the form -------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.may_manage = request.user.has_perm("sync.manage_credentials")
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what a person may not read. Django shows a field that may not be changed with
        its value, so secrets are left out for whoever may not enter them. The address of the
        webhook is one too: who knows it can send events in the peer's name."""
        form: Any = self.form
        hidden: set[str] = set()
        if not (
            self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        ):
            hidden.update(form.secrets)
        if not request.user.has_perm("sync.manage_credentials"):
            hidden.add("webhook_address")
        if not sees_all(request.user):
            hidden.add("companies")
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f not in hidden]})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        account = context.get("original")
        if account is not None:
            context["pause_reason"] = label_of(account.pause_code, ErrorCode)
            context["account_kind"] = self.opts.model_name
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the page of what was added: the test and the first fetch or import are there."""
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, *args, **kwargs)
        return self._back(obj.pk)

    # --- actions of the page --------------------------------------------------------------------

    @page("<int:pk>/test/", name="sync_{model}_test")
    def test_view(self, request: HtmxRequest, pk: int) -> HttpResponse:
        """Test the connection, and show the result: a part of the page for htmx, else a message on
        the page."""
        account = self.editable(request, pk)
        if request.method != "POST":
            return self._back(pk)
        is_good, said, next_step = False, "", ""
        try:
            said, is_good = self.tested(account), True
            self.model._base_manager.filter(pk=pk).update(tested_at=Now())
        except SyncError as error:
            said, next_step = str(error), error.next_step
        except ConfigurationError as error:
            said = str(error)
        if request.htmx:
            result = {"is_good": is_good, "said": said, "next_step": next_step}
            return TemplateResponse(request, "sync/test_result.html", result)
        level = messages.SUCCESS if is_good else messages.ERROR
        messages.add_message(request, level, f"{said} {next_step}".strip())
        return self._back(pk)

    @page("<int:pk>/resume/", name="sync_{model}_resume")
    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close the circuit breaker, and wake the workers."""
        account = self.editable(request, pk)
        if request.method == "POST":
            account.close()
            notify.workers()
            messages.success(request, _("Pushes to and from this account go on."))
        return self._back(pk)

    def editable(self, request: HttpRequest, pk: int) -> Any:
        """The account; raises Http404 for one that the person may not see, PermissionDenied for one
        that they may not change."""
        account = self.get_queryset(request).filter(pk=pk).first()
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        return account

    def _back(self, pk: int) -> HttpResponse:
        return redirect(f"admin:sync_{self.opts.model_name}_change", pk)
