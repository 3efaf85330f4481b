"""Fixtures: one sandbox for the whole run, and a world of rows that speak to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import translation

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Push, RunKind
from sync.services.intake.vacancies import sync_vacancies
from sync.services.pushing import worker
from sync.services.pushing.dispatch import Dispatched, dispatch
from tests.caches import clear_cache
from tests.chromium import browser as browser  # a fixture for whoever asks for it
from tests.notifications import notifications as notifications  # a fixture, too
from tests.sandbox_fixture import SandboxHandle, start_sandbox


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """A page in another language leaves its thread in that language: here, the tests' own."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """What makes a password slow to guess makes hundreds of test users slow to make."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in production: in memory, threads meet other locks than those of WAL."""
    database = connections["default"]
    if database.vendor == "sqlite":
        database.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("db") / "test.sqlite3")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a second database only what meets a database is run again (scripts/test.py)."""
    if not os.environ.get("ONLY_DATABASE_TESTS"):
        return
    kept = [item for item in items if _meets_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _meets_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    wanted = {"db", "transactional_db", "world"}
    return item.get_closest_marker("django_db") is not None or bool(fixtures & wanted)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxHandle]:
    with start_sandbox(profiles=60) as handle:
        yield handle


@pytest.fixture
def sandbox(running_sandbox: SandboxHandle, settings: Any) -> SandboxHandle:
    """The sandbox, as new, with the settings that lead to it."""
    running_sandbox.reset()
    settings.HRFLOW_API_URL = running_sandbox.hrflow_url.rstrip("/")
    settings.FLATCHR_API_URL = running_sandbox.flatchr_api_url
    settings.FLATCHR_CAREERS_URL = running_sandbox.flatchr_careers_url
    return running_sandbox


@dataclass
class World:
    """A source, a company and its vacancies, set up as an operator would."""

    sandbox: SandboxHandle
    source: HrFlowSource
    bulk: HrFlowSource
    company: FlatchrCompany

    def vacancy(self, title: str = "Comptable") -> FlatchrVacancy:
        return self.company.vacancies.filter(title=title, is_open=True).earliest("pk")

    def key(self, trouble: str) -> str:
        return self.sandbox.troubles[trouble]

    def keys(self, count: int) -> list[str]:
        """Keys of clean profiles, from the source `bulk`."""
        from sync.services.pushing.command import keys_of

        return keys_of(self.bulk)[:count]

    def dispatch(self, *keys: str, source: HrFlowSource | None = None, **more: Any) -> Dispatched:
        more.setdefault("vacancy", self.vacancy())
        return dispatch(source=source or self.source, keys=keys, kind=RunKind.COMMAND, **more)

    def push(self, key: str, **more: Any) -> Push:
        """Queue one push, work until nothing is due, and return it as it is then."""
        pushes = self.dispatch(key, **more).run.pushes
        self.work()
        return pushes.get()

    def work(self, seconds: float = 20, **options: Any) -> int:
        options.setdefault("wait", False)
        return worker.run_worker(seconds, threads=8, **options)


@pytest.fixture
def world(db: None, sandbox: SandboxHandle) -> World:
    clear_cache()
    return make_world(sandbox)


def make_world(sandbox: SandboxHandle) -> World:
    account = sandbox.company(premium=True)
    company = FlatchrCompany.objects.create(
        name=account["name"], company=account["key"], slug=account["slug"], auth=account["auth"]
    )
    sources = {
        name: HrFlowSource.objects.create(
            name=name, api_user=sandbox.api_user, api_secret=sandbox.api_secret, source_key=key
        )
        for name, key in sandbox.source_keys.items()
    }
    for source in sources.values():
        source.companies.add(company)
    sync_vacancies(company)
    return World(sandbox, sources["main"], sources["bulk"], company)
