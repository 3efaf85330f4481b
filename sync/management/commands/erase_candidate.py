from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sync.mapping.contact import addresses
from sync.services.privacy import personal_data
from sync.services.privacy.erasure import erase_candidate
from sync.services.privacy.personal_data import SharedMarkError


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _(
            "Erase a person from every table, for good, and print the receipt as JSON."
        )
        add_person(parser)
        parser.add_argument("--dry-run", action="store_true", help=_("only say what would go"))

    def handle(self, *args: Any, **options: Any) -> None:
        person = person_of(options)
        try:
            if options["dry_run"]:
                held = personal_data.find(**person)
                answer = {"profiles": held.profiles.count(), "pushes": held.pushes.count()}
            else:
                answer = asdict(erase_candidate(**person))
        except SharedMarkError as error:
            raise CommandError(shared_words(error)) from None
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))


def add_person(parser: ArgumentParser) -> None:
    """The arguments that name a person, for this command and `export_candidate`."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--email", help=_("any of the person's e-mails"))
    which.add_argument("--profile-key", help=_("any of the person's HrFlow profile keys"))
    parser.add_argument("--force", action="store_true", help=_("even where many profiles share it"))


def person_of(options: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments for `personal_data.find`. Raises CommandError for what is no e-mail."""
    if options["email"] and not addresses(options["email"]):
        words = _("“%(text)s” is no e-mail address.")
        raise CommandError(words % {"text": options["email"]})
    return {
        "email": options["email"] or "",
        "profile_key": options["profile_key"] or "",
        "force": options["force"],
    }


def shared_words(error: SharedMarkError) -> str:
    words = _(
        "%(n)s profiles share this address, which may be several people. Name one by "
        "--profile-key, or say --force."
    )
    return words % {"n": error.args[0]}
