"""What the `push` command does: which keys, queue them or try them out, wait, and a report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from sync.clients.hrflow import HrFlowClient
from sync.exceptions import SyncError
from sync.explanations import sentence
from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Push, RunKind, WorkerGroup
from sync.models.circuit_breaker import CircuitBreaker
from sync.models.push.queryset import PushQuerySet
from sync.models.states import PushStatus
from sync.services.intake.profiles import pages
from sync.services.peers.client_factory import hrflow_client
from sync.services.preparing.job import job_for
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import Discarded, prepare
from sync.services.pushing.dispatch import Dispatched, dispatch
from sync.services.queue.recovery import recover
from sync.vocabulary import ErrorCode, tally

POLL_SECONDS = 0.5
SWEEP_SECONDS = 10.0
# What counts as "it happened": the candidate is there.
READY = "ready"  # A dry run found nothing in the way.
HAPPENED = (PushStatus.SUCCEEDED, PushStatus.ALREADY_THERE, READY)


@dataclass(frozen=True)
class Line:
    """One push, as a report tells it."""

    key: str
    name: str
    status: str
    code: str = ""
    reason: str = ""


@dataclass
class Report:
    """`asked`: how many keys were given; `blocked`: how many have an open or successful push."""

    asked: int
    run_id: int | None = None
    blocked: int = 0
    waited: bool = False
    pushes: list[Line] = field(default_factory=list)
    problem: str = ""
    # Lines of people who were erased on request: in `pushes` too, without a push.
    erased: list[Line] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(line.status for line in self.pushes))

    @property
    def is_success(self) -> bool:
        """Without waiting: all of it is queued, whatever a worker has made of it since. With it:
        all of it is in Flatchr."""
        if self.problem or self.blocked or self.erased:
            return False
        is_queued = self.run_id is not None and not self.waited
        return is_queued or all(line.status in HAPPENED for line in self.pushes)

    def summary(self) -> str:
        states = [(label_of(status), count) for status, count in sorted(self.counts.items())]
        blocked = [(_("pushed before or on their way"), self.blocked)] if self.blocked else []
        told = tally([(_("asked"), self.asked), *states, *blocked])
        if self.run_id:
            told = f"{_('Run %(id)s') % {'id': self.run_id}} · {told}"
        return f"{told}. {self.problem}".strip()

    def as_json(self) -> dict[str, Any]:
        return {
            "run": self.run_id,
            "asked": self.asked,
            "blocked": self.blocked,
            "counts": self.counts,
            "success": self.is_success,
            "problem": self.problem,
            "pushes": [asdict(line) for line in self.pushes],
        }


def label_of(status: str) -> str:
    """A push's state; `ready` is what a dry run found nothing wrong with."""
    known = status in PushStatus.values
    return str(PushStatus(status).label) if known else pgettext("push", "ready")


def keys_of(source: HrFlowSource) -> list[str]:
    """Every profile key HrFlow lists for a source. Raises SyncError, ConfigurationError."""
    listed = pages(_client(source), source.source_key)
    found = (p.get("key") for page in listed for p in page.profiles)
    return list(dict.fromkeys(str(key) for key in found if key))


def _client(source: HrFlowSource) -> HrFlowClient:
    return hrflow_client(source)


def queue(source: HrFlowSource, vacancy: FlatchrVacancy, keys: Iterable[str]) -> Report:
    wanted = list(keys)
    done = dispatch(source=source, vacancy=vacancy, keys=wanted, kind=RunKind.COMMAND)
    return report_of(done, asked=len(wanted))


def report_of(done: Dispatched, *, asked: int, waited: bool = False) -> Report:
    pushes = Push.objects.filter(run=done.run).order_by("pk")
    # No push is made for a person who was erased on request.
    erased = [_not_tried(key, ErrorCode.PERSON_ERASED) for key in done.erased]
    lines = [_line(push) for push in pushes]
    return Report(asked, done.run.pk, len(done.blocked), waited, [*lines, *erased], erased=erased)


def _not_tried(key: str, code: ErrorCode) -> Line:
    return Line(key, "", PushStatus.FAILED, code.value, sentence(code))


def _line(push: Push) -> Line:
    return Line(
        push.profile_key, push.candidate_name, push.status, push.error_code, push.explanation
    )


def wait_for(report: Report, vacancy: FlatchrVacancy) -> Report:
    """Until every push of the run has ended, or none can move: then `problem` says why."""
    pushes = Push.objects.filter(run_id=report.run_id or 0)
    sweep_at = time.monotonic() + SWEEP_SECONDS
    worker_seen_at = time.monotonic()
    while pushes.active().exists():
        if WorkerGroup.objects.alive().exists():
            worker_seen_at = time.monotonic()
        if problem := _stuck(pushes, vacancy.company_id, worker_seen_at):
            report.problem = problem
            break
        if time.monotonic() > sweep_at:
            # A lost doorbell or a dead worker must not make this wait for the schedule.
            recover()
            sweep_at = time.monotonic() + SWEEP_SECONDS
        time.sleep(POLL_SECONDS)
    report.waited = True
    report.pushes = [*(_line(push) for push in pushes.order_by("pk")), *report.erased]
    return report


def _stuck(pushes: PushQuerySet[Push], company_id: int, worker_seen_at: float) -> str:
    """A worker or an account may be away for long: that is said, not waited for."""
    if time.monotonic() - worker_seen_at > settings.HEARTBEAT_STALE_SECONDS:
        return _("No worker is running: what is queued stays queued, and goes on once one starts.")
    accounts: list[CircuitBreaker] = [FlatchrCompany.objects.get(pk=company_id)]
    accounts += HrFlowSource.objects.filter(pk__in=pushes.values("source"))
    for account in accounts:
        if account.is_paused and not account.probing:
            words = _("%(account)s is paused: %(reason)s.")
            return words % {"account": account, "reason": ErrorCode(account.pause_code).label}
    return ""


def try_out(source: HrFlowSource, vacancy: FlatchrVacancy, keys: Iterable[str]) -> Report:
    """Read, format, apply rules and fetch the CV of each profile; send nothing."""
    code = _closed(vacancy)
    lines = [_not_tried(key, code) if code else _try(source, vacancy, key) for key in keys]
    return Report(asked=len(lines), pushes=lines)


def _closed(vacancy: FlatchrVacancy) -> ErrorCode | None:
    """What our own rows know already needs no request."""
    if not vacancy.company.is_active:
        return ErrorCode.COMPANY_INACTIVE
    return None if vacancy.is_open else ErrorCode.VACANCY_CLOSED


def _try(source: HrFlowSource, vacancy: FlatchrVacancy, key: str) -> Line:
    job = job_for(source, key, vacancy)
    try:
        candidate = prepare(job, _client(source), Journal())
    except SyncError as error:
        return Line(key, "", PushStatus.FAILED, str(error.code.value), str(error))
    if isinstance(candidate, Discarded):
        return Line(key, "", PushStatus.DISCARDED, "", candidate.logic)
    return Line(key, f"{candidate['firstname']} {candidate['lastname']}", READY)
