from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrCompany, HrFlowSource
from sync.services.vacancies import check_company, check_source


class Command(BaseCommand):
    help = "Check the credentials of every active source and company."

    def handle(self, *args: Any, **options: Any) -> None:
        checks: list[tuple[str, Callable[[], Any]]] = [
            (f"HrFlow {source}", partial(check_source, source))
            for source in HrFlowSource.objects.filter(is_active=True)
        ]
        checks += [
            (f"Flatchr {company}", partial(check_company, company))
            for company in FlatchrCompany.objects.filter(is_active=True)
        ]
        results = [self._check(name, check) for name, check in checks]
        if not checks:
            self.stdout.write("Nothing is set up yet: add a source and a company in the admin.")
        if not checks or not all(results):
            sys.exit(1)

    def _check(self, name: str, check: Callable[[], Any]) -> bool:
        try:
            check()
        except (SyncError, ConfigurationError) as error:
            self.stdout.write(f"FAILED  {name}: {error}")
            return False
        self.stdout.write(f"ok      {name}")
        return True
