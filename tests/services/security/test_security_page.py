"""docs/security.md names a test for every attempt; a test that was renamed is named anew there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests import ROOT


def claims() -> Iterator[tuple[str, str]]:
    """File and name, as told: `an_event_taken_twice_…` stands for a beginning."""
    for line in (ROOT / "docs/security.md").read_text(encoding="utf-8").splitlines():
        module = ""
        for found in re.finditer(r"(test_\w+)|`([a-z0-9_]+_[a-z0-9_]*…?)`", line):
            module = found[1] or module
            if module and found[2]:
                yield module, found[2]


def test_every_test_that_the_page_names_exists() -> None:
    told = list(claims())
    assert len(told) > 60
    missing = []
    for module, name in told:
        [path] = (ROOT / "tests").rglob(f"{module}.py")
        text = path.read_text(encoding="utf-8")
        wanted = re.escape(name.rstrip("…")) + (r"\w*" if name.endswith("…") else "")
        if not re.search(rf"def test_{wanted}\(", text):
            missing.append(f"{module}: {name}")
    assert missing == []
