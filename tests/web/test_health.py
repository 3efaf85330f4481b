from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.test import Client


def test_it_is_live_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_is_ready_with_a_migrated_database_and_no_worker(client: Client) -> None:
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_while_migrations_are_pending(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("a migration", False)])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problem"] == "migrations are pending"


@pytest.mark.django_db
def test_it_is_not_ready_when_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("connection refused at 10.1.2.3")

    monkeypatch.setattr(MigrationExecutor, "migration_plan", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "10.1.2.3" not in answer.content.decode()


def test_health_takes_no_post(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
