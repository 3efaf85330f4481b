"""The short proof, part of the suite: `make chaos` is the long one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.stage import ROOT, is_there

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="kills by /proc: Linux only"),
]
SEED = "1"


def database() -> str:
    """The one that the suite is run on."""
    chosen = "postgres" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    return chosen if is_there(chosen) else "sqlite"


def run(*arguments: str, seconds: float) -> dict[str, Any]:
    """In a process of its own: Django can be set up for one database only."""
    command = [sys.executable, "-m", *arguments, "--database", database()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds)
    assert done.stdout, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def test_it_creates_exactly_one_candidate_a_push_whoever_is_killed_and_whatever_fails() -> None:
    report = run("tests.chaos", "--pushes", "50", "--short", "--seed", SEED, seconds=300)
    assert report["cases"] == []
    assert report["pushes"] == 50
    assert report["unconfirmed"] <= 1
    assert report["kills_missed"] == []
    assert sum(report["faults"].values()) > 0
    assert report["ok"]


def test_it_brings_pushes_home_when_asked_to_stop() -> None:
    report = run("tests.chaos.proofs", "stop", "--pushes", "80", seconds=300)
    for whom in ("supervisor", "everybody"):
        assert report[whom]["running"] == 0
        assert report[whom]["lost_attempts"] == 0
    assert report["cases"] == []
    assert report["ok"]


def test_nobody_is_left_behind_when_the_supervisor_dies_in_the_middle_of_a_stop() -> None:
    """Processes left behind would take tasks of the cluster that replaces theirs."""
    report = run("tests.chaos.proofs", "orphans", "--pushes", "40", seconds=120)
    assert report["left"] == {"pusher": 1, "monitor": 1}
    assert report["ok"], report
