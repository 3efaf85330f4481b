from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sync.contact import addresses
from sync.services import holdings
from sync.services.erasure import erase_candidate
from sync.services.holdings import SharedMarkError


class Command(BaseCommand):
    help = "Erase a person from every table, for good, and print the receipt as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_person(parser)
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        person = person_of(options)
        try:
            answer = _preview(person) if options["dry_run"] else erase_candidate(**person).as_json()
        except SharedMarkError as error:
            raise CommandError(shared_words(error)) from None
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))


def _preview(person: dict[str, Any]) -> dict[str, int]:
    held = holdings.find(**person)
    return {"profiles": held.profiles.count(), "pushes": held.pushes.count()}


def add_person(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--email", help="any of the person's e-mails")
    which.add_argument("--profile-key", help="any of the person's HrFlow profile keys")
    parser.add_argument("--force", action="store_true", help="even where many profiles share it")


def person_of(options: dict[str, Any]) -> dict[str, Any]:
    if options["email"] and not addresses(options["email"]):
        raise CommandError(f"{options['email']} is no e-mail address")
    return {
        "email": options["email"] or "",
        "profile_key": options["profile_key"] or "",
        "force": options["force"],
    }


def shared_words(error: SharedMarkError) -> str:
    return (
        f"{error.args[0]} profiles share this address, which may be several people. Name one by "
        "--profile-key, or say --force."
    )
