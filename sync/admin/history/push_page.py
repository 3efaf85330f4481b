"""A push as its page tells it: a timeline of what happened, in order, with who and how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.clients.transport import Failure
from sync.explanations import told
from sync.matching import LookUpVerdict
from sync.models import Push, PushAttempt
from sync.models.push.attempts import AttemptOutcome, Stage
from sync.models.states import WAITING
from sync.services.security.audit_words import DECISIONS
from sync.vocabulary import ErrorCode

MOST_ATTEMPTS = 100

# What a look-up found; a step's message holds the word.
VERDICTS: dict[str, Promise] = {
    LookUpVerdict.FOUND.value: gettext_lazy("the candidate is there"),
    LookUpVerdict.ABSENT.value: gettext_lazy("the candidate is not there"),
    LookUpVerdict.LATER.value: gettext_lazy("Flatchr's search has not caught up yet"),
    LookUpVerdict.AMBIGUOUS.value: gettext_lazy("cannot be told for sure"),
}
ENDINGS = frozenset(failure.value for failure in Failure)
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
    """One point of the timeline. `kind` chooses its mark; `attempt` is there where it is one."""

    when: datetime | None
    kind: str
    title: str
    who: str = ""
    note: str = ""
    attempt: PushAttempt | None = None
    duration: str = ""
    steps: list[Step] = field(default_factory=list)


def timeline(push: Push, *, payload: bool) -> list[Entry]:
    """`payload`: whether the reader may see what was sent and answered."""
    happened = [*_beginning(push), *_attempts(push, payload=payload), *_afterwards(push)]
    happened.sort(key=lambda entry: entry.when or push.created_at)
    return [*happened, *_ahead(push)]


def _beginning(push: Push) -> Iterator[Entry]:
    yield Entry(push.created_at, "queued", _("Asked for"), who=_name(push.requested_by))


def _attempts(push: Push, *, payload: bool) -> Iterator[Entry]:
    newest_first = push.tries.order_by("-pk")[:MOST_ATTEMPTS]
    for attempt in newest_first:
        yield Entry(
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
    return Step(
        label=_label(Stage, stage),
        outcome=outcome,
        outcome_label=_label(AttemptOutcome, outcome),
        duration=span(int(step.get("duration_ms") or 0)),
        message=str(VERDICTS.get(message, message if payload else "")),
        exchanges=[_exchange(e, payload=payload) for e in step.get("exchanges") or []],
    )


def _exchange(exchange: dict[str, Any], *, payload: bool) -> dict[str, Any]:
    shown = {
        "service": SERVICES.get(exchange.get("service", ""), exchange.get("service", "")),
        "method": exchange.get("method", ""),
        "status": exchange.get("status"),
        "duration": span(int(exchange.get("duration_ms") or 0)),
    }
    if payload:
        shown["url"] = exchange.get("url", "")
        shown["request"] = exchange.get("request_excerpt", "")
        shown["answer"] = _answer(exchange.get("answer_excerpt", ""))
    return shown


def _answer(excerpt: str) -> str:
    """What a peer said is quoted; how an exchange ended without its answer is ours to tell."""
    return _(excerpt) if excerpt in ENDINGS else _label(ErrorCode, excerpt)


def _afterwards(push: Push) -> Iterator[Entry]:
    if push.decided_at:
        title = DECISIONS.get(push.decision, push.decision)
        yield Entry(push.decided_at, "decided", str(title), who=_name(push.decided_by))
    if push.confirmed_at:
        note = _("Column: %(column)s") % {"column": push.column} if push.column else ""
        yield Entry(push.confirmed_at, "succeeded", _("Found in Flatchr"), note=note)


def _ahead(push: Push) -> Iterator[Entry]:
    if push.status in WAITING and push.next_attempt_at:
        title = _("Will be looked up") if push.has_unknown_outcome else _("Next attempt")
        yield Entry(push.next_attempt_at, "retrying", title)


def _name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value


def span(milliseconds: int) -> str:
    """`340 ms`, `2.1 s`: as the reader's language writes numbers."""
    if milliseconds < 1000:
        return f"{milliseconds}\u00a0ms"
    return f"{number_format(milliseconds / 1000, 1)}\u00a0s"
