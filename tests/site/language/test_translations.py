"""French is complete, and what is compiled is what is written."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from tests import ROOT

CATALOGUE = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def test_every_string_has_a_translation_and_none_is_fuzzy(catalogue: polib.POFile) -> None:
    assert [e.msgid for e in catalogue.untranslated_entries()] == []
    assert [e.msgid for e in catalogue.fuzzy_entries()] == []


def test_every_translation_keeps_the_placeholders(catalogue: polib.POFile) -> None:
    # A plural's singular may say "un" instead of the number, so only its plural is compared.
    pairs = [
        (e.msgid_plural, e.msgstr_plural[1]) if e.msgid_plural else (e.msgid, e.msgstr)
        for e in catalogue
    ]
    assert [a for a, b in pairs if _placeholders(a) != _placeholders(b)] == []


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def test_the_compiled_catalogue_is_the_written_one(catalogue: polib.POFile) -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert _texts(compiled) == _texts(catalogue)


def _texts(entries: polib.POFile | polib.MOFile) -> dict[tuple[str | None, str], object]:
    return {(e.msgctxt, e.msgid): e.msgstr or e.msgstr_plural for e in entries if e.msgid}


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed")
def test_no_string_of_the_code_is_missing_from_the_catalogue(
    catalogue: polib.POFile, tmp_path: Path
) -> None:
    copy = tmp_path / "project"
    for name in ("sync", "connector_site", "templates", "locale"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("*.ttf", "*.pyc"))
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "fr", "--no-wrap"]
    subprocess.run(
        [*command, "--no-location", "--no-obsolete"], cwd=copy, check=True, capture_output=True
    )
    fresh = polib.pofile(str(copy / "locale" / "fr" / "LC_MESSAGES" / "django.po"))
    missing = {(e.msgctxt, e.msgid) for e in fresh} - {(e.msgctxt, e.msgid) for e in catalogue}
    assert missing == set()
