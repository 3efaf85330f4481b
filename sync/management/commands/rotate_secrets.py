from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sync.services.rotation import rotate_secrets


class Command(BaseCommand):
    help = "Encrypt every stored secret anew, under the first of FIELD_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        result = rotate_secrets()
        self.stdout.write(f"{result.count} secrets encrypted anew")
        if result.unreadable:
            rows = ", ".join(result.unreadable)
            raise CommandError(f"No configured key opens: {rows}. Keep the former keys.")
