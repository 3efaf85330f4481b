"""Templates and style sheets: all of them parse, and can be read line by line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from scripts import lines

TEMPLATES = lines.ROOT / "templates"
BASE = TEMPLATES / "admin" / "base.html"
SHEETS = lines.ROOT / "sync" / "static"


def _name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def test_every_template_parses() -> None:
    paths = sorted(TEMPLATES.rglob("*.html"))
    assert paths
    for path in paths:
        assert get_template(_name(path)).template.origin.name == str(path)


def test_every_part_that_a_template_includes_is_there_and_none_is_left_over() -> None:
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")]
    included = {name for text in texts for name in re.findall(r"{% include ['\"]([^'\"]+)", text)}
    for name in included:
        get_template(name)
    code = "".join(path.read_text(encoding="utf-8") for path in (lines.ROOT / "sync").rglob("*.py"))
    extended = {name for text in texts for name in re.findall(r"{% extends ['\"]([^'\"]+)", text)}
    known = {_name(path) for path in (TEMPLATES / "sync").rglob("*.html")}
    assert {name for name in known - included - extended if f'"{name}"' not in code} == set()


def test_no_line_and_no_file_is_too_long_to_read() -> None:
    assert [fault for path in lines.files() for fault in lines.faults(path)] == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("long.html", "x" * 161, "161 characters"),
        ("long.html", "x\n" * 351, "351 lines"),
        ("long.css", "a { color: red; margin: 0; }", "several declarations"),
    ],
)
def test_what_is_too_long_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, fault: str
) -> None:
    monkeypatch.setattr(lines, "ROOT", tmp_path)
    path = tmp_path / name
    path.write_text(text)
    found = list(lines.faults(path))
    assert len(found) == 1 and name in found[0] and fault in found[0]


def test_every_style_sheet_is_loaded_once() -> None:
    loaded = re.findall(r"{% static '(sync/css/[^']+)' %}", BASE.read_text(encoding="utf-8"))
    kept = {path.relative_to(SHEETS).as_posix() for path in SHEETS.rglob("*.css")}
    assert sorted(loaded) == sorted(kept)
    assert all(finders.find(name) for name in loaded)
