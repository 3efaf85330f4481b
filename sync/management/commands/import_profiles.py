from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sync.exceptions import ConfigurationError, SyncError
from sync.management.commands.push import find_source
from sync.services.intake.profiles import ImportRunningError, import_profiles


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _("Bring the index of a source's profiles up to date.")
        parser.add_argument("--source", required=True, help=_("name of the HrFlow source"))
        parser.add_argument(
            "--full", action="store_true", help=_("sweep all of it, find deletions")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source = find_source(options["source"])
        try:
            found = import_profiles(source, full=options["full"])
        except (SyncError, ConfigurationError) as error:
            raise CommandError(str(error)) from None
        except ImportRunningError:
            words = _("An import of %(source)s is already at work.")
            raise CommandError(words % {"source": source}) from None
        words = _(
            "%(source)s: %(created)s new, %(updated)s changed, %(unchanged)s unchanged, "
            "%(gone)s gone"
        )
        told = words % {"source": source, **vars(found)}
        left_out = [_("%(n)s too old to be kept") % {"n": found.too_old}] if found.too_old else []
        left_out += [_("%(n)s erased on request") % {"n": found.erased}] if found.erased else []
        left_out += [_("%(n)s that could not be read") % {"n": found.odd}] if found.odd else []
        if left_out:
            told += _("; left out: %(which)s") % {"which": ", ".join(left_out)}
        if found.is_cut:
            told += ". " + _("HrFlow showed only a part of this source, its latest profiles.")
        self.stdout.write(told)
