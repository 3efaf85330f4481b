"""The size of the house: how long files and functions are, how full packages.

Templates and style sheets: `scripts.lines`.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.processes import ROOT

FILE_LINES, FUNCTION_LINES, PACKAGE_MODULES = 350, 40, 12
MEDIAN = (8, 12)
CODE = ("sync", "connector_site", "sandbox", "scripts", "tests")


def modules(*folders: str) -> Iterator[Path]:
    """Python files, but for migrations: nobody edits those."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function's name and its lines, decorators and docstring included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            yield node.name, (node.end_lineno or first) - first + 1


def problems() -> Iterator[str]:
    yield from _python_problems()
    for folder in sorted({path.parent for path in modules(*CODE)}):
        count = len([path for path in folder.glob("*.py") if path.stem != "__init__"])
        if count > PACKAGE_MODULES:
            yield f"{folder.relative_to(ROOT)}: {count} modules"
    if not MEDIAN[0] <= (median := median_function("sync")) <= MEDIAN[1]:
        yield f"sync: the median function has {median:g} lines"


def _python_problems() -> Iterator[str]:
    for path in modules(*CODE):
        name = path.relative_to(ROOT)
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > FILE_LINES:
            yield f"{name}: {len(lines)} lines"
        for function, length in functions(path):
            if length > FUNCTION_LINES:
                yield f"{name}: {function} has {length} lines"


def median_function(*folders: str) -> float:
    return statistics.median(length for path in modules(*folders) for _, length in functions(path))


def main() -> int:
    found = list(problems())
    for problem in found:
        print(problem)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
