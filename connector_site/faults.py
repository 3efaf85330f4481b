"""What a page about a fault (DEBUG) does not show."""

from __future__ import annotations

import re

from django.views.debug import SafeExceptionReporterFilter


class AddressesHidden(SafeExceptionReporterFilter):
    """Addresses hold passwords: of the database, of Redis, of the mail server."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + r"|_URL$|LOCATION|REDIS",
        re.IGNORECASE,
    )
