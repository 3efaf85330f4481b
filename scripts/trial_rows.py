"""Fills a trial installation as an operator would: accounts, people, profiles, vacancies.

Run as `python -m scripts.trial_rows` with the sandbox's start line on standard input. May be run
again: it creates what is missing and updates the rest.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector_site.settings")
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.utils import timezone  # noqa: E402

from sync.models import FlatchrCompany, HrFlowSource  # noqa: E402
from sync.services.intake.profiles import import_profiles  # noqa: E402
from sync.services.intake.vacancies import sync_vacancies  # noqa: E402

NAMES = {"main": "Candidatures spontanées", "bulk": "CVthèque"}
PASSWORD = "demo"


def main() -> None:
    sandbox = json.load(sys.stdin)
    companies = [_company(account) for account in sandbox["companies"]]
    sources = [_source(sandbox, name, key) for name, key in sandbox["source_keys"].items()]
    for source in sources:
        source.companies.set(companies)
    _people(companies)
    for company in companies:
        sync_vacancies(company)
    for source in sources:
        import_profiles(source, full=True)


def _company(account: dict[str, Any]) -> FlatchrCompany:
    company, _ = FlatchrCompany.objects.update_or_create(
        company=account["key"],
        defaults={
            "name": account["name"],
            "slug": account["slug"],
            "auth": account["auth"],
            "enrich": account["premium"],
            "auth_expires_on": timezone.localdate() + timedelta(days=300),
        },
    )
    return company


def _source(sandbox: dict[str, Any], name: str, key: str) -> HrFlowSource:
    source, _ = HrFlowSource.objects.update_or_create(
        source_key=key,
        defaults={
            "name": NAMES.get(name, name),
            "api_user": sandbox["api_user"],
            "api_secret": sandbox["api_secret"],
        },
    )
    return source


def _people(companies: list[FlatchrCompany]) -> None:
    if not User.objects.filter(username="admin").exists():
        User.objects.create_superuser("admin", "admin@example.com", PASSWORD)
    recruiter, created = User.objects.get_or_create(
        username="recruiter", defaults={"is_staff": True, "email": "recruiter@example.com"}
    )
    if created:
        recruiter.set_password(PASSWORD)
        recruiter.save()
    recruiter.groups.set(Group.objects.filter(name="Recruiter"))
    for company in companies:
        company.members.add(recruiter)


if __name__ == "__main__":
    main()
