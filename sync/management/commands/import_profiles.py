from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sync.exceptions import ConfigurationError, SyncError
from sync.management.commands.push import find_source
from sync.services.importing import Imported, ImportRunningError, import_profiles


class Command(BaseCommand):
    help = "Bring the index of a source's profiles up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", required=True, help="name of the HrFlow source")
        parser.add_argument("--full", action="store_true", help="sweep all of it, find deletions")

    def handle(self, *args: Any, **options: Any) -> None:
        source = find_source(options["source"])
        try:
            found = import_profiles(source, full=options["full"])
        except (SyncError, ConfigurationError) as error:
            raise CommandError(str(error)) from None
        except ImportRunningError:
            raise CommandError(f"An import of {source} is already at work.") from None
        self.stdout.write(
            f"{source}: {found.created} new, {found.updated} changed, "
            f"{found.unchanged} unchanged, {found.gone} gone{_left_out(found)}"
        )


def _left_out(found: Imported) -> str:
    told = [f"{found.too_old} too old to be kept"] if found.too_old else []
    told += [f"{found.erased} erased on request"] if found.erased else []
    return f"; left out: {', '.join(told)}" if told else ""
