from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from sync.services.watching import Watcher


class Command(BaseCommand):
    help = "Run a django-q2 cluster and watch that it is really alive; SIGTERM stops it gently."

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(Watcher().run())
