"""`push`: from the command line to queued pushes, or with `--wait` to their end."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrVacancy, HrFlowSource
from sync.models.profiles import LONGEST_KEY
from sync.services.pushing import command
from sync.vocabulary import ErrorCode
from sync.vocabulary.explanations import sentence


class Command(BaseCommand):
    tells_json = False
    # Of what was queued; it goes on whatever becomes of the command.
    run_id: int | None = None

    def run_from_argv(self, argv: list[str]) -> None:
        """Under --json a wrong call is told as JSON too."""
        self.tells_json = "--json" in argv
        try:
            super().run_from_argv(argv)
        except CommandError as error:  # the parser's: those of `handle` end inside
            self._print(command.Report(asked=0, problem=str(error)), as_json=True)
            sys.exit(2)

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **options)
        if self.tells_json:  # as `call_command` does it: its errors are raised, not printed
            parser.called_from_command_line = False
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Push profiles of a source to a vacancy. Exit status 0 only when all of it happened."
        )
        parser.add_argument("--source", required=True, help=_("name of the HrFlow source"))
        parser.add_argument("--vacancy", required=True, help=_("slug of the Flatchr vacancy"))
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--profile-key", action="append", help=_("may be given several times"))
        which.add_argument("--keys-file", help=_("a file with one profile key a line; - for stdin"))
        which.add_argument("--all", action="store_true", help=_("every profile HrFlow lists"))
        parser.add_argument("--dry-run", action="store_true", help=_("format, but send nothing"))
        parser.add_argument("--wait", action="store_true", help=_("until every push has ended"))
        parser.add_argument("--json", action="store_true", help=_("one JSON object on stdout"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 0, 1 (not all of it happened), 2 (a wrong call), 130 (Ctrl-C)."""
        try:
            report = self._report(options)
        except KeyboardInterrupt:
            self.stderr.write(self._words_for_interruption())
            sys.exit(130)
        except (CommandError, SyncError, ConfigurationError) as error:
            if not options["json"]:
                raise CommandError(str(error)) from None
            report = command.Report(asked=0, problem=str(error))
        try:
            self._print(report, as_json=options["json"])
            self.stdout.flush()
        except BrokenPipeError:
            # Whoever read it has gone; Python would complain once more when it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not report.is_success:
            sys.exit(1)

    def _words_for_interruption(self) -> str:
        if self.run_id is None:
            return _("Stopped; nothing was queued.")
        words = _(
            "Stopped waiting. Run %(id)s goes on by itself; its page shows what becomes of it."
        )
        return words % {"id": self.run_id}

    def _report(self, options: Any) -> command.Report:
        """Do what is asked for. Raises CommandError, SyncError, ConfigurationError."""
        source, vacancy = find_source(options["source"]), find_vacancy(options["vacancy"])
        if not options["dry_run"] and not vacancy.is_open:
            raise CommandError(sentence(ErrorCode.VACANCY_CLOSED))
        keys = command.keys_of(source) if options["all"] else _given_keys(options)
        if options["dry_run"]:
            return command.try_out(source, vacancy, keys)
        report = command.queue(source, vacancy, keys)
        self.run_id = report.run_id
        return command.wait_for(report, vacancy) if options["wait"] else report

    def _print(self, report: command.Report, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        for line in report.pushes:
            parts = (command.state_label(line.status), line.key, line.name, line.reason)
            self.stdout.write(" ".join(filter(None, parts)))
        self.stdout.write(report.summary())


def _given_keys(options: Any) -> list[str]:
    """The profile keys of the command line or of the file, each once. Raises CommandError."""
    keys = options["profile_key"] or _keys_of_file(options["keys_file"])
    for key in keys:
        if len(key) > LONGEST_KEY:
            words = _("A profile key has at most %(limit)s characters: %(key)s…")
            raise CommandError(words % {"limit": LONGEST_KEY, "key": key[:LONGEST_KEY]})
    return list(dict.fromkeys(keys))


def _keys_of_file(name: str) -> list[str]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        words = _("The file of keys cannot be read: %(problem)s")
        raise CommandError(words % {"problem": error}) from None
    keys = [line.strip() for line in text.splitlines() if line.strip()]
    if not keys:
        raise CommandError(_("The file holds no profile key."))
    return keys


def find_source(name: str) -> HrFlowSource:
    """The source of this name; raises CommandError, which lists the names there are."""
    source = HrFlowSource.objects.filter(name=name).first()
    if source is None:
        known = ", ".join(HrFlowSource.objects.values_list("name", flat=True)) or _("none")
        words = _("No HrFlow source is named “%(name)s”. There are: %(known)s.")
        raise CommandError(words % {"name": name, "known": known})
    return source


def find_vacancy(slug: str) -> FlatchrVacancy:
    found = list(FlatchrVacancy.objects.filter(slug=slug).select_related("company")[:2])
    if not found:
        words = _(
            "No vacancy has the slug “%(slug)s”. Fetch them first: sync_vacancies --company NAME."
        )
        raise CommandError(words % {"slug": slug})
    if len(found) > 1:
        words = _("Several companies have a vacancy with the slug “%(slug)s”.")
        raise CommandError(words % {"slug": slug})
    return found[0]
