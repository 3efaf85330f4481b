"""What the pages of sources and companies share: a test with a plain answer, and a breaker."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from sync.admin.scoped import ScopedAdmin
from sync.admin.setup import checklist
from sync.exceptions import ConfigurationError, SyncError
from sync.models.scope import sees_all
from sync.services.queue import notify
from sync.vocabulary import ErrorCode
from sync.web.htmx import HtmxRequest


class AccountAdmin(ScopedAdmin[Any]):
    """An account that can be tested, and resumed where its breaker paused it."""

    change_form_template = "sync/account.html"

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.may_manage = request.user.has_perm("sync.manage_credentials")
        return form

    def account_urls(self) -> list[URLPattern]:
        name = self.opts.model_name
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/test/", view(self.test_view), name=f"sync_{name}_test"),
            path("<int:pk>/resume/", view(self.resume_view), name=f"sync_{name}_resume"),
        ]

    def get_urls(self) -> list[URLPattern]:
        return [*self.account_urls(), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Django shows a field that may not be changed as it is, secrets too: those who may not
        enter them do not get them, nor who else a source is opened to."""
        form: Any = self.form
        hidden = _hidden(request, form.secrets, self._may_edit(request, obj))
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f not in hidden]})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def _may_edit(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, obj)

    def tested(self, account: Any) -> str:
        """A sentence of success. Raises SyncError or ConfigurationError."""
        raise NotImplementedError

    def test_view(self, request: HtmxRequest, pk: int) -> HttpResponse:
        account = self.editable(request, pk)
        if request.method != "POST":
            return self._back(pk)
        result = self._result(account)
        if request.htmx:
            return TemplateResponse(request, "sync/test_result.html", result)
        level = messages.SUCCESS if result["is_good"] else messages.ERROR
        messages.add_message(request, level, f"{result['said']} {result['next_step']}".strip())
        return self._back(pk)

    def _result(self, account: Any) -> dict[str, Any]:
        try:
            said = self.tested(account)
            checklist.note_tested(account)
            return {"is_good": True, "said": said, "next_step": ""}
        except SyncError as error:
            step = error.next_step
            return {"is_good": False, "said": str(error), "next_step": step}
        except ConfigurationError as error:
            return {"is_good": False, "said": str(error), "next_step": ""}

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        account = self.editable(request, pk)
        if request.method == "POST":
            account.close()
            notify.workers()
            messages.success(request, _("Pushes to and from this account go on."))
        return self._back(pk)

    def editable(self, request: HttpRequest, pk: int) -> Any:
        account = self.get_queryset(request).filter(pk=pk).first()
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        return account

    def _back(self, pk: int) -> HttpResponse:
        return redirect(f"admin:sync_{self.opts.model_name}_change", pk)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """What comes next, the test and the first fetch or import, stands on its own page."""
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, *args, **kwargs)
        return self._back(obj.pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        account = context.get("original")
        if account is not None:
            context["pause_reason"] = pause_reason(account)
            context["account_kind"] = self.opts.model_name
        return super().render_change_form(request, context, *args, **kwargs)


def _hidden(request: HttpRequest, secrets: tuple[str, ...], may_edit: bool) -> set[str]:
    hidden = set() if may_edit else set(secrets)
    if not request.user.has_perm("sync.manage_credentials"):
        hidden.add("webhook_address")  # who knows it may speak in the peer's name
    return hidden if sees_all(request.user) else hidden | {"companies"}


def pause_reason(account: Any) -> str:
    code = account.pause_code
    return str(ErrorCode(code).label) if code in ErrorCode.values else str(code)
