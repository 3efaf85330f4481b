"""`python -m tests.chaos.restore`: a backup is restored in the middle of many pushes.

A quarter is sent, the backup is made, another half is sent, every process is killed, the backup is
restored and `restored` said, and the work goes on. Nobody may be in Flatchr twice.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.chaos import people
from tests.chaos.groups import Group, wait_ready
from tests.chaos.stage import ROOT, SEARCH_LAG_MS, SHORT, Stage, open_stage

LONGEST_SECONDS = 900


def prove_restore(stage: Stage) -> dict[str, Any]:
    from sync.models import Push, RunKind
    from sync.services.pushing.command import keys_of
    from sync.services.pushing.dispatch import dispatch

    stage.sandbox.set_faults(search_lag_ms=SEARCH_LAG_MS)
    cast, group = people.set_up(stage.sandbox), Group(stage, 0)
    keys, vacancy = keys_of(cast.bulk), cast.vacancies[0]
    copy = stage.logs / "backup"
    try:
        dispatch(source=cast.bulk, vacancy=vacancy, keys=keys, kind=RunKind.COMMAND)
        group.start()
        wait_ready([group])
        _until(lambda: _closed() >= len(keys) // 4)
        back_up(stage, copy)
        in_backup = _closed()
        _until(lambda: _closed() >= 3 * len(keys) // 4)
        group.wanted = False
        group.kill_all()
        sent = len(stage.sandbox.received())
        restore(stage, copy)
        said = _manage(stage, "restored")
        group.start()
        _until(lambda: not Push.objects.active().exists())
        group.stop()
    finally:
        group.wanted = False
        group.kill_all()
    return _judge(stage, len(keys)) | {
        "closed_in_the_backup": in_backup,
        "sent_when_restored": sent,
        "said": said.strip(),
    }


def back_up(stage: Stage, copy: Path) -> None:
    """While workers run, as operators do it."""
    if stage.database == "sqlite":
        place = stage.environment["DATABASE_URL"].removeprefix("sqlite:///")
        source, target = sqlite3.connect(place), sqlite3.connect(copy)
        source.backup(target)
        source.close()
        target.close()
    else:
        _run("pg_dump", "-Fc", "-f", str(copy), stage.environment["DATABASE_URL"])


def restore(stage: Stage, copy: Path) -> None:
    """With every process gone; the cache of Redis stays as it is."""
    from django.db import connections

    connections.close_all()
    url = stage.environment["DATABASE_URL"]
    if stage.database == "sqlite":
        place = Path(url.removeprefix("sqlite:///"))
        for more in ("-wal", "-shm"):
            place.with_name(place.name + more).unlink(missing_ok=True)
        place.write_bytes(copy.read_bytes())
    else:
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", "-d", url, str(copy))


def _run(*words: str) -> None:
    subprocess.run(words, check=True)


def _manage(stage: Stage, *words: str) -> str:
    environment = {**os.environ, **stage.environment}
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def _closed() -> int:
    from sync.models import Push

    return Push.objects.exclude(closed_at=None).count()


def _until(is_so: Any) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("the pushes did not get there")
        time.sleep(0.2)


def _judge(stage: Stage, asked: int) -> dict[str, Any]:
    """By what Flatchr has: everybody once, and every row says so."""
    from sync.models import Push
    from sync.models.states import PushStatus

    stored = Counter(one["resume"]["profile_key"] for one in stage.sandbox.received())
    there = (PushStatus.SUCCEEDED, PushStatus.ALREADY_THERE)
    rows = list(Push.objects.values_list("profile_key", "status"))
    lost = [key for key, status in rows if status in there and key not in stored]
    duplicated = [key for key, count in stored.items() if count > 1]
    states = Counter(status for _, status in rows)
    return {
        "ok": not lost and not duplicated and sum(states[one] for one in there) == asked,
        "database": stage.database,
        "pushes": asked,
        "duplicated": len(duplicated),
        "lost": len(lost),
        "states": dict(states),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos.restore", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--pushes", type=int, default=3000)
    parser.add_argument("--keep-logs", default="", help="write the workers' log to this file")
    args = parser.parse_args()
    more = SHORT | {"PUSH_CONCURRENCY": "32"}
    with open_stage(args.database, profiles=args.pushes, latency_ms=20, overrides=more) as stage:
        try:
            report = prove_restore(stage)
        finally:
            if args.keep_logs:
                Path(args.keep_logs).write_text(Group(stage, 0).text())
    print(json.dumps(report, indent=2))
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
