from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from sync.exceptions import ConfigurationError, SyncError
from sync.models import FlatchrCompany, HrFlowSource
from sync.services.peers.connections import check_company, check_source


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _("Check the credentials of every active source and company.")

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
            self.stdout.write(_("Nothing is set up yet: add a source and a company in the admin."))
        if not checks or not all(results):
            sys.exit(1)

    def _check(self, name: str, check: Callable[[], Any]) -> bool:
        """Tell on one line whether it worked; True where it did."""
        result, words, is_fine = _("ok"), name, True
        try:
            check()
        except (SyncError, ConfigurationError) as error:
            result, is_fine = _("FAILED"), False
            words = _("%(name)s: %(value)s") % {"name": name, "value": error}
        self.stdout.write(f"{result:<7} {words}")
        return is_fine
