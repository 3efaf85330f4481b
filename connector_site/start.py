"""Starting with settings that cannot be used ends with one sentence, not with a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# gunicorn takes this status of a worker as final and does not start another (`Arbiter`).
WRONG_SETTINGS = 3


@contextmanager
def settings_explained() -> Iterator[None]:
    """Ends the process with the sentence that names the setting."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.stderr.write(f"Wrong settings. {error}\nSee docs/configuration.md.\n")
        raise SystemExit(WRONG_SETTINGS) from None


def loaded_settings() -> Any:
    """Django's settings, read now."""
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector_site.settings")
    with settings_explained():
        settings.SECRET_KEY  # noqa: B018  (the first access reads them)
    return settings
