from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sync.services.purging import purge


class Command(BaseCommand):
    help = "Delete what may no longer be kept (RETENTION_DAYS, PAYLOAD_DAYS, AUDIT_DAYS)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = purge(dry_run=options["dry_run"])
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        verb = "would go" if options["dry_run"] else "gone"
        self.stdout.write(f"{told} {verb}" if told else "nothing to purge")
