"""The part of `make check` that formatters leave out: templates and style sheets stay readable.

A line of at most 160 characters, a file of at most 350 lines, one declaration a line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.environment import ROOT

MOST_CHARACTERS, MOST_LINES = 160, 350
STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'")


def main() -> int:
    found = [fault for path in files() for fault in faults(path)]
    for fault in found:
        print(fault)
    return 1 if found else 0


def files() -> list[Path]:
    sheets = (ROOT / "sync" / "static" / "sync").rglob("*.css")
    return sorted([*(ROOT / "templates").rglob("*.html"), *sheets])


def faults(path: Path) -> Iterator[str]:
    """One sentence each, with the place."""
    name, lines = path.relative_to(ROOT), path.read_text(encoding="utf-8").splitlines()
    if len(lines) > MOST_LINES:
        yield f"{name}: {len(lines)} lines, more than {MOST_LINES}"
    for number, line in enumerate(lines, start=1):
        if len(line) > MOST_CHARACTERS:
            yield f"{name}:{number}: {len(line)} characters, more than {MOST_CHARACTERS}"
        if path.suffix == ".css" and STRINGS.sub("", line).count(";") > 1:
            yield f"{name}:{number}: several declarations on a line"


if __name__ == "__main__":
    sys.exit(main())
