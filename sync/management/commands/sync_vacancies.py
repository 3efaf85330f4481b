from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrCompany
from sync.services.intake.vacancies import sync_vacancies


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _("Fetch a company's vacancies from Flatchr.")
        parser.add_argument("--company", required=True, help=_("name of the Flatchr company"))

    def handle(self, *args: Any, **options: Any) -> None:
        company = find_company(options["company"])
        try:
            found = sync_vacancies(company)
        except (SyncError, ConfigurationError) as error:
            raise CommandError(str(error)) from None
        words = _("%(company)s: %(created)s new vacancies, %(updated)s changed, %(closed)s closed.")
        self.stdout.write(words % {"company": company, **vars(found)})
        if found.problem:
            self.stderr.write(str(found.problem))


def find_company(name: str) -> FlatchrCompany:
    """The company of this name; raises CommandError, which lists the names there are."""
    company = FlatchrCompany.objects.filter(name=name).first()
    if company is None:
        known = ", ".join(FlatchrCompany.objects.values_list("name", flat=True)) or _("none")
        words = _("No Flatchr company is named “%(name)s”. There are: %(known)s.")
        raise CommandError(words % {"name": name, "known": known})
    return company
