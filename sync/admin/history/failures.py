"""The failure inbox: what waits for a person, by cause, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sync.admin.history import actions
from sync.admin.history.actions import PushAction
from sync.admin.scoped import ScopedAdmin, page
from sync.models import Push
from sync.models.states import PushStatus
from sync.numbers import whole_number
from sync.services.reporting import statistics
from sync.services.reporting.statistics import Cause, Group
from sync.vocabulary import ErrorCode, label_of

OFFERED = {
    PushStatus.UNCONFIRMED: (actions.CONFIRM, actions.PUSH_AGAIN),
    PushStatus.FAILED: (actions.RETRY,),
}
# The form of a group, which names its cause.
FIELDS = ("status", "code", "last", "company")


@dataclass(frozen=True)
class Row:
    """A cause of pushes that wait for a person, in all companies it was met in.

    `last`: the label of what the last attempt met. `url`: the list of these pushes. `lines`: the
    groups, one a company, each with the address of its list. `verbs`: what this person may do.
    """

    cause: Cause
    title: str
    last: str
    url: str
    count: int
    newest: Push
    groups: list[Group]
    lines: list[tuple[Group, str]]
    verbs: list[PushAction]


def rows(request: HttpRequest) -> list[Row]:
    """What needs a decision first, then what is most frequent."""
    by_cause: dict[Cause, list[Group]] = {}
    waiting = statistics.to_deal_with(Push.objects.for_user(request.user))
    for group in statistics.groups_of(waiting):
        by_cause.setdefault(replace(group.cause, company=None), []).append(group)
    found = [_row(request, cause, groups) for cause, groups in by_cause.items()]
    return sorted(found, key=lambda row: (row.cause.status != PushStatus.UNCONFIRMED, -row.count))


def _row(request: HttpRequest, cause: Cause, groups: list[Group]) -> Row:
    return Row(
        cause=cause,
        title=label_of(cause.code, ErrorCode),
        last=label_of(cause.last, ErrorCode),
        url=cause_url(cause),
        count=sum(group.count for group in groups),
        newest=max((group.newest for group in groups), key=lambda push: push.pk),
        groups=groups,
        lines=[(group, cause_url(group.cause)) for group in groups],
        verbs=[one for one in _offered(cause) if one.is_allowed(request)],
    )


def _offered(cause: Cause) -> tuple[PushAction, ...]:
    """What may be done to a group: who looks like somebody else waits for a word on that."""
    if cause.code == ErrorCode.LOOKALIKE:
        return actions.SAME_PERSON, actions.PUSH_ANYWAY, actions.RETRY
    return OFFERED[PushStatus(cause.status)]


def cause_url(cause: Cause) -> str:
    """The list of the pushes that `rows` counts under a cause."""
    company = {} if cause.company is None else {"company": cause.company}
    return list_url(state="todo", reason=cause.code, last=cause.last, **company)


def list_url(**wanted: Any) -> str:
    """The history, narrowed by the parameters of its filters (`sync.admin.filters`)."""
    return f"{reverse('admin:sync_push_changelist')}?{urlencode(wanted)}"


class FailureInbox(ScopedAdmin[Push]):
    """The pages of the inbox, at addresses below the history."""

    def check_view(self, request: HttpRequest) -> None:
        """Raises PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def page_context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}

    @page("failures/", name="sync_inbox")
    def failures_view(self, request: HttpRequest) -> HttpResponse:
        self.check_view(request)
        found = rows(request)
        context = self.page_context(
            request,
            title=_("Failure inbox"),
            undecided=[row for row in found if row.cause.status == PushStatus.UNCONFIRMED],
            failed=[row for row in found if row.cause.status == PushStatus.FAILED],
            total=sum(row.count for row in found),
            inbox_days=statistics.INBOX_DAYS,
        )
        return TemplateResponse(request, "sync/failures.html", context)

    @page("failures/<str:action>/", name="sync_inbox_act")
    def failures_act_view(self, request: HttpRequest, action: str) -> HttpResponse:
        """One action on a whole group; a grave one is asked about first."""
        self.check_view(request)
        chosen = actions.named(action)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        status, code, last, company = (request.POST.get(name, "") for name in FIELDS)
        key = whole_number(company)
        if not code or (company and key is None):
            raise Http404
        waiting = statistics.to_deal_with(Push.objects.for_user(request.user))
        pushes = Cause(status, code, last, key).narrow(waiting)
        here = reverse("admin:sync_inbox")
        if chosen.is_grave and "confirmed" not in request.POST:
            hidden = [(name, request.POST.get(name, "")) for name in FIELDS]
            context = self.page_context(request)
            return actions.ask(request, chosen, pushes, context, back=here, hidden=hidden)
        actions.perform(request, chosen, pushes)
        return HttpResponseRedirect(here)
