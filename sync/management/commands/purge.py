from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sync.services.privacy import maintenance
from sync.services.privacy.retention import purge
from sync.services.security.audit_words import counted
from sync.vocabulary import tally


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _(
            "Delete what may no longer be kept (RETENTION_DAYS, PAYLOAD_DAYS, AUDIT_DAYS)."
        )
        parser.add_argument("--dry-run", action="store_true", help=_("only say what would go"))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            counts = purge(dry_run=True)
        else:
            with maintenance.alone(maintenance.PURGE) as is_mine:
                if not is_mine:
                    raise CommandError(_("A purge is under way already."))
                counts = purge()
        told = tally(counted(counts))
        words = _("%(what)s would go") if options["dry_run"] else _("%(what)s gone")
        self.stdout.write(words % {"what": told} if told else _("nothing to purge"))
