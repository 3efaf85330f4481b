"""A page of the profiles' list: its rows, with where each was pushed, and their cells."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sync.admin.columns import local
from sync.mapping.contact import is_email_dropped
from sync.models import Profile, Push
from sync.templatetags.desk import icon, status_label

SHORT_DATE = "SHORT_DATE_FORMAT"


class ProfileList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Each profile with `pushes`, newest first: one statement, however long the page is."""
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


def name_cell(profile: Profile) -> SafeString:
    """The name, and the e-mail with a word where it is one that cannot be sent."""
    dropped = is_email_dropped(profile.email)
    return format_html(
        '<span class="cell-title cell-clip">{}</span><span class="cell-note cell-clip">{}</span>',
        str(profile),
        f"{profile.email} · {_('e-mail not valid')}" if dropped else profile.email or "—",
    )


def headline_cell(profile: Profile) -> SafeString:
    """Headline and place, cut to the column's width; the tooltip is the whole headline."""
    return format_html(
        '<span class="cell-clip cell-clip--wide" title="{0}">{0}</span>'
        '<span class="cell-note cell-clip cell-clip--wide">{1}</span>',
        profile.headline or "—",
        profile.location,
    )


def experience_cell(profile: Profile) -> str:
    """Whole years, rounded down."""
    years = profile.experience_years
    if years is None:
        return ""
    if years < 1:
        return _("under a year")
    return ngettext("%(n)d year", "%(n)d years", int(years)) % {"n": int(years)}


def received_cell(profile: Profile) -> str:
    return local(profile.remote_created_at, SHORT_DATE)


def resume_cell(profile: Profile) -> SafeString:
    if not profile.has_resume:
        return format_html('<span class="muted">{}</span>', _("none"))
    return format_html(
        '<a class="button button--quiet button--small" href="{}" aria-label="{}">{}{}</a>',
        reverse("admin:sync_profile_resume", args=[profile.pk]),
        _("CV of %(name)s") % {"name": profile},
        icon("file"),
        _("CV"),
    )


def pushed_cell(profile: Any) -> SafeString:
    """The newest push, and how many more there are; the profile's page lists them all."""
    if not profile.pushes:
        return SafeString("")
    newest, others = profile.pushes[0], len(profile.pushes) - 1
    words = ngettext("and %(n)d more", "and %(n)d more", others) % {"n": others}
    more = format_html('<span title="{}">+{}</span>', words, others) if others else ""
    return format_html(
        '<span class="cell-note pushed-line"><a href="{}" title="{}">{}</a> <span>{}</span></span>'
        '<span class="cell-note pushed-line">{} {}</span>',
        reverse("admin:sync_push_change", args=[newest.pk]),
        newest.vacancy,
        newest.vacancy.title,
        local(newest.created_at, SHORT_DATE),
        status_label(newest.status),
        more,
    )
