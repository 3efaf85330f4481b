"""Settings that Django's error page (DEBUG) and error mails must not show."""

from __future__ import annotations

import re

from django.views.debug import SafeExceptionReporterFilter


class AddressesHidden(SafeExceptionReporterFilter):
    """Hides addresses, too, for their passwords: of the database, of Redis, of the mail server."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + r"|_URL$|LOCATION|REDIS",
        re.IGNORECASE,
    )
