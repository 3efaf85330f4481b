"""The pages of privacy: receipts of erasures, requests of persons (GDPR, articles 15 and 17), and
the register of processing (article 30)."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.validators import EmailValidator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sync.admin.read_only import ReadOnly
from sync.admin.scoped import Listed, page
from sync.exceptions import ConfigurationError
from sync.mapping.contact import addresses
from sync.models import Action, ErasedPerson
from sync.models.scope import sees_all
from sync.services.privacy import (
    erasure,
    maintenance,
    personal_data,
    processing_register,
    suppression,
)
from sync.services.security import audit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PERMISSION = "sync.handle_requests"
SHOWN = 50


class RequestForm(forms.Form):
    """One mark of the person, an e-mail or a profile key: the others are found by it."""

    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    profile_key = forms.CharField(label=gettext_lazy("Profile key"), max_length=64, required=False)
    force = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for none or both, and for text that holds no e-mail address."""
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("email")) == bool(cleaned.get("profile_key")):
            raise forms.ValidationError(_("Give an e-mail or a profile key: one of the two."))
        if cleaned.get("email") and not addresses(cleaned["email"]):
            raise forms.ValidationError(EmailValidator.message)
        return cleaned


@admin.register(ErasedPerson)
class ErasedPersonAdmin(ReadOnly, Listed[ErasedPerson]):
    list_display = ("receipt", "kind", "erased_at")
    list_display_links = None
    search_fields = ("receipt__exact",)
    search_help_text = gettext_lazy("Receipt")
    list_filter = ("kind", "erased_at")
    ordering = ("-id",)
    sortable_by = ()
    actions = None
    list_help = gettext_lazy("Receipts of erasures. Nobody can be told from what is kept of them.")
    empty_hint = gettext_lazy("Nobody has been erased.")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The receipts are of the whole installation, so it takes somebody who sees all of it."""
        return sees_all(request.user) and super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        at_work = maintenance.progress()
        context = {"may_handle": may_handle(request), "at_work": at_work, **(extra_context or {})}
        return super().changelist_view(request, context)

    # --- a person's request ---------------------------------------------------------------------

    @page("request/", name="sync_privacy_request")
    def request_view(self, request: HttpRequest) -> HttpResponse:
        """Find a person, export what is held of them, or erase them. All of it by POST: an e-mail
        must not get into addresses and logs."""
        if not may_handle(request):
            raise PermissionDenied
        form = RequestForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, form)
        try:
            return self._answer(request, form)
        except personal_data.SharedMarkError as error:
            return self._page(request, form, shared=error.args[0])
        except ConfigurationError as error:
            messages.error(request, str(error))
            return self._page(request, form)

    def _answer(self, request: HttpRequest, form: RequestForm) -> HttpResponse:
        """Do what the pressed button says. Raises SharedMarkError where several persons have the
        mark, ConfigurationError where the keys do not fit."""
        person = form.cleaned_data
        user = cast("User", request.user)
        if "export" in request.POST:
            return _download(erasure.export_candidate(**person, user=user))
        if "erase" in request.POST:
            receipt = erasure.erase_candidate(**person, user=user, wait=False)
            return self._page(request, RequestForm(), receipt=receipt)
        held = personal_data.find(**person)
        profiles, pushes = held.profiles.count(), held.pushes.count()
        audit.record(request.user, Action.LOOK, details={"profiles": profiles, "pushes": pushes})
        return self._page(
            request,
            form,
            held=held,
            erased_before=suppression.is_erased(person["email"], person["profile_key"]),
            profiles=list(held.profiles[:SHOWN]),
            pushes=list(held.pushes[:SHOWN]),
            profiles_told=ngettext("%(n)d profile", "%(n)d profiles", profiles) % {"n": profiles},
            sent_to=held.sent_to,
        )

    def _page(self, request: HttpRequest, form: RequestForm, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("A person's request"),
            "form": form,
            **more,
        }
        response = TemplateResponse(request, "sync/privacy_request.html", context)
        response["Cache-Control"] = "no-store"
        return response

    # --- the register ---------------------------------------------------------------------------

    @page("register/", name="sync_privacy_register")
    def register_view(self, request: HttpRequest) -> HttpResponse:
        """For everyone who may sign in: it names no person. Its lines are sorted by `about`."""
        lines = groupby(processing_register.lines(), key=lambda line: line.about)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What is kept, and for how long"),
            "groups": [(about, list(of_it)) for about, of_it in lines],
        }
        return TemplateResponse(request, "sync/privacy_register.html", context)


def may_handle(request: HttpRequest) -> bool:
    """A person's data may lie in every company, so it takes somebody who sees them all."""
    return request.user.has_perm(PERMISSION) and sees_all(request.user)


def _download(found: dict[str, Any]) -> HttpResponse:
    """A JSON file that no cache keeps."""
    response = HttpResponse(
        json.dumps(found, ensure_ascii=False, indent=2), content_type="application/json"
    )
    name = f"person-{timezone.localtime():%Y-%m-%d-%H%M}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
