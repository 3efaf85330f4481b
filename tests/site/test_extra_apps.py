"""An installation's own app brings rules and formats."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from connector_site import environment
from tests import ROOT

RULE = """
from sync.registry import register_logic

@register_logic(label="Named")
def is_named(candidate):
    return candidate
"""


def test_the_rules_of_an_extra_app_are_found(tmp_path: Path) -> None:
    app = tmp_path / "acme_rules"
    app.mkdir()
    (app / "__init__.py").write_text("")
    (app / "logics.py").write_text(RULE)
    code = (
        "import django; django.setup(); from sync.mapping.registry import logics; "
        "print('is_named' in logics)"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "EXTRA_APPS": "acme_rules"}
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "DJANGO_SETTINGS_MODULE": "connector_site.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "True", found.stderr


def test_an_app_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA_APPS", "no_such_app.apps.Config")
    with pytest.raises(ImproperlyConfigured, match=r"EXTRA_APPS.*no_such_app"):
        environment.apps("EXTRA_APPS")
