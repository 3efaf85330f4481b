"""Profiles: a list made for choosing, and a page read live from HrFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sync.admin.columns import column
from sync.admin.push import profile_list as cells
from sync.admin.push.flow import PushFlow
from sync.admin.push.profile_filters import (
    HasEmail,
    HasResume,
    NotYetPushedTo,
    Received,
    StillInHrFlow,
    vacancy_of,
)
from sync.admin.push.profile_page import profile_page
from sync.admin.read_only import ReadOnly
from sync.admin.scoped import ScopedRelatedFilter, page
from sync.admin.setup.sources import QUEUE_AWAY, Asked, begin_import, progress_of
from sync.exceptions import ConfigurationError, SyncError
from sync.models import HrFlowSource, Profile, Push
from sync.services.queue.notify import QueueAwayError
from sync.services.selection import drafts, live_profile

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_PUSHES = 100
# In the session: the sources whose import was asked for by the click that led to the list.
REFRESHED = "refreshed_sources"


@admin.register(Profile)
class ProfileAdmin(ReadOnly, PushFlow):
    list_display = ("person", "headline_cell", "experience", "received", "cv", "pushed")
    list_filter = (
        ("source", ScopedRelatedFilter),
        ("remote_created_at", Received),
        HasResume,
        HasEmail,
        NotYetPushedTo,
        StillInHrFlow,
    )
    search_fields = ("search_text",)
    search_help_text = gettext_lazy("Name, e-mail, headline, place, reference")
    list_select_related = ("source",)
    list_help = gettext_lazy("Tick the ones you want, then push them to a vacancy.")
    empty_hint = gettext_lazy("Import the profiles of a source, and they appear here.")
    actions = ("push_to_flatchr", "add_to_selection")
    primary_action = "push_to_flatchr"
    change_list_template = "sync/profile_list.html"
    change_form_template = "sync/profile.html"

    person = column(gettext_lazy("name"), cells.name_cell, ordering="full_name")
    headline_cell = column(
        gettext_lazy("headline, place"), cells.headline_cell, ordering="headline"
    )
    experience = column(
        gettext_lazy("experience"), cells.experience_cell, ordering="experience_years"
    )
    received = column(gettext_lazy("received"), cells.received_cell, ordering="remote_created_at")
    cv = column(gettext_lazy("CV"), cells.resume_cell, ordering="has_resume")
    pushed = column(gettext_lazy("pushed to"), cells.pushed_cell)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return cells.ProfileList

    # --- the list -------------------------------------------------------------------------------

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Profile], search_term: str
    ) -> tuple[QuerySet[Profile], bool]:
        return queryset.mentioning(search_term), False  # type: ignore[attr-defined]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the progress of imports that run, and of those this person has just asked for."""
        sources = list(HrFlowSource.objects.for_user(request.user).filter(is_active=True))
        may_refresh = self.may_refresh(request)
        asked = request.session.pop(REFRESHED, ()) if may_refresh else ()
        context = {
            "sources": sources,
            "imports": [
                progress_of(source, Asked.YES if source.pk in asked else Asked.NO)
                for source in sources
                if source.is_importing or source.pk in asked
            ],
            "draft": drafts.newest(request.user),
            "may_refresh": may_refresh,
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def may_refresh(self, request: HttpRequest) -> bool:
        user = request.user
        return self.has_push_permission(request) or user.has_perm("sync.change_hrflowsource")

    @page("refresh/", name="sync_profile_refresh")
    def refresh_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for an import of every source this person may see."""
        if request.method == "POST" and self.may_refresh(request):
            sources = list(HrFlowSource.objects.for_user(request.user).filter(is_active=True))
            try:
                for source in sources:
                    begin_import(source)
                request.session[REFRESHED] = [source.pk for source in sources]
            except QueueAwayError:
                messages.error(request, QUEUE_AWAY)
        return redirect("admin:sync_profile_changelist")

    # --- actions on the ticked ------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Adding is offered only while a selection waits for its confirmation."""
        actions: dict[str, Any] = super().get_actions(request)
        if "add_to_selection" in actions and drafts.newest(request.user) is None:
            del actions["add_to_selection"]
        return actions

    @admin.action(description=gettext_lazy("Push to Flatchr"), permissions=["push"])
    def push_to_flatchr(
        self, request: HttpRequest, queryset: QuerySet[Profile]
    ) -> HttpResponse | None:
        vacancy = vacancy_of(request, request.GET.get(NotYetPushedTo.parameter_name))
        if vacancy is not None and not vacancy.is_open:
            vacancy = None
        try:
            run = drafts.begin(queryset, user=cast("User", request.user), vacancy=vacancy)
        except drafts.TooManyError as error:
            _warn_too_many(request, error)
            return None
        return redirect("admin:sync_push_draft", run.pk)

    @admin.action(description=gettext_lazy("Add to the selection"), permissions=["push"])
    def add_to_selection(
        self, request: HttpRequest, queryset: QuerySet[Profile]
    ) -> HttpResponse | None:
        """For people who gather a selection by several searches."""
        run = drafts.newest(request.user)
        if run is None:
            return self.push_to_flatchr(request, queryset)
        try:
            count = drafts.add(run, queryset)
        except drafts.TooManyError as error:
            _warn_too_many(request, error)
            return None
        except drafts.AlreadyConfirmedError:
            return self.push_to_flatchr(request, queryset)
        words = ngettext("%(n)d profile was added.", "%(n)d profiles were added.", count)
        if count:
            messages.success(request, words % {"n": count})
        else:
            messages.info(request, _("They are in the selection already."))
        return None

    # --- the page -------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page asks for its live part by a second request (`live_view`); with `?live` in the
        address, for browsers without scripts, that part comes with the page."""
        profile = self.get_object(request, object_id)
        if profile is None or not self.has_view_permission(request, profile):
            return super().change_view(request, object_id, form_url, extra_context)
        pushes = (
            Push.objects.for_user(request.user)
            .filter(source=profile.source, profile_key=profile.key)
            .select_related("vacancy__company", "requested_by")
        )
        context = {
            **self.admin_site.each_context(request),
            "title": str(profile),
            "opts": self.opts,
            "profile": profile,
            "pushes": pushes.order_by("-pk")[:MOST_PUSHES],
            "may_push": self.has_push_permission(request),
        }
        if "live" in request.GET:
            context |= _live_context(profile)
        return TemplateResponse(request, "sync/profile.html", context)

    @page("<int:pk>/live/", name="sync_profile_live")
    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        profile = self._profile(request, pk)
        if profile is None:
            return redirect("admin:sync_profile_changelist")
        context = {"profile": profile, **_live_context(profile)}
        return TemplateResponse(request, "sync/profile_live.html", context)

    @page("<int:pk>/cv/", name="sync_profile_resume")
    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The CV as a download: a browser must not open what a candidate wrote on this site."""
        profile = self._profile(request, pk)
        if profile is None:
            return redirect("admin:sync_profile_changelist")
        try:
            resume = live_profile.download_cv(profile)
        except (SyncError, ConfigurationError) as error:
            messages.error(request, str(error))
            return redirect("admin:sync_profile_change", pk)
        response = HttpResponse(resume.data, content_type=resume.content_type)
        disposition = content_disposition_header(True, resume.file_name)
        response["Content-Disposition"] = disposition or "attachment"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response["Cache-Control"] = "private, no-store"
        return response

    def _profile(self, request: HttpRequest, pk: int) -> Profile | None:
        """None where there is none, or the person may not see it."""
        found = self.get_queryset(request).select_related("source").filter(pk=pk).first()
        return found if found and self.has_view_permission(request, found) else None


def _live_context(profile: Profile) -> dict[str, Any]:
    try:
        return {"portrait": profile_page(live_profile.read_profile(profile))}
    except (SyncError, ConfigurationError) as error:
        return {"problem": str(error)}


def _warn_too_many(request: HttpRequest, error: drafts.TooManyError) -> None:
    """Leave a message; the error's first argument is the number of profiles asked for."""
    words = _(
        "%(asked)s profiles are too many for one selection: %(most)s at most. Narrow it "
        "with the filters, or let an operator set up a workflow."
    )
    values = {"asked": error.args[0], "most": drafts.MOST_PROFILES}
    messages.warning(request, words % values)
