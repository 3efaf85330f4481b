"""What people may do to pushes: for one, for the ticked, for a run, for a group of failures.

What an action does is the model's or a service's; here are its words, its permission and the pushes
it is offered for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField, Case, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from sync.models import EnrichmentStatus, Push
from sync.models.scope import AnyUser, sees_all, sources_of
from sync.models.states import RETRYABLE, WAITING, PushStatus
from sync.services.pushing import decisions
from sync.services.pushing.dispatch import batches
from sync.vocabulary import ErrorCode

if TYPE_CHECKING:
    from django.contrib.auth.models import User

S = PushStatus
# How many pushes were changed, and how many were left as they were.
Counts = tuple[int, int]
# Pushes a transaction: few waits for the disk, and nobody else waits long for SQLite's write lock.
BATCH = 200
# Pushes a click: the rest is for another click, so that each is answered in good time.
MOST_AT_ONCE = 5000
SHOWN = 10


@dataclass(frozen=True)
class PushAction:
    """`offered`: the pushes it makes sense for. `done`, `question`: plural sentences with a count.

    A grave action is always asked about first; any other one only where it is done to many of the
    list. One that `sends` reads the profile again, so it needs the source. `for_group`: its button
    for a whole group of the failure inbox.
    """

    name: str
    label: str | Promise
    icon: str
    permission: str
    offered: Q
    act: Callable[[QuerySet[Push], User], Counts]
    done: Any
    question: Any
    is_grave: bool = False
    consequence: str | Promise = ""
    for_group: str | Promise = ""
    is_main: bool = False
    sends: bool = False

    def is_allowed(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)

    def offered_to(self, user: AnyUser) -> Q:
        """Without the pushes of sources that are closed to the person, where it sends."""
        if not self.sends or sees_all(user):
            return self.offered
        return self.offered & Q(source__in=sources_of(user))


RETRY = PushAction(
    name="retry",
    label=_("Retry"),
    for_group=_("Retry all"),
    icon="refresh",
    permission="sync.retry_push",
    offered=Q(status__in=RETRYABLE),
    act=lambda pushes, user: decisions.retry_all(pushes, user=user),
    done=ngettext_lazy(
        "%(count)d push will be tried again.", "%(count)d pushes will be tried again.", "count"
    ),
    question=ngettext_lazy("Try this push again?", "Try these %(count)d pushes again?", "count"),
    is_main=True,
    sends=True,
)
CANCEL = PushAction(
    name="cancel",
    label=_("Cancel the push"),
    icon="slash",
    permission="sync.retry_push",
    # What may have been sent cannot be taken back: Flatchr is searched for it instead.
    offered=Q(status__in=WAITING, create_started_at=None),
    act=lambda pushes, user: decisions.cancel_all(pushes, user=user),
    done=ngettext_lazy(
        "%(count)d push was cancelled.", "%(count)d pushes were cancelled.", "count"
    ),
    question=ngettext_lazy("Cancel this push?", "Cancel these %(count)d pushes?", "count"),
)
CONFIRM = PushAction(
    name="confirm",
    label=_("It is in Flatchr"),
    for_group=_("All are in Flatchr"),
    icon="check-circle",
    permission="sync.decide_push",
    offered=Q(status=S.UNCONFIRMED),
    act=lambda pushes, user: decisions.decide_all(pushes, in_flatchr=True, user=user),
    done=ngettext_lazy(
        "%(count)d push is noted as in Flatchr.",
        "%(count)d pushes are noted as in Flatchr.",
        "count",
    ),
    is_grave=True,
    question=ngettext_lazy(
        "Have you seen the candidate on the vacancy in Flatchr?",
        "Have you seen each of these %(count)d candidates on their vacancies in Flatchr?",
        "count",
    ),
    consequence=_("Nothing will be sent. The push counts as successful."),
    is_main=True,
)
PUSH_AGAIN = PushAction(
    name="push_again",
    label=_("Push again"),
    for_group=_("Push all again"),
    icon="send",
    permission="sync.decide_push",
    offered=Q(status=S.UNCONFIRMED),
    act=lambda pushes, user: decisions.decide_all(pushes, in_flatchr=False, user=user),
    done=ngettext_lazy(
        "%(count)d push will be sent again.", "%(count)d pushes will be sent again.", "count"
    ),
    is_grave=True,
    question=ngettext_lazy(
        "Are you sure that the candidate is not in Flatchr?",
        "Are you sure that none of these %(count)d candidates is in Flatchr?",
        "count",
    ),
    consequence=_(
        "The candidate is sent again. If they are there after all, they will be there twice."
    ),
    sends=True,
)
_HELD = Q(status=S.FAILED, error_code=ErrorCode.LOOKALIKE)
SAME_PERSON = PushAction(
    name="same_person",
    label=_("It is the same person"),
    for_group=_("All are the same persons"),
    icon="check-circle",
    permission="sync.decide_push",
    offered=_HELD,
    act=lambda pushes, user: decisions.settle_all(pushes, same=True, user=user),
    done=ngettext_lazy(
        "%(count)d push is noted as already there.",
        "%(count)d pushes are noted as already there.",
        "count",
    ),
    is_grave=True,
    question=ngettext_lazy(
        "Is the person on the vacancy in Flatchr this candidate?",
        "Is each of these %(count)d candidates on their vacancies in Flatchr?",
        "count",
    ),
    consequence=_("Nothing will be sent."),
)
PUSH_ANYWAY = PushAction(
    name="push_anyway",
    label=_("Push anyway"),
    for_group=_("Push all anyway"),
    icon="send",
    permission="sync.decide_push",
    offered=_HELD,
    act=lambda pushes, user: decisions.settle_all(pushes, same=False, user=user),
    done=ngettext_lazy("%(count)d push will be sent.", "%(count)d pushes will be sent.", "count"),
    is_grave=True,
    question=ngettext_lazy(
        "Is the person on the vacancy in Flatchr somebody else?",
        "Are these %(count)d candidates all somebody else than who is on their vacancies?",
        "count",
    ),
    consequence=_("The candidate is sent. If it is the same person, they will be there twice."),
    sends=True,
)
REPEAT = PushAction(
    name="repeat",
    label=_("Push again on purpose"),
    icon="send",
    permission="sync.push_profiles",
    offered=Q(status__in=(S.SUCCEEDED, S.ALREADY_THERE)),
    act=lambda pushes, user: decisions.each(
        pushes.select_related("run", "source", "vacancy"),
        lambda push: decisions.repeat(push, requested_by=user),
    ),
    done=ngettext_lazy(
        "%(count)d push was asked for again.", "%(count)d pushes were asked for again.", "count"
    ),
    is_grave=True,
    question=ngettext_lazy(
        "Push a candidate who is in Flatchr already?",
        "Push %(count)d candidates who are in Flatchr already?",
        "count",
    ),
    consequence=_(
        "A second application of the same person may appear in Flatchr. It is recorded that you "
        "wanted it."
    ),
    sends=True,
)
RETRY_ENRICHMENT = PushAction(
    name="retry_enrichment",
    label=_("Retry enrichment"),
    icon="refresh",
    permission="sync.retry_push",
    offered=Q(status=S.SUCCEEDED, enrichment_status=EnrichmentStatus.FAILED),
    act=lambda pushes, user: decisions.retry_enrichment_all(pushes, user=user),
    done=ngettext_lazy(
        "%(count)d enrichment will be tried again.",
        "%(count)d enrichments will be tried again.",
        "count",
    ),
    question=ngettext_lazy(
        "Try this enrichment again?", "Try these %(count)d enrichments again?", "count"
    ),
    is_main=True,
    sends=True,
)
ACTIONS: Mapping[str, PushAction] = {
    action.name: action
    for action in (
        *(CONFIRM, SAME_PERSON, PUSH_ANYWAY, RETRY, RETRY_ENRICHMENT),
        *(PUSH_AGAIN, CANCEL, REPEAT),
    )
}
# For the ticked pushes of the list. Not REPEAT: a candidate who is in Flatchr is sent a second
# time one by one only.
BULK_ACTIONS = (
    *(RETRY, CONFIRM, PUSH_AGAIN, SAME_PERSON, PUSH_ANYWAY),
    *(CANCEL, RETRY_ENRICHMENT),
)


def named(name: str) -> PushAction:
    """The action of an address. Raises Http404."""
    if name not in ACTIONS:
        raise Http404
    return ACTIONS[name]


def offered(request: HttpRequest, push: Push) -> list[PushAction]:
    """What this person may do to this push now: one statement for all actions."""
    allowed = [action for action in ACTIONS.values() if action.is_allowed(request)]
    flags: dict[str, Any] = {
        f"may_{action.name}": Case(
            When(action.offered_to(request.user), then=True),
            default=False,
            output_field=BooleanField(),
        )
        for action in allowed
    }
    row = Push.objects.filter(pk=push.pk).values(**flags).first() if allowed else None
    return [action for action in allowed if row and row[f"may_{action.name}"]]


def perform(request: HttpRequest, action: PushAction, pushes: QuerySet[Push]) -> None:
    """Do it, and tell the person what came of it. Raises PermissionDenied."""
    if not action.is_allowed(request):
        raise PermissionDenied
    done, left, more = in_batches(action, pushes, cast("User", request.user))
    if done:
        messages.success(request, action.done % {"count": done})
    if left:
        words = ngettext(
            "%(count)d push was left as it is: a newer one has taken its place, or it has moved "
            "on.",
            "%(count)d pushes were left as they are: newer ones have taken their place, or they "
            "have moved on.",
            left,
        )
        messages.warning(request, words % {"count": left})
    elif not done:
        words = gettext("Nothing to do: no push is in a state for that any more.")
        messages.warning(request, words)
    if more:
        words = ngettext(
            "%(count)d more is left: do it again for that one.",
            "%(count)d more are left: do it again for those.",
            more,
        )
        messages.info(request, words % {"count": more})


def in_batches(action: PushAction, pushes: QuerySet[Push], user: User) -> tuple[int, int, int]:
    """How many were done, how many were left as they are, and how many are for another click."""
    wanted = pushes.filter(action.offered_to(user))
    keys = list(wanted.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    more = len(keys) > MOST_AT_ONCE
    keys = keys[:MOST_AT_ONCE]
    done = left = 0
    for batch in batches(keys, BATCH):
        with transaction.atomic():
            acted, _left = action.act(Push.objects.filter(pk__in=batch), user)
        done += acted
        left += len(batch) - acted
    return done, left, wanted.count() if more else 0


def ask(
    request: HttpRequest,
    action: PushAction,
    pushes: QuerySet[Push],
    context: dict[str, Any],
    *,
    back: str,
    hidden: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    """The page that asks before anything is done; its form posts to the page's own address.

    `back`: where "no" leads. `hidden`: names and values that the form sends again. Raises
    PermissionDenied.
    """
    if not action.is_allowed(request):
        raise PermissionDenied
    wanted = pushes.filter(action.offered_to(request.user))
    count = wanted.count()
    shown = wanted.select_related("vacancy__company").order_by("-pk")[:SHOWN]
    return TemplateResponse(
        request,
        "sync/push_confirm.html",
        {
            **context,
            "title": action.label,
            "verb": action,
            "question": action.question % {"count": count},
            "count": count,
            "pushes": list(shown),
            "unsuited": pushes.count() - count,
            "hidden_fields": hidden or [],
            "back": back,
        },
    )
