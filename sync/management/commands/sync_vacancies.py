from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrCompany
from sync.services.vacancies import sync_vacancies


class Command(BaseCommand):
    help = "Fetch a company's vacancies from Flatchr."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", required=True, help="name of the Flatchr company")

    def handle(self, *args: Any, **options: Any) -> None:
        company = find_company(options["company"])
        try:
            found = sync_vacancies(company)
        except (SyncError, ConfigurationError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{company}: {found.created} new, {found.updated} changed, {found.closed} closed"
        )


def find_company(name: str) -> FlatchrCompany:
    company = FlatchrCompany.objects.filter(name=name).first()
    if company is None:
        known = ", ".join(FlatchrCompany.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"No Flatchr company is named “{name}”. There are: {known}.")
    return company
