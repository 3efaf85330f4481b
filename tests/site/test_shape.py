"""The house stays readable: sizes, pictures and the walk of docs/architecture.md are true."""

from __future__ import annotations

import ast
import re

from scripts import architecture, shape
from tests import ROOT

WALK = ROOT / "docs" / "architecture.md"


def test_no_file_function_or_package_is_too_long() -> None:
    assert list(shape.problems()) == []


def test_the_pictures_are_drawn_from_the_code_as_it_is() -> None:
    assert architecture.FLOORS.read_text(encoding="utf-8") == architecture.draw_floors()
    assert architecture.STATES.read_text(encoding="utf-8") == architecture.draw_states()


def walk() -> list[str]:
    """The files of the walk, in their order, each once."""
    text = WALK.read_text(encoding="utf-8").partition("## The walk of a push")[2]
    steps = re.findall(r"^\d+\. .*?(?=^\d+\. |^$)", text.partition("\n## ")[0], re.M | re.S)
    assert 1 <= len(steps) <= 12
    return list(
        dict.fromkeys(file for step in steps for file in re.findall(r"`(sync/[\w/]+\.py)`", step))
    )


def imported(file: str) -> set[str]:
    """The files that one imports, as paths, and those that a package re-exports."""
    found: set[str] = set()
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sync."):
            place = node.module.replace(".", "/")
            found |= {f"{place}.py", *(f"{place}/{one.name}.py" for one in node.names)}
            package = ROOT / place / "__init__.py"
            if package.exists() and not file.endswith("__init__.py"):
                found |= imported(f"{place}/__init__.py")
    return found


def test_the_walk_names_files_that_import_each_other_in_its_order() -> None:
    files = walk()
    assert len(files) <= 15
    assert all((ROOT / file).exists() for file in files)
    reached = {files[0], "sync/tasks.py"}  # A task is queued by name, not imported.
    for file in files[1:]:
        importers = [one for one in reached if file in imported(one)]
        assert importers or file in reached, f"{file}: nothing before it imports it"
        reached.add(file)
