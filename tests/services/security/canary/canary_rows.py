"""Run as a program in the canary test's installation: make its rows, or print all that it keeps.

python -m tests.services.security.canary.canary_rows set-up < facts.json
python -m tests.services.security.canary.canary_rows dump
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any


def set_up(facts: dict[str, Any]) -> None:
    from django.contrib.auth.models import User

    from sync.models import FlatchrCompany, HrFlowSource, ResumePolicy, Workflow
    from sync.services.intake.vacancies import sync_vacancies

    company = FlatchrCompany.objects.create(
        name="Canary", resume_policy=ResumePolicy.GENERATE, enrich=True, **facts["company"]
    )
    source = HrFlowSource.objects.create(name="main", **facts["source"])
    source.companies.add(company)
    sync_vacancies(company)
    vacancies = list(company.vacancies.filter(is_open=True).order_by("pk"))
    Workflow.objects.create(workflow_id="canary", source=source, vacancy=vacancies[1])
    user = User.objects.create_superuser("boss", password=facts["password"])
    print(  # noqa: T201
        json.dumps(
            {
                "source": source.pk,
                "company": company.pk,
                "vacancies": [vacancy.slug for vacancy in vacancies],
                "vacancy": vacancies[0].pk,
                "user": user.pk,
                "tokens": [source.webhook_token, company.webhook_token],
            }
        )
    )


def dump() -> None:
    """Every row of every table, what is packed in it unpacked; secrets as they lie there."""
    for line in _lines():
        print(line)  # noqa: T201


def _lines() -> Iterator[str]:
    from django.apps import apps
    from django.contrib.sessions.models import Session
    from django_q.models import OrmQ

    for model in apps.get_models():
        for row in model._base_manager.values():
            yield f"{model._meta.label} {row!r}"
            yield f"{model._meta.label} {json.dumps(row, default=str, ensure_ascii=False)}"
    for task in OrmQ.objects.all():
        yield f"queued {task.task!r}"
    for session in Session.objects.all():
        yield f"session {session.get_decoded()!r}"
    yield from _cached()


def _cached() -> Iterator[str]:
    import base64
    import pickle

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM django_cache")
        for key, value in cursor.fetchall():
            yield f"cached {key} {pickle.loads(base64.b64decode(value))!r}"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector_site.settings")
    import django

    django.setup()
    set_up(json.load(sys.stdin)) if sys.argv[1] == "set-up" else dump()


if __name__ == "__main__":
    main()
