"""Faults in a row are in a row in time, whatever was claimed together."""

from __future__ import annotations

from typing import Any

import pytest

from sync.models import HrFlowSource, Push
from sync.models.circuit_breaker import FAULTS_TO_OPEN
from sync.services.peers import circuit_breakers
from tests.rows import make_push, make_run

pytestmark = pytest.mark.django_db


def exchanges(*statuses: int | None) -> list[dict[str, Any]]:
    return [{"service": "hrflow", "status": status} for status in statuses]


def claimed(count: int) -> list[Push]:
    """Pushes of one batch: each holds its account as it was when they were claimed."""
    run = make_run()
    for _ in range(count):
        make_push(run)
    return list(Push.objects.select_related("source", "vacancy__company"))


@pytest.mark.parametrize(
    "answers",
    [
        [500, 200] * 13 + [200] * 6,
        ([None] * 9 + [200]) * 3,
        ([503] * 9 + [404]) * 2,
    ],
    ids=["by turns", "nine silences and an answer", "nine faults and a no"],
)
def test_faults_that_a_success_parts_are_not_in_a_row(answers: list[int | None]) -> None:
    """Within one batch, all claimed while the account was well."""
    for push, status in zip(claimed(len(answers)), answers, strict=True):
        circuit_breakers.note_answer(push, exchanges(status))
    assert not HrFlowSource.objects.get().is_paused


def test_faults_in_a_row_in_time_pause_whatever_was_before() -> None:
    answers = [200] * 19 + [500] * FAULTS_TO_OPEN
    for push, status in zip(claimed(len(answers)), answers, strict=True):
        circuit_breakers.note_answer(push, exchanges(status))
    assert HrFlowSource.objects.get().is_paused


def test_faults_before_a_good_answer_of_the_same_push_count_no_more() -> None:
    pushes = claimed(12)
    for push in pushes:
        circuit_breakers.note_answer(push, exchanges(500, 502, 200))
    assert HrFlowSource.objects.get().failures_in_a_row == 0
    circuit_breakers.note_answer(pushes[0], exchanges(500, 200, 500))
    assert HrFlowSource.objects.get().failures_in_a_row == 1
