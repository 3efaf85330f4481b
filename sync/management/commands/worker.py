from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from sync.services.queue.supervisor import Supervisor
from sync.services.reconciling import search_lag

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _(
            "Run a django-q2 cluster and watch that it is really alive; SIGTERM stops it gently."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if warning := search_lag.warning():
            logger.warning("%s", warning)
        sys.exit(Supervisor().run())
