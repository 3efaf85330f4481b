"""What is logged, in which form; everything passes the redaction."""

from __future__ import annotations

from typing import Any


def logging_config(level: str) -> dict[str, Any]:
    """Django's LOGGING. `level`: of everything that has none of its own here."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redact": {"()": "sync.redaction.RedactingFilter"}},
        "formatters": {
            # ISO 8601 with the offset: lines of several machines can be put in order.
            "plain": {
                "format": "{asctime} {levelname} {name}: {message}",
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
                "style": "{",
            },
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "plain",
                "filters": ["redact"],
            },
        },
        "loggers": {
            # A refused address of a CV is told as the reason of its push: no warning besides.
            "requests_hardened": {"level": "ERROR"},
            # It tells each font that goes into a generated CV.
            "fontTools": {"level": "WARNING"},
            # To the root's handler, which redacts; Django's own handlers do not.
            "django": {"handlers": [], "propagate": True, "level": "INFO"},
            "django.server": {"handlers": [], "propagate": True, "level": "INFO"},
        },
        "root": {"handlers": ["console"], "level": level},
    }
