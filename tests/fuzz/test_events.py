"""Whatever is posted to a webhook, under whatever headers: an answer, and never a fault of ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from sync.models import Push, Workflow
from sync.models.states import PushStatus
from sync.web import webhooks
from tests.desk import Desk
from tests.fuzz.budget import fuzz
from tests.fuzz.json_shapes import texts, written
from tests.fuzz.peers import flatchr_events, hrflow_events
from tests.web.webhook_calls import KEY, SCHEMES, desk, fresh_limits, workflow

pytestmark = pytest.mark.django_db
__all__ = ["desk", "fresh_limits", "workflow"]

ANSWERS = frozenset({200, 202, 400, 404, 411, 413, 415, 429})
CONTENT_TYPES = st.sampled_from(
    ["application/json"] * 8
    + ["application/json; charset=utf-16", "APPLICATION/JSON", "text/plain", "", "multipart/x", "é"]
)
# What WSGI hands on of a request beside its body.
ODD_HEADERS = st.dictionaries(
    st.sampled_from(
        ["CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_EXPECT",
         "HTTP_X_FORWARDED_FOR", "REMOTE_ADDR", "HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE"]
    ),
    st.sampled_from(["", "0", "-1", "9" * 40, "chunked", "gzip", "::1", "1.2.3.4, x", "é;=;", "*"]),
    max_size=2,
)  # fmt: skip


def send(path: str, token: str, body: bytes, more: dict[str, str]) -> int:
    """The status; an exception of ours goes through to the test."""
    for limiter in (webhooks.refusals, webhooks.events_taken):
        limiter.clear()
    kind = more.pop("content_type", "application/json")
    # The address of a network connection is one, whatever a client writes into its headers.
    more.pop("REMOTE_ADDR", None)
    answer = Client().generic(
        "POST", f"/hooks/{path}/{quote(token, safe='')}/", body, content_type=kind, **more
    )
    return int(answer.status_code)


def test_no_event_of_hrflow_is_answered_with_a_fault(desk: Desk, workflow: Workflow) -> None:
    @fuzz(80)
    @given(
        written(hrflow_events(desk.source.source_key)),
        st.sampled_from(SCHEMES) | texts.map(lambda text: lambda _body: text),
        CONTENT_TYPES,
        st.just({}) | ODD_HEADERS,
    )
    def holds(body: bytes, sign: Any, kind: str, headers: dict[str, str]) -> None:
        signature = sign(body) if len(body) < 100_000 else ""
        more = {"content_type": kind, "HTTP_HTTP_HRFLOW_SIGNATURE": signature, **headers}
        assert send("hrflow", desk.source.webhook_token, body, more) in ANSWERS
        assert not Push.objects.exclude(status=PushStatus.QUEUED).exists()

    holds()


def test_no_event_of_flatchr_is_answered_with_a_fault(desk: Desk) -> None:
    desk.push(candidate_email="zoe@exemple.fr")

    @fuzz(80)
    @given(written(flatchr_events(desk.vacancy.slug)), CONTENT_TYPES, st.just({}) | ODD_HEADERS)
    def holds(body: bytes, kind: str, headers: dict[str, str]) -> None:
        more = {"content_type": kind, **headers}
        assert send("flatchr", desk.company.webhook_token, body, more) in ANSWERS

    holds()


@fuzz(40)
@given(st.sampled_from(["hrflow", "flatchr"]), st.text(max_size=40), written(st.just({})))
def test_no_address_of_a_webhook_is_answered_with_a_fault(
    desk: Desk, path: str, token: str, body: bytes
) -> None:
    assert send(path, token.replace("/", "") or "x", body, {}) in ANSWERS


def test_an_event_of_the_grammar_is_taken(desk: Desk, workflow: Workflow) -> None:
    """So that the above does not only meet refusals."""
    event = {
        "type": "profile.parsing.success",
        "profile": {"key": KEY, "source": {"key": desk.source.source_key}},
    }
    body = json.dumps(event).encode()
    more = {"HTTP_HTTP_HRFLOW_SIGNATURE": SCHEMES[0](body)}
    assert send("hrflow", desk.source.webhook_token, body, more) in (200, 202)
    assert Push.objects.get().profile_key == KEY
