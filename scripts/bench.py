"""`make bench`: pushes per second through the queue, compared with a bare loop of the same calls.

The bare loop is the script somebody would write by hand: one process, 32 threads, one
`requests.Session` per thread. It reads the profile, downloads the CV and creates the candidate, and
keeps no record. Both use the same sandbox, in turns within one run, so that a machine whose speed
varies changes the ratio little.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import requests

from scripts.environment import ensure_dotenv, with_sandbox
from scripts.processes import ROOT, add_trial_rows, manage, running, running_sandbox
from scripts.test import POSTGRES, REDIS, answers

THREADS = 32
SOURCE = "CVthèque"


def main() -> int:
    options = _options()
    if options.bare:
        return _bare_process(json.load(sys.stdin), options.pushes)
    ensure_dotenv()
    sandbox = ("--port", "0", "--latency-ms", str(options.latency_ms), "--resume-kb", "60")
    with running_sandbox(*sandbox, "--profiles", str(options.pushes)) as box:
        for name, env in _databases():
            _compare(name, box, env, options)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=600)
    parser.add_argument("--latency-ms", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _databases() -> list[tuple[str, dict[str, str]]]:
    found = [("SQLite", {"REDIS_URL": ""})]
    if answers(POSTGRES) and answers(REDIS):
        found.append(("PostgreSQL and Redis", {"REDIS_URL": REDIS}))
    return found


def _compare(
    name: str, box: dict[str, Any], more: dict[str, str], options: argparse.Namespace
) -> None:
    ratios, ours, bare, cpu = [], [], [], []
    with Installation(box, more) as env:
        for _ in range(options.rounds):
            _control(box, "reset")
            bare.append(_bare(box, options.pushes))
            _control(box, "reset")
            rate, cpu_ms = _queued(box, env, options.pushes)
            ours.append(rate)
            cpu.append(cpu_ms)
            ratios.append(rate / bare[-1][0])
    print(
        f"{name}: queue {median(ours):.0f} pushes/s, {median(cpu):.1f} ms CPU a push; "
        f"bare loop {median(b[0] for b in bare):.0f}/s, {median(b[1] for b in bare):.1f} ms; "
        f"ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)})",
        flush=True,
    )


class Installation:
    """A database for the bench: set up on entry, deleted on exit."""

    def __init__(self, box: dict[str, Any], more: dict[str, str]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        url = f"sqlite:///{Path(self.folder.name) / 'bench.sqlite3'}"
        if more["REDIS_URL"]:
            url = POSTGRES.rsplit("/", 1)[0] + "/connector_bench"
        defaults = {"DATABASE_URL": url, "DEBUG": "false", "LOG_LEVEL": "ERROR"}
        defaults["ALLOWED_HOSTS"] = "localhost,127.0.0.1"
        # Another name for each run: Redis may hold keys of an earlier one.
        name = Path(self.folder.name).name
        self.env = with_sandbox(box, **defaults, **more, Q_NAME=name, CACHE_PREFIX=name)
        self.box = box

    def __enter__(self) -> dict[str, str]:
        self._drop()
        if self.env["REDIS_URL"]:
            _psql("CREATE DATABASE connector_bench")
        manage("migrate", "--verbosity", "0", env=self.env)
        add_trial_rows(self.box, self.env)
        return self.env

    def __exit__(self, *_: object) -> None:
        self._drop()
        self.folder.cleanup()

    def _drop(self) -> None:
        if self.env["REDIS_URL"]:
            _psql("DROP DATABASE IF EXISTS connector_bench WITH (FORCE)")


def _psql(statement: str) -> None:
    import psycopg

    with psycopg.connect(POSTGRES.rsplit("/", 1)[0] + "/postgres", autocommit=True) as connection:
        connection.execute(statement)


def _control(box: dict[str, Any], what: str) -> Any:
    request = urllib.request.Request(f"{box['control_url']}/{what}", method="POST", data=b"{}")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


# --- through the queue --------------------------------------------------------------------------


def _queued(box: dict[str, Any], env: dict[str, str], count: int) -> tuple[float, float]:
    """Pushes per second, from the first row created to the last closed; CPU ms per push."""
    _forget(env)
    vacancy = next(v["slug"] for v in box["vacancies"] if v["open"])
    words = ["push", "--source", SOURCE, "--vacancy", vacancy, "--all", "--json"]
    with running("worker", env=env, stderr=subprocess.DEVNULL) as worker:
        _wait_alive(env)
        before = _cpu_seconds(worker.pid)
        manage(*words, env=env, stdout=subprocess.DEVNULL)
        seconds, done = _wait_done(env)
        spent = _cpu_seconds(worker.pid) - before
    if done != count:
        raise SystemExit(f"only {done} of {count} pushes succeeded")
    return count / seconds, 1000 * spent / count


def _shell(env: dict[str, str], code: str) -> str:
    done = manage("shell", "-v", "0", "-c", code, env=env, stdout=subprocess.PIPE)
    return str(done.stdout).strip()


def _forget(env: dict[str, str]) -> None:
    _shell(
        env,
        "from sync.models import *\n"
        "for model in (PushAttempt, Push, Run, WorkerGroup): model.objects.all().delete()",
    )


def _wait_alive(env: dict[str, str]) -> None:
    code = "from sync.models import WorkerGroup; print(WorkerGroup.objects.processes())"
    give_up = time.monotonic() + 60
    while _shell(env, code).split()[-1:] in ([], ["0"]):
        if time.monotonic() > give_up:
            raise SystemExit("the worker does not start")
        time.sleep(0.2)


def _wait_done(env: dict[str, str]) -> tuple[float, int]:
    """Seconds from the first push created to the last closed, by the rows; number succeeded."""
    code = (
        "from sync.models import *; import time\n"
        "from django.db.models import Min, Max\n"
        "while Push.objects.exclude(status__in=['succeeded', 'failed']).exists(): time.sleep(0.5)\n"
        "t = Push.objects.aggregate(a=Min('created_at'), b=Max('closed_at'))\n"
        "print((t['b'] - t['a']).total_seconds(), Push.objects.filter(status='succeeded').count())"
    )
    seconds, done = _shell(env, code).split()[-2:]
    return float(seconds), int(done)


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its descendants (Linux)."""
    ticks = os.sysconf("SC_CLK_TCK")
    parents: dict[int, list[tuple[int, float]]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        spent = (int(fields[11]) + int(fields[12])) / ticks
        parents.setdefault(int(fields[1]), []).append((int(path.parent.name), spent))
    total, queue = 0.0, [pid]
    while queue:
        for child, spent in parents.get(queue.pop(), []):
            total += spent
            queue.append(child)
    return total


# --- the bare loop ------------------------------------------------------------------------------


def _bare(box: dict[str, Any], count: int) -> tuple[float, float]:
    """As `_queued`, in a process of its own, so that its CPU time can be measured."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench", "--bare", "--pushes", str(count)],
        cwd=ROOT,
        input=json.dumps(box),
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    )
    rate, cpu_ms = done.stdout.split()
    return float(rate), float(cpu_ms)


def _bare_process(box: dict[str, Any], count: int) -> int:
    local = threading.local()
    source = box["source_keys"]["bulk"]
    account = {"X-API-KEY": box["api_secret"], "X-USER-EMAIL": box["api_user"]}
    company = box["companies"][0]
    vacancy = next(v["slug"] for v in box["vacancies"] if v["open"])
    keys = _keys(box, source, account)[:count]

    def push(key: str) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        session: requests.Session = local.session
        url, params = f"{box['hrflow_url']}profile/indexing", {"source_key": source, "key": key}
        profile = session.get(url, params=params, headers=account, timeout=20).json()["data"]
        cv = next(a for a in profile["attachments"] if a.get("public_url"))
        data = session.get(cv["public_url"], timeout=20).content
        body = {
            "vacancy": vacancy,
            "token": company["auth"],
            "firstname": profile["info"]["first_name"].replace("’", "'"),
            "lastname": profile["info"]["last_name"].replace("’", "'"),
            "email": profile["info"]["email"],
            "type": "document",
            "resume": {
                "data": base64.b64encode(data).decode(),
                "fileName": "CV.pdf",
                "contentType": "application/pdf",
            },
        }
        url = f"{box['flatchr_careers_url']}/vacancy/candidate/json"
        headers = {"Authorization": f"Bearer {company['auth']}"}
        session.post(url, json=body, headers=headers, timeout=20).raise_for_status()

    begun, cpu = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(push, keys))
    seconds, spent = time.monotonic() - begun, time.process_time() - cpu
    print(len(keys) / seconds, 1000 * spent / len(keys))
    return 0


def _keys(box: dict[str, Any], source: str, account: dict[str, str]) -> list[str]:
    found: list[str] = []
    page = 1
    while True:
        params = {"source_keys": json.dumps([source]), "page": str(page), "limit": "100"}
        answer = requests.get(
            f"{box['hrflow_url']}storing/profiles", params=params, headers=account, timeout=20
        ).json()
        found += [profile["key"] for profile in answer["data"]]
        if page >= answer["meta"]["maxPage"]:
            return found
        page += 1


if __name__ == "__main__":
    sys.exit(main())
