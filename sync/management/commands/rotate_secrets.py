from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sync.services.privacy.database_files import scrub
from sync.services.security.key_rotation import rotate_secrets


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _(
            "Encrypt every stored secret anew, under the first of FIELD_ENCRYPTION_KEYS."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        result = rotate_secrets()
        scrub(*result.tables)
        words = ngettext(
            "%(n)s secret encrypted anew", "%(n)s secrets encrypted anew", result.count
        )
        self.stdout.write(words % {"n": result.count})
        if result.unreadable:
            rows = ", ".join(result.unreadable)
            words = _("No configured key opens: %(rows)s. Keep the former keys.")
            raise CommandError(words % {"rows": rows})
