"""A database made before this version goes on working after `migrate`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from sync.models import FlatchrCompany, Push, PushAttempt
from sync.models.states import PushStatus
from sync.vocabulary import ErrorCode
from sync.vocabulary.explanations import told

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = [("sync", "0001_initial")]
OLD_CODE = "twin_on_its_way"


@pytest.fixture
def first_schema() -> Iterator[Any]:
    """The models as the first migration made them; afterwards the newest schema again."""
    executor = MigrationExecutor(connection)
    executor.migrate(FIRST)
    yield executor.loader.project_state(FIRST).apps
    migrate_to_newest()


def migrate_to_newest() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def old_rows(apps: Any) -> Any:
    """One waiting push that met another of the same person, with its attempt."""

    def model(name: str) -> Any:
        return apps.get_model("sync", name)._default_manager

    company = model("FlatchrCompany").create(name="Acme", company="G6KzqPnNLyp31m0l", auth="key")
    source = model("HrFlowSource").create(
        name="CVs", api_user="a@example.org", api_secret="secret", source_key="s" * 40
    )
    vacancy = model("FlatchrVacancy").create(company=company, slug="cook", title="Cook")
    run = model("Run").create(
        kind="batch", source=source, vacancy=vacancy, status="running", read_mode="sync"
    )
    push = model("Push").create(
        run=run,
        source=source,
        vacancy=vacancy,
        profile_key="p" * 40,
        status="retrying",
        candidate_id="17",
        next_attempt_at=timezone.now(),
        error_code=OLD_CODE,
        error_params={"last": OLD_CODE},
    )
    note = f'["{OLD_CODE}", {{}}]'
    model("PushAttempt").create(
        push=push,
        number=1,
        stage="create",
        outcome="handed_back",
        error_code=OLD_CODE,
        steps=[{"stage": "create", "outcome": "failed", "note": note}],
    )
    return push


def test_rows_of_the_first_schema_go_on(first_schema: Any) -> None:
    before = old_rows(first_schema)
    migrate_to_newest()
    push = Push.objects.get(pk=before.pk)
    assert (push.status, push.error_code) == (PushStatus.RETRYING, ErrorCode.DUPLICATE_IN_PROGRESS)
    assert push.error_params == {"last": ErrorCode.DUPLICATE_IN_PROGRESS}
    assert OLD_CODE not in push.explanation and push.next_step
    attempt = PushAttempt.objects.get()
    assert attempt.error_code == ErrorCode.DUPLICATE_IN_PROGRESS
    assert told(attempt.steps[0]["note"]) == push.explanation
    assert FlatchrCompany.objects.get().auth == "key", "secrets are still readable"


def test_a_waiting_push_of_the_first_schema_can_be_claimed_and_closed(first_schema: Any) -> None:
    old_rows(first_schema)
    migrate_to_newest()
    [claimed] = Push.objects.claim(1)
    claimed.succeed()
    assert Push.objects.get().status == PushStatus.SUCCEEDED


def test_an_empty_database_of_the_first_schema_is_brought_up_to_date(first_schema: Any) -> None:
    migrate_to_newest()
    assert not MigrationExecutor(connection).migration_plan(
        MigrationExecutor(connection).loader.graph.leaf_nodes()
    )
