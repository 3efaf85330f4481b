"""gunicorn's own log, under our rules: it would print webhook addresses and searches."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from sync.redaction import RedactingFilter


class RedactingLogger(Logger):  # type: ignore[misc]
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.addFilter(RedactingFilter())
