"""The table of the world's inputs: what real accounts send, and what is right for each.

One module a kind of input. A case is executed by the test it names, which is parametrised with the
cases of its kind; docs/compatibility.md says the same for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Case:
    """`name`: what is odd about the input, unique in its kind; `right`: what is right for it, as
    the test compares it; `test`: `path/from/tests::test_name` that executes it."""

    kind: str
    name: str
    input: Any
    right: Any
    test: str

    def __str__(self) -> str:
        return self.name


def all_cases() -> list[Case]:
    folder = Path(__file__).parent
    paths = sorted(folder.glob("*/[a-z]*.py"))
    modules = [import_module(f"tests.cases.{path.parent.name}.{path.stem}") for path in paths]
    return [case for module in modules for case in module.CASES]
