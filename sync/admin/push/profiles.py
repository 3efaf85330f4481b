"""Profiles: a list made for choosing, and a page read live from HrFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sync.admin.push.flow import PushFlow
from sync.admin.push.profile_filters import (
    ExistingApplicants,
    HasEmail,
    HasResume,
    NotYetPushedTo,
    Received,
    vacancy_of,
)
from sync.admin.push.profile_page import portrait
from sync.admin.scoped import ScopedAdmin, ScopedRelatedFilter
from sync.clients.resume_download import Resume, download_resume
from sync.exceptions import ConfigurationError, PermanentError, SyncError
from sync.mapping.candidate import choose_resume
from sync.models import HrFlowSource, Profile, Push
from sync.models.audit import Action
from sync.services.peers.client_factory import hrflow_client
from sync.services.queue.notify import QueueAwayError
from sync.services.security import audit
from sync.services.selection import drafts
from sync.templatetags.desk import icon, status_label
from sync.vocabulary import ErrorCode

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PUSH_PERMISSION = "sync.push_profiles"
MOST_PUSHES = 100
# In the session: the sources whose import was asked for by the click that led to the list.
REFRESHED = "refreshed_sources"


class ProfileList(ChangeList):
    """Adds to a page of profiles where they were pushed: one statement, whatever its length."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        keys = [profile.key for profile in self.result_list]
        pushes = Push.objects.for_user(request.user).filter(
            source__in={profile.source_id for profile in self.result_list}, profile_key__in=keys
        )
        found: dict[tuple[int, str], list[Push]] = {}
        for push in pushes.select_related("vacancy__company").order_by("-pk"):
            found.setdefault((push.source_id, push.profile_key), []).append(push)
        for profile in self.result_list:
            profile.pushes = found.get((profile.source_id, profile.key), [])


