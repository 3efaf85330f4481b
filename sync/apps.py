from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core.management import call_command
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class SyncConfig(AppConfig):
    name = "sync"
    verbose_name = _("Recruitment")

    def ready(self) -> None:
        """Register what integrators wrote, and connect signals. Modules with models can be imported
        from here on only, which is why the imports are here."""
        from sync.services.security import audit
        from sync.web import checks  # noqa: F401  (registers itself)
        from sync.web.middleware import begin_session

        autodiscover_modules("logics", "formats")
        _connect_worker()
        audit.connect()
        user_logged_in.connect(begin_session)
        post_migrate.connect(_set_up, sender=self)


def _connect_worker() -> None:
    """In django-q2's processes: finish what is in flight when told to stop, and outlive no
    supervisor (`sync.services.queue.shutdown`)."""
    from django_q.signals import post_execute_in_worker, post_spawn, pre_execute

    from sync.services.queue import shutdown

    if os.environ.get(shutdown.LIFELINE):
        # Imported before the cluster forks, so that its processes begin at once and share memory.
        import_module("sync.tasks")
        shutdown.follow_supervisor()
    post_spawn.connect(shutdown.install)
    pre_execute.connect(shutdown.begin_task)
    post_execute_in_worker.connect(shutdown.end_task)


def _set_up(**_: Any) -> None:
    """What every installation needs besides its tables: the cache's table, the schedules, the
    roles. After every migration; repeating it changes nothing."""
    from sync.services.queue.schedules import ensure_schedules
    from sync.services.security.roles import ensure_roles

    call_command("createcachetable", verbosity=0)
    ensure_schedules()
    ensure_roles()
