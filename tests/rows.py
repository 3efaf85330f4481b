"""Rows for tests that need no peer: a source, a company, a vacancy, and pushes between them."""

from __future__ import annotations

import itertools
from typing import Any

from django.db.models.functions import Now

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Push, Run, RunKind

_numbers = itertools.count(1)


def make_source(**more: Any) -> HrFlowSource:
    number = next(_numbers)
    values = {
        "name": f"source {number}",
        "api_user": "user@example.org",
        "api_secret": "a secret of the source",
        "source_key": f"source-key-{number}",
    }
    return HrFlowSource.objects.create(**{**values, **more})


def make_company(**more: Any) -> FlatchrCompany:
    number = next(_numbers)
    values = {
        "name": f"company {number}",
        "company": f"company-{number}",
        "auth": "a secret of the company",
    }
    return FlatchrCompany.objects.create(**{**values, **more})


def make_vacancy(company: FlatchrCompany | None = None, **more: Any) -> FlatchrVacancy:
    number = next(_numbers)
    values = {"slug": f"vacancy-{number}", "title": f"Vacancy {number}", "vacancy_id": number}
    return FlatchrVacancy.objects.create(company=company or make_company(), **{**values, **more})


def make_run(**more: Any) -> Run:
    values: dict[str, Any] = {"kind": RunKind.COMMAND, "started_at": Now()}
    values["source"] = more.pop("source", None) or make_source()
    values["vacancy"] = more.pop("vacancy", None) or make_vacancy()
    return Run.objects.create(**{**values, **more})


def make_push(run: Run | None = None, **more: Any) -> Push:
    run = run or make_run()
    key = f"profile-{next(_numbers)}"
    values = {"profile_key": key, "source": run.source, "vacancy": run.vacancy}
    push = Push.objects.create(run=run, **{**values, **more})
    return Push.objects.get(pk=push.pk)
