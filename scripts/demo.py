"""`make demo`: the main job once, without a browser.

Starts the sandbox and a worker, imports the sandbox's profiles, pushes all of them through the
queue and prints one line per push. Exit status 0 when every pushable profile arrived in the sandbox
exactly once and every other one failed with a reason. Two of the people share an e-mail under two
names: the second one waits for a person, who says whether they are one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from scripts.environment import ensure_dotenv, with_sandbox
from scripts.processes import MANAGE, ROOT, add_trial_rows, manage, running, running_sandbox

SOURCES = ("Candidatures spontanées", "CVthèque")


def main() -> int:
    ensure_dotenv()
    begun = time.monotonic()
    folders = tempfile.TemporaryDirectory(prefix="demo-")
    with folders as folder, running_sandbox("--port", "0") as box:
        env = with_sandbox(
            box,
            DATABASE_URL=f"sqlite:///{Path(folder) / 'demo.sqlite3'}",
            DEBUG="true",
            REDIS_URL="",
            PUSH_SETTLE_SECONDS="2",
            LOG_LEVEL="WARNING",
        )
        manage("migrate", "--verbosity", "0", env=env)
        add_trial_rows(box, env)
        with running("worker", env=env):
            pushes = [push for source in SOURCES for push in _push(source, box, env)]
        is_good = _report(pushes, box)
        print(f"{time.monotonic() - begun:.0f} s in all")
    return 0 if is_good else 1


def _push(source: str, box: dict[str, Any], env: dict[str, str]) -> list[dict[str, Any]]:
    vacancy = next(v for v in box["vacancies"] if v["open"] and v["title"] == "Comptable")
    words = ["push", "--source", source, "--vacancy", vacancy["slug"], "--all", "--wait", "--json"]
    done = subprocess.run(
        [*MANAGE, *words], cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, timeout=170
    )
    if not done.stdout:
        raise SystemExit("push: no report")
    pushes: list[dict[str, Any]] = json.loads(done.stdout)["pushes"]
    return pushes


def _report(pushes: list[dict[str, Any]], box: dict[str, Any]) -> bool:
    """Prints the pushes; True when the right ones failed and the sandbox received the others."""
    with urllib.request.urlopen(f"{box['control_url']}/received") as answer:
        received: list[dict[str, Any]] = json.load(answer)
    for push in pushes:
        print(f"{push['status']:<13} {push['name'] or push['key'][:12]:<28} {push['reason']}")
    unpushable = {box["troubles"][kind] for kind in box["unpushable"] if kind in box["troubles"]}
    statuses = {push["key"]: push["status"] for push in pushes}
    asked = {push["key"] for push in pushes if push["code"] == "lookalike"}
    wrong = [k for k, s in statuses.items() if (s == "failed") != (k in unpushable | asked)]
    succeeded = sum(status == "succeeded" for status in statuses.values())
    print(f"\n{dict(Counter(statuses.values()))}; Flatchr's stand-in received {len(received)}")
    return bool(pushes) and not wrong and len(asked) <= 1 and succeeded == len(received)


if __name__ == "__main__":
    sys.exit(main())
