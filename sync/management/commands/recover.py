from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from sync.services.queue.recovery import recover


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _(
            "One sweep: pushes of dead workers, due retries, lost notifications, "
            "runs that are done."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints what the sweep found, in one line."""
        words = _(
            "%(released)s given back, %(due)s due, %(finished)s runs finished, "
            "%(given_up)s given up, %(notified)s workers notified"
        )
        self.stdout.write(words % vars(recover()))
