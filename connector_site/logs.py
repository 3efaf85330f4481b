"""gunicorn's log, redacted: it prints the addresses of requests, and these hold webhook tokens and
what people search for."""

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
