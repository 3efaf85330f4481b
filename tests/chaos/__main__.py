"""`python -m tests.chaos`: one run, one JSON object on stdout; exit status 0 if all was well."""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import sys

from tests.chaos.faults import MIXES
from tests.chaos.harness import Options, run


def parse() -> Options:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--pushes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--groups", type=int, help="worker groups; 1 on SQLite, 2 on PostgreSQL")
    parser.add_argument("--latency-ms", type=float, default=40, help="of every answer")
    parser.add_argument("--mix", choices=tuple(MIXES), default="plain", help="of faults")
    parser.add_argument("--short", action="store_true", help="fewer kills")
    parser.add_argument("--keep-logs", default="", help="write the workers' logs to this file")
    found = vars(parser.parse_args())
    found["groups"] = found["groups"] or (1 if found["database"] == "sqlite" else 2)
    return Options(**found)


def main() -> int:
    report = run(parse())
    print(json.dumps(report, indent=2))
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
