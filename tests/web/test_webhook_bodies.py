"""Requests to a webhook that are no event, and floods of them."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sync.models import Push, Workflow
from sync.web import webhooks
from tests.desk import Desk
from tests.web.webhook_calls import (
    KEY,
    SECRET,
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


@pytest.mark.parametrize("path", ["hrflow", "flatchr"])
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_only_a_post_is_taken(desk: Desk, path: str, method: str) -> None:
    token = desk.source.webhook_token if path == "hrflow" else desk.company.webhook_token
    answer = getattr(Client(), method)(f"/hooks/{path}/{token}/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "text/html"]
)
def test_only_json_is_taken(desk: Desk, kind: str) -> None:
    assert tell_hrflow(desk, event(desk), content_type=kind).status_code == 415


def test_json_with_a_charset_is_taken(desk: Desk) -> None:
    kind = "application/json; charset=utf-8"
    assert tell_hrflow(desk, event(desk), content_type=kind).status_code == 200


def test_a_large_body_is_refused_unread(
    desk: Desk, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> bool:
        raise AssertionError("read")

    monkeypatch.setattr(webhooks, "read_signed", never)
    body = b'{"a": "' + b"x" * settings.WEBHOOK_MAX_BYTES + b'"}'
    assert tell_hrflow(desk, body).status_code == 413
    assert tell_flatchr(desk, body).status_code == 413


MALFORMED = [
    b" ",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b"[" * 60_000,
    b'{"type": "profile.parsing.success"}',
    b'{"type": "profile.parsing.success", "profile": []}',
    b'{"type": "profile.parsing.success", "profile": {"key": "a"}}',
]


@pytest.mark.parametrize("path", ["hrflow", "flatchr"])
def test_a_body_of_undeclared_length_is_refused_and_never_taken_for_an_empty_one(
    desk: Desk, workflow: Workflow, path: str
) -> None:
    """Sent in chunks, as a real server hands it on: the body is there, its length is not."""
    body = json.dumps(event(desk)).encode()
    account = desk.source if path == "hrflow" else desk.company
    answer = Client(headers={"HTTP-HRFLOW-SIGNATURE": plain(body)}).generic(
        "POST",
        f"/hooks/{path}/{account.webhook_token}/",
        body,
        "application/json",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
    )
    assert (answer.status_code, answer.json()) == (411, {"status": "refused"})
    assert not Push.objects.exists()


@pytest.mark.parametrize("length", ["-1", "²", "1e3", "9" * 5000])
def test_a_length_that_is_none_is_refused(desk: Desk, length: str) -> None:
    assert tell_hrflow(desk, event(desk), CONTENT_LENGTH=length).status_code == 413


@pytest.mark.parametrize("body", MALFORMED)
def test_a_signed_body_of_another_form_is_refused_politely(desk: Desk, body: bytes) -> None:
    assert tell_hrflow(desk, body).status_code == 400


@pytest.mark.parametrize(
    "key", ["", None, 7, ["a"], "a" * 65, "../x", "a\0b", "é", "a b", "' OR 1=1"]
)
def test_a_key_that_can_be_none_is_refused(desk: Desk, workflow: Workflow, key: Any) -> None:
    assert tell_hrflow(desk, event(desk, key=key)).status_code == 400
    assert not Push.objects.exists()


def test_too_many_refusals_from_one_address_are_cut_short(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.refusals, "per_minute", 3)
    codes = [tell_hrflow(desk, event(desk), token=f"t{n}").status_code for n in range(5)]
    assert codes == [404, 404, 404, 429, 429]
    assert tell_hrflow(desk, event(desk)).status_code == 200, "the live address is not shut out"
    forged = [
        tell_hrflow(desk, event(desk), sign=lambda body: "0" * 64).status_code for _ in range(4)
    ]
    assert forged == [404, 404, 404, 429]
    with CaptureQueriesContext(connection) as captured:
        assert tell_hrflow(desk, event(desk), token="guessed").status_code == 429
        assert tell_hrflow(desk, event(desk), REMOTE_ADDR="203.0.113.9").status_code == 200
        captured_refused = captured.captured_queries[:1]
    assert "webhook_token" in captured_refused[0]["sql"], "one query finds the account, or none"


def test_the_addresses_of_one_ipv6_network_are_counted_together(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.refusals, "per_minute", 3)
    codes = [
        tell_hrflow(desk, event(desk), token="t", REMOTE_ADDR=f"2001:db8::{n:x}").status_code
        for n in range(5)
    ]
    assert codes == [404, 404, 404, 429, 429]


def test_many_good_events_are_taken_from_one_address(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.refusals, "per_minute", 3)
    codes = {tell_hrflow(desk, event(desk, key=f"k{n}")).status_code for n in range(20)}
    assert codes == {200}


def test_who_knows_the_address_cannot_flood_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks.events_taken, "per_minute", 2)
    assert [tell_flatchr(desk, {}).status_code for _ in range(3)] == [200, 200, 429]


def test_neither_body_nor_token_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = event(desk, info={"phone": "+33 6 99 88 77 66", "summary": "canary-summary"})
    tell_hrflow(desk, body)
    tell_hrflow(desk, body, sign=lambda b: "0" * 64)
    tell_hrflow(desk, b"{" + SECRET.encode())
    tell_flatchr(desk, body)
    tell_flatchr(desk, b"{canary-summary")
    text = caplog.text
    assert "without a fitting signature" in text
    tokens = (desk.source.webhook_token, desk.company.webhook_token)
    for private in (*tokens, SECRET, "99 88 77", "canary-summary", KEY):
        assert private not in text
