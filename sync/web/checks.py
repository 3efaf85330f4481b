"""Checks of an installation before it serves: `manage.py check --deploy`."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from sync.web.health import static_files_problem


@register(Tags.staticfiles, deploy=True)
def check_static_files(**_: Any) -> list[CheckMessage]:
    """sync.E001: without the manifest every page answers 500 in production."""
    problem = static_files_problem()
    return [Error(problem, id="sync.E001")] if problem else []
