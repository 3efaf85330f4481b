"""What a body of HrFlow's events may be: one, many, large, in chunks; and in bursts."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from django.test import Client

from sync.models import Push, Run, Workflow
from tests.cases import Case
from tests.cases.events.event_bodies import CASES
from tests.cases.events.event_bodies import event as one_event
from tests.desk import Desk, S, make_vacancy
from tests.web.webhook_calls import (
    KEY,
    SCHEMES,
    desk,
    event,
    fresh_limits,
    plain,
    tell_flatchr,
    tell_hrflow,
    workflow,
)

pytestmark = pytest.mark.django_db
__all__ = ["desk", "fresh_limits", "workflow"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_body_is_taken_event_by_event(desk: Desk, workflow: Workflow, case: Case) -> None:
    status = tell_hrflow(desk, case.input).status_code
    keys = sorted(Push.objects.values_list("profile_key", flat=True))
    assert (status, keys) == case.right


def test_a_malformed_event_is_logged_by_its_place(
    desk: Desk, workflow: Workflow, caplog: pytest.LogCaptureFixture
) -> None:
    tell_hrflow(desk, [one_event("fine"), one_event("canary/"), one_event("b")])
    assert "1 of 3 events of one request are malformed and left out; the first is number 2" in (
        caplog.text
    )
    assert "canary" not in caplog.text


def test_hints_of_flatchr_may_come_in_an_array_too(desk: Desk) -> None:
    push = desk.push(S.SUCCEEDED, candidate_email="ada@example.com")
    about = {"vacancy": {"slug": desk.vacancy.slug}, "candidate": {"email": "Ada@example.com"}}
    body = [None, {"event": "new_applicant", "data": about}, {"event": "drag_applicant"}]
    assert tell_flatchr(desk, body).status_code == 200
    push.refresh_from_db()
    assert push.confirm_after is not None


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_an_event_may_be_as_large_as_a_profile_with_its_text(
    desk: Desk, workflow: Workflow, size: int, scheme: Any
) -> None:
    assert tell_hrflow(desk, event(desk, text="x" * size), sign=scheme).status_code == 200
    assert Push.objects.get().profile_key == KEY


def in_chunks(desk: Desk, body: bytes, stream: Any) -> Any:
    """As gunicorn hands on a body in chunks: its length unknown, its end found."""
    return Client(headers={"HTTP-HRFLOW-SIGNATURE": plain(body)}).post(
        f"/hooks/hrflow/{desk.source.webhook_token}/",
        content_type="application/json",
        **{
            "CONTENT_LENGTH": "",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "wsgi.input": stream,
            "wsgi.input_terminated": True,
        },
    )


def test_a_body_in_chunks_is_read_to_its_end(desk: Desk, workflow: Workflow) -> None:
    body = json.dumps(event(desk, text="x" * 200_000)).encode()
    assert in_chunks(desk, body, io.BytesIO(body)).status_code == 200
    assert Push.objects.get().profile_key == KEY


class Endless(io.RawIOBase):
    given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"x" * size


class Broken(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise OSError("reset by peer")


def test_an_endless_body_is_read_up_to_the_limit(desk: Desk, settings: Any) -> None:
    stream = Endless()
    assert in_chunks(desk, b"", stream).status_code == 413
    assert stream.given < settings.WEBHOOK_MAX_BYTES + 200_000


def test_a_sender_that_breaks_off_is_refused(desk: Desk) -> None:
    assert in_chunks(desk, b"", Broken()).status_code == 400


def test_a_burst_makes_few_runs_and_each_answer_is_quick(desk: Desk, workflow: Workflow) -> None:
    second = Workflow.objects.create(
        workflow_id="w2", source=desk.source, vacancy=make_vacancy(desk.company)
    )
    tell_hrflow(desk, event(desk, key="warm"))
    took = []
    for number in range(300):
        begun = time.monotonic()
        assert tell_hrflow(desk, event(desk, key=f"k{number}")).status_code == 200
        took.append(time.monotonic() - begun)
    assert Run.objects.count() == 2
    assert Push.objects.count() == 602
    assert {run.pushes.count() for run in Run.objects.filter(workflow__in=[workflow, second])} == {
        301
    }
    assert sorted(took)[len(took) // 2] < 0.1


def test_an_array_of_a_thousand_makes_one_run(desk: Desk, workflow: Workflow) -> None:
    assert tell_hrflow(desk, [event(desk, key=f"k{n}") for n in range(1000)]).status_code == 200
    assert (Run.objects.count(), Push.objects.count()) == (1, 1000)
