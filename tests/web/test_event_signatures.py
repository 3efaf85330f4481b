"""Signatures of HrFlow's events in every published form, and what the log says of all others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.models import Push, Workflow
from sync.web.signatures import Form, read_signed
from tests.cases import Case
from tests.cases.events.event_signatures import CASES, SECRET, b64, hexed, raw
from tests.desk import Desk
from tests.web.webhook_calls import KEY, desk, event, fresh_limits, post_hrflow, workflow
from tests.web.webhook_calls import SECRET as OF_THE_DESK

pytestmark = pytest.mark.django_db
__all__ = ["desk", "fresh_limits", "workflow"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_signature_is_read_as_its_form_says(case: Case) -> None:
    header, body = case.input
    signed = read_signed(SECRET, header, body)
    assert (signed.event, signed.form) == case.right


@pytest.mark.parametrize("declared", ["0", ""])
@pytest.mark.parametrize("kind", ["application/json", "", "text/plain"])
@pytest.mark.parametrize("digest", [hexed, raw])
def test_an_event_in_the_header_needs_no_body(
    desk: Desk, workflow: Workflow, digest: Any, kind: str, declared: str
) -> None:
    payload = json.dumps(event(desk)).encode()
    header = f"{b64(digest(payload, OF_THE_DESK))}.{b64(payload)}"
    answer = post_hrflow(desk, b"", header, content_type=kind, CONTENT_LENGTH=declared)
    assert answer.status_code == 200
    assert Push.objects.get().profile_key == KEY


def test_a_body_changed_on_the_way_is_told_apart_from_a_forgery(
    desk: Desk, workflow: Workflow, caplog: pytest.LogCaptureFixture
) -> None:
    sent = json.dumps(event(desk)).encode()
    received = json.dumps(event(desk), separators=(",", ":")).encode()
    for secret, form in ((OF_THE_DESK, Form.REWRITTEN_DIGEST), ("x", Form.DIGEST)):
        caplog.clear()
        answer = post_hrflow(desk, received, hexed(sent, secret).decode())
        assert (answer.status_code, answer.content) == (404, b'{"status": "refused"}')
        assert f"without a fitting signature ({form})" in caplog.text
        assert ("re-serialised on the way" in caplog.text) is form.is_rewritten
        assert not any(text in caplog.text for text in (KEY, OF_THE_DESK, hexed(sent).decode()))
    assert not Push.objects.exists()
