"""After a run: do the rows and what Flatchr stored tell the same story?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.sandbox_fixture import SandboxHandle

if TYPE_CHECKING:
    from sync.models import HrFlowSource, Push

MOST_UNCONFIRMED = 0.01
Key = tuple[str, str]  # profile key, slug of the vacancy
# A page in place of a CV ("HTML" is one of the faults) is taken at its word: this push says so.
HONEST = ("resume_wrong_type", "lookalike")


@dataclass
class Verdict:
    """Each list holds one line a case, for people to look into."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    confused: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    unconfirmed: int = 0
    failed_by_fault: int = 0
    pushes: int = 0

    @property
    def is_good(self) -> bool:
        bad = self.lost or self.duplicated or self.stuck or self.confused or self.strange
        return not bad and self.unconfirmed <= MOST_UNCONFIRMED * self.pushes

    def figures(self) -> dict[str, int]:
        lists = ("lost", "duplicated", "stuck", "confused", "strange")
        return {name: len(getattr(self, name)) for name in lists} | {
            "unconfirmed": self.unconfirmed,
            "failed_by_fault": self.failed_by_fault,
        }

    def cases(self) -> list[str]:
        lists = ("lost", "duplicated", "stuck", "confused", "strange")
        return [f"{name}: {line}" for name in lists for line in getattr(self, name)]


def judge(sandbox: SandboxHandle, sources: list[HrFlowSource], logs: list[Path]) -> Verdict:
    from sync.models import Push

    pushes = list(Push.objects.select_related("vacancy", "source").order_by("pk"))
    stored = sandbox.received()
    verdict = Verdict(pushes=len(pushes))
    by_key: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for one in stored:
        by_key[(one["resume"]["profile_key"], one["vacancy"])].append(one)
    hopeless = {sandbox.troubles[kind] for kind in sandbox.unpushable}
    _judge_rows(verdict, pushes, by_key, hopeless)
    _judge_stored(verdict, pushes, by_key)
    _judge_people(verdict, pushes, by_key, emails_of(sources))
    _judge_attribution(verdict, pushes, {one["applicant"]: one for one in stored})
    _judge_logs(verdict, logs)
    verdict.strange += [f"wire rule broken: {broken}" for broken in sandbox.violations()]
    return verdict


def _key(push: Push) -> Key:
    return push.profile_key, push.vacancy.slug


def _name(push: Push) -> str:
    return f"push {push.pk} {push.status} {push.error_code} {push.candidate_name!r}"


def _judge_rows(
    verdict: Verdict, pushes: list[Push], by_key: dict[Key, list[Any]], hopeless: set[str]
) -> None:
    from sync.models.states import ACTIVE, PushStatus

    for push in pushes:
        count = len(by_key[_key(push)])
        if push.status in ACTIVE:
            verdict.stuck.append(_name(push))
        elif push.status == PushStatus.UNCONFIRMED:
            verdict.unconfirmed += 1
        elif push.status == PushStatus.SUCCEEDED and count == 0:
            verdict.lost.append(f"{_name(push)}: says succeeded, has no candidate")
        elif push.status == PushStatus.FAILED and push.profile_key not in hopeless:
            verdict.failed_by_fault += 1
            if push.error_code not in HONEST:
                verdict.lost.append(f"{_name(push)}: given up although it could have worked")
        elif push.status not in (PushStatus.SUCCEEDED, PushStatus.UNCONFIRMED) and count:
            verdict.strange.append(f"{_name(push)}: has a candidate all the same")


def _judge_stored(verdict: Verdict, pushes: list[Push], by_key: dict[Key, list[Any]]) -> None:
    asked = {_key(push) for push in pushes}
    for key, stored in by_key.items():
        if len(stored) > 1:
            verdict.duplicated.append(f"{key}: {len(stored)} candidates")
        if stored and key not in asked:
            verdict.strange.append(f"{key}: a candidate that nobody asked for")


def emails_of(sources: list[HrFlowSource]) -> dict[str, str]:
    """Profile key → e-mail, as HrFlow has it: not as the connector remembers it."""
    from sync.services.peers.client_factory import hrflow_client
    from sync.services.peers.profile_pages import pages

    return {
        str(profile["key"]): str(((profile.get("info") or {}).get("email")) or "").lower()
        for source in sources
        for page in pages(hrflow_client(source), source.source_key)
        for profile in page.profiles
    }


def _judge_people(
    verdict: Verdict, pushes: list[Push], by_key: dict[Key, list[Any]], emails: dict[str, str]
) -> None:
    for push in pushes:
        for one in by_key[_key(push)]:
            name, email = f"{one['firstname']} {one['lastname']}", (one["email"] or "").lower()
            if (name, email) != (push.candidate_name, push.candidate_email):
                verdict.confused.append(f"{_name(push)}: stored as {name} {email}")
            if email != emails.get(push.profile_key, ""):
                verdict.confused.append(f"{_name(push)}: HrFlow knows another e-mail")


def _judge_attribution(verdict: Verdict, pushes: list[Push], stored: dict[str, Any]) -> None:
    """An applicant that a push calls its own is its own, and no other push's."""
    from sync.models.states import PushStatus

    owners: dict[str, list[Push]] = defaultdict(list)
    for push in pushes:
        if push.applicant_id and push.status == PushStatus.SUCCEEDED:
            owners[push.applicant_id].append(push)
    for applicant, claimed in owners.items():
        if len(claimed) > 1:
            verdict.confused.append(f"{applicant}: claimed by {[p.pk for p in claimed]}")
        one = stored.get(applicant)
        for push in claimed:
            if one is None or one["resume"]["profile_key"] != push.profile_key:
                verdict.confused.append(f"{_name(push)}: claims applicant {applicant}")


def _judge_logs(verdict: Verdict, logs: list[Path]) -> None:
    from sync.models import Push, PushAttempt

    text = "\n".join(log.read_text(errors="replace") for log in logs)
    locked = len(re.findall("database (?:table )?is locked", text))
    locked += PushAttempt.objects.filter(message__contains="is locked").count()
    locked += Push.objects.filter(error_message__contains="is locked").count()
    if locked:
        verdict.strange.append(f"database is locked: seen {locked} times")


# --- figures ------------------------------------------------------------------------------------


def counts() -> dict[str, Any]:
    """What the rows say of the run."""
    from django.db.models import Sum

    from sync.models import Push, PushAttempt
    from sync.models.states import PushStatus

    pushes = Push.objects.all()
    found = pushes.filter(
        status=PushStatus.SUCCEEDED, tries__stage="check", tries__outcome="done"
    ).distinct()
    codes = pushes.exclude(error_code="").values_list("error_code", flat=True)
    return {
        "states": dict(Counter(pushes.values_list("status", flat=True))),
        "attempts": PushAttempt.objects.count(),
        "lookups": pushes.aggregate(total=Sum("lookups"))["total"] or 0,
        "found_by_lookup": found.count(),
        "confirmed": pushes.exclude(confirmed_at=None).count(),
        "reasons": dict(Counter(codes)),
    }


def longest_gap(hits: list[tuple[str, datetime]]) -> tuple[float, str]:
    """The longest time after a hit until a push was closed again, and which hit that was."""
    from sync.models import Push

    closes = sorted(Push.objects.exclude(closed_at=None).values_list("closed_at", flat=True))
    longest, which = 0.0, ""
    for kind, moment in hits:
        after = next((close for close in closes if close and close > moment), None)
        gap = (after - moment).total_seconds() if after else 0.0
        if gap > longest:
            longest, which = gap, kind
    return round(longest, 1), which