@admin.register(Profile)
class ProfileAdmin(PushFlow, ScopedAdmin[Profile]):
    list_display = ("person", "headline_cell", "experience", "received", "cv", "pushed")
    list_filter = (
        ("source", ScopedRelatedFilter),
        ("remote_created_at", Received),
        HasResume,
        HasEmail,
        NotYetPushedTo,
        ExistingApplicants,
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_push_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PUSH_PERMISSION)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ProfileList

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/cv/", view(self.resume_view), name="sync_profile_resume"),
            path("<int:pk>/live/", view(self.live_view), name="sync_profile_live"),
            path("refresh/", view(self.refresh_view), name="sync_profile_refresh"),
        ]
        return [*self.push_urls(), *own, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Profile], search_term: str
    ) -> tuple[QuerySet[Profile], bool]:
        return queryset.mentioning(search_term), False  # type: ignore[attr-defined]

    # --- the list -------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("name"), ordering="full_name")
    def person(self, profile: Profile) -> SafeString:
        return format_html(
            '<span class="cell-title cell-clip">{}</span>'
            '<span class="cell-note cell-clip">{}</span>',
            str(profile),
            profile.email or "—",
        )

    @admin.display(description=gettext_lazy("headline, place"), ordering="headline")
    def headline_cell(self, profile: Profile) -> SafeString:
        return format_html(
            '<span class="cell-clip cell-clip--wide" title="{0}">{0}</span>'
            '<span class="cell-note cell-clip cell-clip--wide">{1}</span>',
            profile.headline or "—",
            profile.location,
        )

    @admin.display(description=gettext_lazy("experience"), ordering="experience_years")
    def experience(self, profile: Profile) -> str:
        years = profile.experience_years
        if years is None:
            return "—"
        if years < 1:
            return _("under a year")
        return ngettext("%(n)d year", "%(n)d years", int(years)) % {"n": int(years)}

    @admin.display(description=gettext_lazy("received"), ordering="remote_created_at")
    def received(self, profile: Profile) -> str:
        at = profile.remote_created_at
        return date_format(timezone.localtime(at), "SHORT_DATE_FORMAT") if at else "—"

    @admin.display(description=gettext_lazy("CV"), ordering="has_resume")
    def cv(self, profile: Profile) -> SafeString:
        if not profile.has_resume:
            return format_html('<span class="muted">{}</span>', _("none"))
        return format_html(
            '<a class="button button--quiet button--small" href="{}" aria-label="{}">{}{}</a>',
            reverse("admin:sync_profile_resume", args=[profile.pk]),
            _("CV of %(name)s") % {"name": profile},
            icon("file"),
            _("CV"),
        )

    @admin.display(description=gettext_lazy("pushed to"))
    def pushed(self, profile: Any) -> SafeString:
        if not profile.pushes:
            return SafeString("")
        return _pushed_line(profile.pushes[0], len(profile.pushes) - 1)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        sources = list(HrFlowSource.objects.for_user(request.user).filter(is_active=True))
        context = {
            "sources": sources,
            "imports": self._imports(request, sources),
            "draft": drafts.newest(request.user),
            "may_refresh": self.may_refresh(request),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def _imports(self, request: HttpRequest, sources: list[HrFlowSource]) -> list[dict[str, Any]]:
        """What to follow above the list: imports that run, and those just asked for."""
        from sync.admin.setup.sources import Asked, progress_of

        asked = request.session.pop(REFRESHED, ()) if self.may_refresh(request) else ()
        followed = [one for one in sources if one.is_importing or one.pk in asked]
        return [progress_of(one, Asked.YES if one.pk in asked else Asked.NO) for one in followed]

    # --- actions --------------------------------------------------------------------------------

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
            _too_many(request, error)
            return None
        return redirect("admin:sync_push_draft", run.pk)

    @admin.action(description=gettext_lazy("Add to the selection"), permissions=["push"])
    def add_to_selection(
        self, request: HttpRequest, queryset: QuerySet[Profile]
    ) -> HttpResponse | None:
        """For who gathers people by several searches; offered while a selection waits."""
        run = drafts.newest(request.user)
        if run is None:
            return self.push_to_flatchr(request, queryset)
        try:
            count = drafts.add(run, queryset)
        except drafts.TooManyError as error:
            _too_many(request, error)
            return None
        words = ngettext("%(n)d profile was added.", "%(n)d profiles were added.", count)
        if count:
            messages.success(request, words % {"n": count})
        else:
            messages.info(request, _("They are in the selection already."))
        return None

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if "add_to_selection" in actions and drafts.newest(request.user) is None:
            del actions["add_to_selection"]
        return actions

    def may_refresh(self, request: HttpRequest) -> bool:
        user = request.user
        return self.has_push_permission(request) or user.has_perm("sync.change_hrflowsource")

    def refresh_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for an import of every source one may see."""
        from sync.admin.setup.sources import QUEUE_AWAY, begin_import

        if request.method == "POST" and self.may_refresh(request):
            sources = list(HrFlowSource.objects.for_user(request.user).filter(is_active=True))
            try:
                for source in sources:
                    begin_import(source)
                request.session[REFRESHED] = [source.pk for source in sources]
            except QueueAwayError:
                messages.error(request, QUEUE_AWAY)
        return redirect("admin:sync_profile_changelist")

    # --- the page -------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
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
            context |= _live(request, profile)
        return TemplateResponse(request, "sync/profile.html", context)

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        profile = self._profile(request, pk)
        if profile is None:
            return redirect("admin:sync_profile_changelist")
        context = {"profile": profile, **_live(request, profile)}
        return TemplateResponse(request, "sync/profile_live.html", context)

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The CV, fetched by us under our rules and handed over as a download, never shown."""
        profile = self._profile(request, pk)
        if profile is None:
            return redirect("admin:sync_profile_changelist")
        audit.record(request.user, Action.DOWNLOAD_CV, profile)
        try:
            return _as_download(_resume(profile))
        except (SyncError, ConfigurationError) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:sync_profile_change", args=[pk]))

    def _profile(self, request: HttpRequest, pk: int) -> Profile | None:
        found = self.get_queryset(request).select_related("source").filter(pk=pk).first()
        return found if found and self.has_view_permission(request, found) else None


def _too_many(request: HttpRequest, error: drafts.TooManyError) -> None:
    words = _(
        "%(asked)s profiles are too many for one selection: %(most)s at most. Narrow it "
        "with the filters, or let an operator set up a workflow."
    )
    values = {"asked": error.args[0], "most": drafts.MOST_PROFILES}
    messages.warning(request, words % values)


def _pushed_line(push: Push, others: int) -> SafeString:
    """The newest tells most; the profile's page has them all."""
    words = ngettext("and %(n)d more", "and %(n)d more", others) % {"n": others}
    more = format_html('<span title="{}">+{}</span>', words, others) if others else ""
    return format_html(
        '<span class="cell-note pushed-line"><a href="{}" title="{}">{}</a> <span>{}</span></span>'
        '<span class="cell-note pushed-line">{} {}</span>',
        reverse("admin:sync_push_change", args=[push.pk]),
        push.vacancy,
        push.vacancy.title,
        date_format(timezone.localtime(push.created_at), "SHORT_DATE_FORMAT"),
        status_label(push.status),
        more,
    )


def _client(source: HrFlowSource) -> Any:
    return hrflow_client(source)


def _live(request: HttpRequest, profile: Profile) -> dict[str, Any]:
    audit.record(request.user, Action.LOOK, profile)
    try:
        found = _client(profile.source).read_profile(profile.source.source_key, profile.key)
    except (SyncError, ConfigurationError) as error:
        return {"problem": str(error)}
    return {"portrait": portrait(found)}


def _resume(profile: Profile) -> Resume:
    found = _client(profile.source).read_profile(profile.source.source_key, profile.key)
    attachment = choose_resume(found)
    if attachment is None:
        raise PermanentError(ErrorCode.RESUME_MISSING)
    return download_resume(
        attachment.url,
        file_name=f"CV_{profile}".replace(" ", "_"),
        max_bytes=settings.RESUME_MAX_BYTES,
        allowed_private_hosts=settings.RESUME_ALLOWED_PRIVATE_HOSTS,
        timeout=settings.HTTP_TIMEOUT_SECONDS,
    )


def _as_download(resume: Resume) -> HttpResponse:
    response = HttpResponse(resume.data, content_type=resume.content_type)
    response["Content-Disposition"] = _attachment(resume.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def _attachment(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(True, name) or "attachment"
