"""What the `push` command does: list keys, queue them or try them out, wait, and report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from sync.exceptions import SyncError
from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Push, RunKind, WorkerGroup
from sync.models.circuit_breaker import CircuitBreaker
from sync.models.push.queryset import PushQuerySet
from sync.models.states import PushStatus
from sync.services.peers.client_factory import hrflow_client
from sync.services.peers.profile_pages import pages
from sync.services.preparing.job import job_for
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import Discarded, prepare
from sync.services.pushing.blocking import blocked_target, target_problem
from sync.services.pushing.dispatch import Dispatched, dispatch
from sync.services.queue.recovery import recover
from sync.vocabulary import ErrorCode, label_of, tally
from sync.vocabulary.explanations import sentence

POLL_SECONDS = 0.5
SWEEP_SECONDS = 10.0
# The state of a line whose dry run found nothing in the way.
READY = "ready"
# The states that count as success.
HAPPENED = (PushStatus.SUCCEEDED, PushStatus.ALREADY_THERE, READY)


@dataclass(frozen=True)
class Line:
    """One push, as a report tells it."""

    key: str
    name: str
    status: str
    code: str = ""
    reason: str = ""

    @classmethod
    def of_push(cls, push: Push) -> Line:
        return cls(
            key=push.profile_key,
            name=push.candidate_name,
            status=push.status,
            code=push.error_code,
            reason=push.explanation,
        )

    @classmethod
    def not_tried(cls, key: str, code: ErrorCode) -> Line:
        """No push was made: what our own rows know already forbids it."""
        return cls(key, "", PushStatus.FAILED, code.value, sentence(code))


@dataclass
class Report:
    """What the command tells. `asked`: how many keys were given; `blocked`: those of them that have
    an open or successful push; `erased`: the lines, in `pushes` too, of people who were erased on
    request; `problem`: why it went no further."""

    asked: int
    run_id: int | None = None
    blocked: list[str] = field(default_factory=list)
    waited: bool = False
    pushes: list[Line] = field(default_factory=list)
    problem: str = ""
    erased: list[Line] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(line.status for line in self.pushes))

    @property
    def is_success(self) -> bool:
        """Without waiting: everything asked for is queued, whatever became of it since. After
        waiting: everything is in Flatchr. After a dry run: nothing stands in the way."""
        if self.problem or self.blocked or self.erased:
            return False
        is_queued = self.run_id is not None and not self.waited
        return is_queued or all(line.status in HAPPENED for line in self.pushes)

    def summary(self) -> str:
        """One line: the run, the counts by state, then the problem where there is one."""
        states = [(state_label(status), count) for status, count in sorted(self.counts.items())]
        blocked = [(_("pushed before or on their way"), len(self.blocked))] if self.blocked else []
        told = tally([(_("asked"), self.asked), *states, *blocked])
        if self.run_id:
            told = f"{_('Run %(id)s') % {'id': self.run_id}} · {told}"
        return f"{told}. {self.problem}".strip()

    def as_json(self) -> dict[str, Any]:
        return {
            "run": self.run_id,
            "asked": self.asked,
            "blocked": len(self.blocked),
            "blocked_keys": self.blocked,
            "counts": self.counts,
            "success": self.is_success,
            "problem": self.problem,
            "pushes": [asdict(line) for line in self.pushes],
        }


def state_label(status: str) -> str:
    """A push's state as people read it, or READY."""
    return pgettext("push", "ready") if status == READY else label_of(status, PushStatus)


def keys_of(source: HrFlowSource) -> list[str]:
    """Every profile key HrFlow lists for a source. Raises SyncError, ConfigurationError."""
    listed = pages(hrflow_client(source), source.source_key)
    found = (profile.get("key") for page in listed for profile in page.profiles)
    return list(dict.fromkeys(str(key) for key in found if key))


def queue(source: HrFlowSource, vacancy: FlatchrVacancy, keys: Sequence[str]) -> Report:
    """Queue a push a key; what workers make of them is not awaited."""
    done = dispatch(source=source, vacancy=vacancy, keys=keys, kind=RunKind.COMMAND)
    return report_of(done, asked=len(keys))


def report_of(done: Dispatched, *, asked: int, waited: bool = False) -> Report:
    pushes = Push.objects.filter(run=done.run).order_by("pk")
    # No push is made for a person who was erased on request.
    erased = [Line.not_tried(key, ErrorCode.PERSON_ERASED) for key in done.erased]
    return Report(
        asked=asked,
        run_id=done.run.pk,
        blocked=done.blocked,
        waited=waited,
        pushes=[*map(Line.of_push, pushes), *erased],
        erased=erased,
    )


def wait_for(report: Report, vacancy: FlatchrVacancy) -> Report:
    """Wait until every push of the run has ended, or none can move: then `problem` says why."""
    pushes = Push.objects.filter(run_id=report.run_id or 0)
    sweep_at = time.monotonic() + SWEEP_SECONDS
    worker_seen_at = time.monotonic()
    while pushes.active().exists():
        if WorkerGroup.objects.alive().exists():
            worker_seen_at = time.monotonic()
        if problem := _why_stuck(pushes, vacancy.company_id, worker_seen_at):
            report.problem = problem
            break
        if time.monotonic() > sweep_at:
            # A lost notification or a dead worker must not make this wait for the schedule.
            recover()
            sweep_at = time.monotonic() + SWEEP_SECONDS
        time.sleep(POLL_SECONDS)
    report.waited = True
    report.pushes = [*map(Line.of_push, pushes.order_by("pk")), *report.erased]
    return report


def _why_stuck(pushes: PushQuerySet[Push], company_id: int, worker_seen_at: float) -> str:
    """Workers or an account may be away for long: that is told, not awaited. Empty: neither is.

    `worker_seen_at`: by the monotonic clock.
    """
    if time.monotonic() - worker_seen_at > settings.HEARTBEAT_STALE_SECONDS:
        return _("No worker is running: what is queued stays queued, and goes on once one starts.")
    held = pushes.held().select_related("source", "vacancy__company")
    first = held.order_by("pk").first()
    if first and not pushes.active().exclude(pk__in=held.values("pk")).exists():
        return sentence(blocked_target(first) or "")
    accounts: list[CircuitBreaker] = [FlatchrCompany.objects.get(pk=company_id)]
    accounts += HrFlowSource.objects.filter(pk__in=pushes.values("source"))
    for account in accounts:
        if account.is_paused and not account.probing:
            words = _("%(account)s is paused: %(reason)s.")
            return words % {"account": account, "reason": ErrorCode(account.pause_code).label}
    return ""


def try_out(source: HrFlowSource, vacancy: FlatchrVacancy, keys: Sequence[str]) -> Report:
    """Read, format, apply rules and fetch the CV of each profile; send nothing."""
    if problem := target_problem(vacancy):
        lines = [Line.not_tried(key, problem) for key in keys]
    else:
        lines = [_prepared(source, vacancy, key) for key in keys]
    return Report(asked=len(lines), pushes=lines)


def _prepared(source: HrFlowSource, vacancy: FlatchrVacancy, key: str) -> Line:
    """What a push of this profile would come to before anything is sent."""
    job = job_for(source, key, vacancy)
    try:
        candidate = prepare(job, hrflow_client(source), Journal())
    except SyncError as error:
        return Line(key, "", PushStatus.FAILED, str(error.code.value), str(error))
    if isinstance(candidate, Discarded):
        return Line(key, "", PushStatus.DISCARDED, "", candidate.logic)
    return Line(key, f"{candidate['firstname']} {candidate['lastname']}", READY)
