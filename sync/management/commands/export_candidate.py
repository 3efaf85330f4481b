from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sync.management.commands.erase_candidate import add_person, person_of, shared_words
from sync.services.privacy.erasure import export_candidate
from sync.services.privacy.personal_data import SharedMarkError


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _("Print all that is held of a person, as JSON.")
        add_person(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = export_candidate(**person_of(options))
        except SharedMarkError as error:
            raise CommandError(shared_words(error)) from None
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
