"""Calls of commands, with their exit status and output."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.management import CommandError, call_command

from tests.conftest import World


class Ran:
    """A command's exit status and what it wrote."""

    def __init__(self, name: str, *arguments: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.status, self.problem = 0, ""
        try:
            call_command(name, *arguments, stdout=out, stderr=err)
        except SystemExit as exit_:
            self.status = int(exit_.code or 0)
        except CommandError as error:
            self.status, self.problem = error.returncode, str(error)
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def json(self) -> dict[str, Any]:
        """Exactly one object, and nothing else."""
        return dict(json.loads(self.out))


def push(world: World, *arguments: str, source: str = "bulk") -> Ran:
    where = ["--source", source, "--vacancy", world.vacancy().slug]
    return Ran("push", *where, *arguments)


def keys(world: World, count: int) -> list[str]:
    found = world.keys(count)
    return [flag for key in found for flag in ("--profile-key", key)]
