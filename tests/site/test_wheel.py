"""`pip wheel .` makes a package that brings its templates, catalogues, fonts and static files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests import ROOT

SCRIPT = """
import django; django.setup()
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.utils import translation
import sync.mapping.generated_cv.page as page
assert finders.find("sync/desk.js") and page.FONTS.is_dir()
with translation.override("fr"):
    print(get_template("sync/push_detail.html").origin.name, translation.gettext("Push"))
"""


@pytest.mark.once
def test_an_unpacked_wheel_has_all_it_needs(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns(".*", "var", "build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(ROOT, source, ignore=ignored)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path)]
    built = subprocess.run([*command, str(source)], capture_output=True, text=True)
    if built.returncode and "No matching distribution" in built.stderr:
        pytest.skip("no package index can be reached, so setuptools cannot be fetched")
    assert built.returncode == 0, built.stderr
    [wheel] = tmp_path.glob("*.whl")
    home = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(home)
    assert (home / "sync" / "py.typed").exists()
    environment = {**os.environ, "PYTHONPATH": str(home)}
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={**environment, "DJANGO_SETTINGS_MODULE": "connector_site.settings"},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith(str(home / "connector_site" / "templates"))
    assert found.stdout.strip().endswith("Envoyer")
