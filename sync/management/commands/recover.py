from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sync.services.recovery import recover


class Command(BaseCommand):
    help = "One sweep: pushes of dead workers, due retries, lost doorbells, runs that are done."

    def handle(self, *args: Any, **options: Any) -> None:
        found = recover()
        self.stdout.write(
            f"{found.released} given back, {found.due} due, {found.finished} runs finished, "
            f"{found.rung} bells rung"
        )
