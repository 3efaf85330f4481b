from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class SyncConfig(AppConfig):
    name = "sync"
    verbose_name = _("Recruitment")

    def ready(self) -> None:
        autodiscover_modules("logics", "formats")
        _listen_to_queue()
        _keep_audit_log()
        _listen_to_sign_ins()
        post_migrate.connect(_set_up, sender=self)


def _listen_to_queue() -> None:
    from django_q.signals import post_execute_in_worker, post_spawn, pre_execute

    from sync.services.queue import shutdown

    if os.environ.get(shutdown.LIFELINE):
        # Before the cluster forks: its workers begin at once, and share the memory.
        import_module("sync.tasks")
        shutdown.follow_supervisor()
    post_spawn.connect(shutdown.install)
    pre_execute.connect(shutdown.begin_task)
    post_execute_in_worker.connect(shutdown.end_task)


def _listen_to_sign_ins() -> None:
    from django.contrib.auth.signals import user_logged_in

    from sync.web.middleware import begin_session

    user_logged_in.connect(begin_session)


def _keep_audit_log() -> None:
    from sync.services.security import audit

    audit.connect()


def _set_up(**_: Any) -> None:
    """What every installation needs besides its tables: the cache's table, the schedules, the
    roles."""
    from django.core.management import call_command

    from sync.services.queue.schedules import ensure_schedules
    from sync.services.security.roles import ensure_roles

    call_command("createcachetable", verbosity=0)
    ensure_schedules()
    ensure_roles()
