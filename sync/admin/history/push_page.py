"""The timeline of a push's page: what happened, in order, with who did it and how long it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.clients.transport import Failure
from sync.matching import LookUpVerdict
from sync.models import Push, PushAttempt
from sync.models.push.attempts import AttemptOutcome, Stage
from sync.models.states import WAITING
from sync.services.security.audit_words import DECISIONS
from sync.templatetags.desk import person
from sync.vocabulary import ErrorCode, label_of
from sync.vocabulary.explanations import told

MOST_ATTEMPTS = 100

# What a search in Flatchr found; a step's message holds the verdict.
VERDICTS: dict[str, Promise] = {
    LookUpVerdict.FOUND.value: gettext_lazy("the candidate is there"),
    LookUpVerdict.ABSENT.value: gettext_lazy("the candidate is not there"),
    LookUpVerdict.LATER.value: gettext_lazy("Flatchr's search has not caught up yet"),
    LookUpVerdict.AMBIGUOUS.value: gettext_lazy("cannot be told for sure"),
}
TRANSPORT_FAILURES = frozenset(failure.value for failure in Failure)
SERVICES = {"hrflow": "HrFlow", "flatchr": "Flatchr"}


@dataclass(frozen=True)
class Step:
    label: str
    outcome: str
    outcome_label: str
    duration: str
    message: str
    exchanges: list[dict[str, Any]]


@dataclass(frozen=True)
class Entry:
    """One point of the timeline. `kind` chooses its mark; `attempt`, where the point is one."""

    when: datetime | None
    kind: str
    title: str
    who: str = ""
    note: str = ""
    attempt: PushAttempt | None = None
    duration: str = ""
    steps: list[Step] = field(default_factory=list)


def timeline(push: Push, *, payload: bool) -> list[Entry]:
    """In order of time; what is still to come stands last.

    `payload`: whether the reader may see what was sent and answered.
    """
    asked = Entry(push.created_at, "queued", _("Asked for"), who=person(push.requested_by))
    newest_first = push.tries.order_by("-pk")[:MOST_ATTEMPTS]
    entries = [asked, *(_attempt(attempt, payload=payload) for attempt in newest_first)]
    if push.decided_at:
        title = str(DECISIONS.get(push.decision, push.decision))
        entries.append(Entry(push.decided_at, "decided", title, who=person(push.decided_by)))
    if push.confirmed_at:
        note = _("Column: %(column)s") % {"column": push.column} if push.column else ""
        entries.append(Entry(push.confirmed_at, "succeeded", _("Found in Flatchr"), note=note))
    entries.sort(key=lambda entry: entry.when or push.created_at)
    if push.status in WAITING and push.next_attempt_at:
        title = _("Will be looked up") if push.has_unknown_outcome else _("Next attempt")
        entries.append(Entry(push.next_attempt_at, "retrying", title))
    return entries


def _attempt(attempt: PushAttempt, *, payload: bool) -> Entry:
    return Entry(
        attempt.started_at,
        attempt.outcome,
        _("Attempt %(number)s") % {"number": attempt.number},
        note=attempt.get_error_code_display(),
        attempt=attempt,
        duration=span(attempt.duration_ms),
        steps=[_step(step, payload=payload) for step in attempt.steps],
    )


def _step(step: dict[str, Any], *, payload: bool) -> Step:
    stage, outcome = step.get("stage", ""), step.get("outcome", "")
    message = told(str(step.get("note") or step.get("message") or ""))
    # The note of a step that went well is our own, and quotes nobody.
    is_ours = outcome == AttemptOutcome.DONE and bool(step.get("note"))
    return Step(
        label=label_of(stage, Stage),
        outcome=outcome,
        outcome_label=label_of(outcome, AttemptOutcome),
        duration=span(int(step.get("duration_ms") or 0)),
        message=str(VERDICTS.get(message, message if payload or is_ours else "")),
        exchanges=[_exchange(e, payload=payload) for e in step.get("exchanges") or []],
    )


def _exchange(exchange: dict[str, Any], *, payload: bool) -> dict[str, Any]:
    """An HTTP exchange as the template shows it; its address and texts with `payload` only."""
    service, answer = exchange.get("service", ""), exchange.get("answer_excerpt", "")
    shown = {
        "service": SERVICES.get(service, service),
        "method": exchange.get("method", ""),
        "status": exchange.get("status"),
        "duration": span(int(exchange.get("duration_ms") or 0)),
    }
    if payload:
        shown["url"] = exchange.get("url", "")
        shown["request"] = exchange.get("request_excerpt", "")
        # An answer is quoted; why there was none is told in the reader's language.
        is_failure = answer in TRANSPORT_FAILURES
        shown["answer"] = _(answer) if is_failure else label_of(answer, ErrorCode)
    return shown


def span(milliseconds: int) -> str:
    """`340 ms`, `2.1 s`: as the reader's language writes numbers."""
    if milliseconds < 1000:
        return f"{milliseconds}\u00a0ms"
    return f"{number_format(milliseconds / 1000, 1)}\u00a0s"
