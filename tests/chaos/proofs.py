"""Three proofs beside the storm: `python -m tests.chaos.proofs kill|stop|orphans`.

`kill`: with default settings, any one process of the only worker group is killed while pushes keep
coming; how long is no push closed? `stop`: SIGTERM for the supervisor, or for every process of the
group as systemd sends it, while requests hang; how long does it take, and what becomes of pushes?
`orphans`: the supervisor dies while it stops a cluster whose main process is dead already; how long
do the processes that are left live on, beside those that replace them?
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.chaos import people
from tests.chaos.groups import ROLES, Group, kill, wait_ready
from tests.chaos.judge import Verdict, judge
from tests.chaos.stage import SHORT, Stage, open_stage

LONGEST_SILENCE = 60.0
WATCHED = 75.0  # seconds after each kill
EVERY = 0.5  # seconds between two pushes
ENOUGH = 10  # pushes closed before a stop
STOP_TIMEOUT = 3.0
STOP_SPARE = 12.0  # seconds that a stop may take above the HTTP deadline


# --- kill ---------------------------------------------------------------------------------------


def prove_kill(stage: Stage, roles: list[str]) -> dict[str, Any]:
    cast, group = people.set_up(stage.sandbox), Group(stage, 0)
    stream = Stream(cast)
    try:
        group.start()
        wait_ready([group])
        _feed(group, stream, 10)
        silences: dict[str, list[float]] = {role: [] for role in roles}
        for role in roles:
            silences[role].append(_silence(group, stream, role))
        stopped = group.stop()
    finally:
        group.wanted = False
        group.kill_all()
    return {
        "ok": max(map(max, silences.values())) <= LONGEST_SILENCE and stopped < LONGEST_SILENCE,
        "database": stage.database,
        "longest_silence_seconds": silences,
        "restarts_of_the_cluster": group.text().count("restarting the cluster"),
        "starts_of_the_command": group.starts,
    }


@dataclass
class Stream:
    """Profiles of `bulk`, vacancy after vacancy, one at a time."""

    cast: people.Cast

    def __post_init__(self) -> None:
        from sync.services.pushing.command import keys_of

        keys = keys_of(self.cast.bulk)
        self.wishes = iter([(key, place) for place in self.cast.vacancies for key in keys])


def _feed(group: Group, stream: Stream, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        key, vacancy = next(stream.wishes)
        _push(stream.cast, [key], vacancy)
        group.keep_running()
        time.sleep(EVERY)


def _push(cast: people.Cast, keys: list[str], vacancy: Any) -> None:
    from sync.models import RunKind
    from sync.services.pushing.dispatch import dispatch

    dispatch(source=cast.bulk, vacancy=vacancy, keys=keys, kind=RunKind.COMMAND)


def _silence(group: Group, stream: Stream, role: str) -> float:
    """The longest time in which no push was closed, from the kill on."""
    moment = _kill_one(group, stream, role)
    _feed(group, stream, WATCHED)
    moments = [moment, *_closes_since(moment), datetime.now(UTC)]
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    print(f"{role}: {max(gaps):.1f} s", file=sys.stderr)
    return round(max(gaps), 1)


def _kill_one(group: Group, stream: Stream, role: str) -> datetime:
    for _ in range(2000):
        found = group.find(role)
        if found and kill(found[0]):
            return datetime.now(UTC)
        if _ % 20 == 0:
            _feed(group, stream, EVERY)
        time.sleep(0.02)
    raise RuntimeError(f"nobody plays {role}")


def _closes_since(moment: datetime) -> list[datetime]:
    from sync.models import Push

    closed = Push.objects.filter(closed_at__gt=moment)
    return sorted(closed.values_list("closed_at", flat=True))


# --- stop ---------------------------------------------------------------------------------------


def prove_stop(stage: Stage) -> dict[str, Any]:
    from sync.services.pushing.command import keys_of

    cast, group = people.set_up(stage.sandbox), Group(stage, 0)
    keys = keys_of(cast.bulk)
    size = len(keys) // 2
    reports = {}
    try:
        for place, whom in enumerate(("supervisor", "everybody")):
            _push(cast, keys[place * size : (place + 1) * size], cast.vacancies[0])
            reports[whom] = _stop(stage, group, whom)
        verdict = _finish(stage, group, cast)
    finally:
        group.wanted = False
        group.kill_all()
    good = all(one["seconds"] <= STOP_TIMEOUT + STOP_SPARE for one in reports.values())
    clean = all(one["running"] == one["lost_attempts"] == 0 for one in reports.values())
    return {
        "ok": good and clean and verdict.is_good,
        "database": stage.database,
        **reports,
        **verdict.figures(),
        "cases": verdict.cases()[:20],
    }


def _stop(stage: Stage, group: Group, whom: str) -> dict[str, Any]:
    """SIGTERM in the middle of the work, while every tenth request hangs."""
    stage.sandbox.set_faults({"endpoint": "*", "kind": "hang", "probability": 0.1}, seed=7)
    group.start()
    wait_ready([group])
    _until_busy(group)
    group.wanted = False
    targets = group.members() if whom == "everybody" else group.find("supervisor")
    for pid in sorted(targets):
        kill(pid, signal.SIGTERM)
    seconds = group.wait_until_gone(60)
    return {"seconds": round(seconds, 1), **_left_behind()}


def _until_busy(group: Group) -> None:
    from sync.models import Push

    end = time.monotonic() + 30
    closed = Push.objects.exclude(closed_at=None)
    enough = closed.count() + ENOUGH
    while time.monotonic() < end and closed.count() < enough:
        time.sleep(0.05)


def _left_behind() -> dict[str, int]:
    from sync.models import Push, PushAttempt

    sent = Push.objects.exclude(create_started_at=None)
    return {
        "running": Push.objects.filter(status="running").count(),
        "waiting": Push.objects.waiting().count(),
        "unknown": sent.exclude(status="succeeded").count(),
        "handed_back": PushAttempt.objects.filter(outcome="handed_back").count(),
        "lost_attempts": PushAttempt.objects.filter(outcome__in=("lost", "started")).count(),
    }


def _finish(stage: Stage, group: Group, cast: people.Cast) -> Verdict:
    from sync.models import Push

    stage.sandbox.set_faults()
    group.start()
    end = time.monotonic() + 120
    while time.monotonic() < end and Push.objects.active().exists():
        time.sleep(0.5)
    group.stop()
    return judge(stage.sandbox, [cast.main, cast.bulk], [group.log])


# --- orphans ------------------------------------------------------------------------------------


def prove_orphans(stage: Stage) -> dict[str, Any]:
    people.set_up(stage.sandbox)
    group = Group(stage, 0)
    try:
        group.start()
        wait_ready([group])
        group.wanted = False
        left = {role: group.find(role) for role in ("pusher", "monitor")}
        for pid in group.members().keys() - {pid for pids in left.values() for pid in pids}:
            kill(pid)
        seconds = group.wait_until_gone(60)
    finally:
        group.kill_all()
    return {
        "ok": all(left.values()) and seconds <= STOP_TIMEOUT + STOP_SPARE,
        "database": stage.database,
        "left": {role: len(pids) for role, pids in left.items()},
        "seconds": round(seconds, 1),
    }


# --- command line -------------------------------------------------------------------------------


def run(
    proof: str,
    database: str,
    roles: list[str] | None = None,
    keep_logs: str = "",
    pushes: int = 900,
) -> dict[str, Any]:
    short = SHORT | {"HTTP_TIMEOUT_SECONDS": str(STOP_TIMEOUT), "PUSH_CONCURRENCY": "32"}
    overrides = {} if proof == "kill" else short
    profiles = 600 if proof == "kill" else pushes
    latency = 50 if proof == "kill" else 150
    with open_stage(database, profiles=profiles, latency_ms=latency, overrides=overrides) as stage:
        try:
            if proof == "kill":
                return prove_kill(stage, roles or list(ROLES))
            return prove_stop(stage) if proof == "stop" else prove_orphans(stage)
        finally:
            if keep_logs:
                Path(keep_logs).write_text(Group(stage, 0).text())


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos.proofs", description=__doc__)
    parser.add_argument("proof", choices=("kill", "stop", "orphans"))
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--pushes", type=int, default=900, help="for `stop`")
    parser.add_argument("--roles", nargs="*", choices=ROLES)
    parser.add_argument("--keep-logs", default="", help="write the workers' log to this file")
    args = parser.parse_args()
    report = run(args.proof, args.database, args.roles, args.keep_logs, args.pushes)
    print(json.dumps(report, indent=2))
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
