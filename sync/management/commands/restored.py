from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from sync.models import Action
from sync.services.queue.epoch import begin_epoch
from sync.services.security import audit


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _(
            "After a restore from a backup, before workers start: what waits looks in Flatchr "
            "again before it sends."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints how many pushes wait, and a warning where workers seem to run."""
        found = begin_epoch()
        audit.record(None, Action.RESTORE, details={"pushes": found.waiting})
        words = _("%(waiting)s pushes wait %(seconds)s s, then look in Flatchr before they send.")
        self.stdout.write(words % {"waiting": found.waiting, "seconds": f"{found.seconds:.0f}"})
        if found.running:
            warning = _("Workers are running: stop them before a restore, start them after it.")
            self.stderr.write(self.style.WARNING(warning))
