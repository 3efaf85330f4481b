"""Health, for load balancers and monitors: is the process up, and can it serve?"""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


def static_files_problem() -> str:
    """Why pages would have no style: in production each address of a static file is looked up in a
    manifest that `collectstatic` writes. Empty where nothing is wrong."""
    if settings.DEBUG or getattr(staticfiles_storage, "hashed_files", True):
        return ""
    return "static files were not collected: run manage.py collectstatic"


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Live: this process answers. It calls nothing, not even the database."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Ready: the database answers and is migrated, static files are there; else 503 with `problem`.

    A dead worker does not count: the pages that say so must stay up.
    """
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        problem = "the database does not answer"
    else:
        problem = "migrations are pending" if pending else static_files_problem()
    if problem:
        return JsonResponse({"status": "unavailable", "problem": problem}, status=503)
    return JsonResponse({"status": "ok"})
