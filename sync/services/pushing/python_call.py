"""The seed's call, for integrators: `Flatchr.push_profile(...)` in any Python process.

Nothing of Django's is imported here but what needs no set-up; the rest waits for the first call, so
that a plain script may import this and find the connector's own settings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sync.services.pushing.direct import PushResult


class Flatchr:
    """`hrflow-connectors` has a connector of this name; the parameters are the same."""

    @staticmethod
    def push_profile(
        *,
        workflow_id: str,
        action_parameters: Mapping[str, Any],
        origin_parameters: Mapping[str, Any],
        target_parameters: Mapping[str, Any],
    ) -> PushResult:
        """Push one profile now, in this process, with the credentials given.

        action_parameters: `logics` (functions, or names of registered ones), `format` (a function
        or a name; None: the standard format), `read_mode`. origin_parameters: `api_secret`,
        `api_user`, `source_key`, `profile_key`. target_parameters: `auth`, `vacancy` (slug),
        `company`. All of origin and target are required: TypeError names what is missing.

        Returns `status`, `reason` and `events`; it raises for a wrong call, never for a push that
        fails. A lost answer is looked up, never sent again.
        """
        _set_up_django()
        from sync.services.pushing.direct import push_profile

        return push_profile(
            workflow_id=workflow_id,
            action=action_parameters,
            origin=origin_parameters,
            target=target_parameters,
        )


def _set_up_django() -> None:
    """For a script that calls us without Django; a process that has set it up keeps its own."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector_site.settings")
        django.setup()
