"""`python -m tests.fuzz --seconds 300 --seed 1`: the suite's properties, tried for minutes.

Rounds of the same tests, each with another seed and, as time allows, more examples. The first
failure ends the run; hypothesis prints what reproduces it. One JSON object on stdout; exit status 0
if nothing was found.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

from tests import ROOT

MOST = 20.0  # times the examples of the suite, in one round


@dataclass(frozen=True)
class Round:
    seed: int
    factor: float
    seconds: float
    failed: bool


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="a round begun is ended")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--only", default="", help="tests whose name matches, as pytest's -k")
    args = parser.parse_args()
    rounds = run(args.seconds, args.seed, args.only)
    failed = [one.seed for one in rounds if one.failed]
    report = {
        "ok": not failed,
        "failed_seeds": failed,
        "rounds": len(rounds),
        "seconds": round(sum(one.seconds for one in rounds), 1),
        "times_the_suite": round(sum(one.factor for one in rounds), 1),
    }
    print(json.dumps(report, indent=2))
    return 0 if report["ok"] else 1


def run(seconds: float, seed: int, only: str) -> list[Round]:
    """Until the time is up or something is found. The first round tells how long one takes."""
    end, factor, rounds = time.monotonic() + seconds, 1.0, list[Round]()
    while not rounds or (time.monotonic() < end and not rounds[-1].failed):
        rounds.append(one := _round(seed + len(rounds), factor, only))
        print(f"{one}", file=sys.stderr)
        # Starting takes seconds of its own, so fewer and longer rounds try more.
        left = end - time.monotonic()
        factor = min(max(left * one.factor / one.seconds, 1.0), MOST)
    return rounds


def _round(seed: int, factor: float, only: str) -> Round:
    begun = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/fuzz"]
    command += [f"--hypothesis-seed={seed}", *(["-k", only] if only else [])]
    environment = {**os.environ, "FUZZ_FACTOR": str(factor)}
    # Standard output is for the report alone.
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr)
    return Round(seed, round(factor, 1), time.monotonic() - begun, done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
