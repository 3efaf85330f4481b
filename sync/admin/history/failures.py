"""The failure inbox: what waits for a person, by cause, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sync.admin.history import actions
from sync.admin.history.actions import Verb
from sync.models import Push
from sync.models.states import PushStatus
from sync.numbers import whole_number
from sync.services.reporting import statistics
from sync.services.reporting.statistics import Cause, Group
from sync.vocabulary import ErrorCode

OFFERED = {
    PushStatus.UNCONFIRMED: (actions.CONFIRM, actions.PUSH_AGAIN),
    PushStatus.FAILED: (actions.RETRY,),
}
FIELDS = ("status", "code", "last", "company")


@dataclass(frozen=True)
class Row:
    """A cause, in whichever companies it strikes, and what this person may do about it."""

    groups: list[Group]
    verbs: list[Verb]

    @property
    def cause(self) -> Cause:
        """Of all its companies."""
        return replace(self.groups[0].cause, company=None)

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def newest(self) -> Push:
        return max((group.newest for group in self.groups), key=lambda push: push.pk)

    @property
    def title(self) -> str:
        return label_of(self.cause.code)

    @property
    def last(self) -> str:
        return label_of(self.cause.last)

    @property
    def url(self) -> str:
        return cause_url(self.cause)

    @property
    def lines(self) -> list[tuple[Group, str]]:
        return [(group, cause_url(group.cause)) for group in self.groups]


def cause_url(cause: Cause) -> str:
    company = {} if cause.company is None else {"company": cause.company}
    return list_url(state="todo", reason=cause.code, last=cause.last, **company)


def label_of(code: str) -> str:
    return str(ErrorCode(code).label) if code in ErrorCode.values else code


def list_url(**wanted: Any) -> str:
    """The history, narrowed as the filters of its list spell it."""
    return f"{reverse('admin:sync_push_changelist')}?{urlencode(wanted)}"


def rows(request: HttpRequest) -> list[Row]:
    """What needs a decision first, then what is most frequent."""
    by_cause: dict[Cause, list[Group]] = {}
    for group in statistics.groups_of(_mine(request)):
        by_cause.setdefault(replace(group.cause, company=None), []).append(group)
    found = [Row(groups, _verbs(request, cause)) for cause, groups in by_cause.items()]
    return sorted(found, key=lambda row: (row.cause.status != PushStatus.UNCONFIRMED, -row.count))


def _mine(request: HttpRequest) -> QuerySet[Push]:
    return statistics.to_deal_with(Push.objects.for_user(request.user))


def _verbs(request: HttpRequest, cause: Cause) -> list[Verb]:
    return [verb for verb in OFFERED[PushStatus(cause.status)] if verb.is_allowed(request)]


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    found = rows(request)
    return TemplateResponse(
        request,
        "sync/failures.html",
        {
            **context,
            "title": _("Failure inbox"),
            "undecided": [r for r in found if r.cause.status == PushStatus.UNCONFIRMED],
            "failed": [r for r in found if r.cause.status == PushStatus.FAILED],
            "total": sum(row.count for row in found),
            "inbox_days": statistics.INBOX_DAYS,
        },
    )


def act(request: HttpRequest, verb: Verb, context: dict[str, Any]) -> HttpResponse:
    """One verb on a whole group; one that needs a second thought is asked about first."""
    pushes = _cause(request).narrow(_mine(request))
    here = reverse("admin:sync_inbox")
    if verb.is_grave and "confirmed" not in request.POST:
        hidden = [(name, request.POST.get(name, "")) for name in FIELDS]
        return actions.ask(request, verb, pushes, context, back=here, hidden=hidden)
    actions.perform(request, verb, pushes)
    return HttpResponseRedirect(here)


def _cause(request: HttpRequest) -> Cause:
    status, code, last, company = (request.POST.get(name, "") for name in FIELDS)
    key = whole_number(company)
    if not code or (company and key is None):
        raise Http404
    return Cause(status, code, last, key)
