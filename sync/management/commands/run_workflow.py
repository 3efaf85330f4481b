from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sync.exceptions import BrokenOffError, ConfigurationError, SyncError
from sync.models import Workflow
from sync.services.intake.workflows import run_workflow


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _(
            "Queue the profiles of a workflow's source now, whether or not it is due."
        )
        parser.add_argument("--workflow", required=True, help=_("id of the workflow"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads the source in this process; prints the run and how many pushes it has."""
        wanted = Workflow.objects.select_related("source", "vacancy__company")
        workflow = wanted.filter(workflow_id=options["workflow"]).first()
        if workflow is None:
            known = ", ".join(wanted.values_list("workflow_id", flat=True)) or _("none")
            words = _("No workflow has the id “%(id)s”. There are: %(known)s.")
            raise CommandError(words % {"id": options["workflow"], "known": known})
        try:
            found = run_workflow(workflow)
        except (SyncError, ConfigurationError, BrokenOffError) as error:
            raise CommandError(str(error)) from None
        words = _("Run %(run)s: %(created)s pushes queued, %(blocked)s left as they are.")
        numbers = {"created": found.created, "blocked": len(found.blocked)}
        self.stdout.write(words % {"run": found.run.pk, **numbers})
