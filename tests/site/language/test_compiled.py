"""The compiled catalogue in the tree is the one that Django's own command makes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.messages import CATALOGUE


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="GNU gettext is not installed")
def test_compiling_leaves_the_tree_clean(tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    command = ["msgfmt", "--check-format", "-o", str(compiled), str(CATALOGUE)]
    subprocess.run(command, check=True)
    assert compiled.read_bytes() == CATALOGUE.with_suffix(".mo").read_bytes()
