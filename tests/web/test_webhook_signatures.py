"""Signatures, tokens and secrets of webhooks: who may speak."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync.models import Push, Workflow
from sync.web import webhooks
from sync.web.signatures import read_signed
from tests.desk import Desk
from tests.web.webhook_calls import (
    KEY,
    SCHEMES,
    SECRET,
    b64,
    desk,
    event,
    fresh_limits,
    headers_of,
    over_body,
    plain,
    tell_flatchr,
    tell_hrflow,
    workflow,
)

pytestmark = pytest.mark.django_db
__all__ = ["desk", "fresh_limits", "workflow"]


def is_signed(secret: str, header: str, body: bytes) -> bool:
    return read_signed(secret, header, body).event == body


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("header", webhooks.SIGNATURE_HEADERS)
def test_it_takes_an_event_signed_by_any_documented_scheme(
    desk: Desk, workflow: Workflow, scheme: Callable[..., str], header: str
) -> None:
    answer = tell_hrflow(desk, event(desk), sign=scheme, header=header)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert Push.objects.get().profile_key == KEY


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_signature_is_worth_nothing_with_another_body_or_secret(
    scheme: Callable[..., str],
) -> None:
    body, other = b'{"a": 1}', b'{"a": 2}'
    assert is_signed(SECRET, scheme(body), body)
    assert not is_signed(SECRET, scheme(body), other)
    assert not is_signed("another", scheme(body), body)
    assert not is_signed(SECRET, scheme(body, "another"), body)
    assert not is_signed("", scheme(body, ""), body)


BODY = b'{"type": "profile.parsing.success"}'
FORGED = [
    "",
    ".",
    "..",
    "é",
    "0" * 64,
    plain(BODY).upper(),
    plain(BODY)[:-1],
    plain(BODY) + "0",
    f"{plain(BODY)}.",
    f".{plain(BODY)}",
    f"{plain(BODY)}.{b64(BODY)}",  # the digest must be encoded
    f"{b64(plain(BODY).encode())}.",
    f".{b64(BODY)}",
    f"{b64(plain(b'').encode())}.",
    f"{b64(plain(BODY).encode())}.{b64(BODY)}.{b64(BODY)}",
    f"{b64(plain(BODY).encode())}.{b64(BODY + b' ')}",
    f"{b64(hmac.digest(SECRET.encode(), BODY, 'sha256')[:-1])}.{b64(BODY)}",
    f"{b64(hashlib.sha256(BODY).hexdigest().encode())}.{b64(BODY)}",
    f"{b64(hmac.new(SECRET.encode(), BODY, 'sha1').hexdigest().encode())}.{b64(BODY)}",
    f"{b64(plain(BODY).encode())}.%%%",
    "%%%." + b64(BODY),
    b64(b"\xff\xfe") + "." + b64(BODY),
    "a." * 50_000,
    "x" * 200_000,
]


@pytest.mark.parametrize("header", FORGED)
def test_a_forged_signature_is_refused(header: str) -> None:
    assert not is_signed(SECRET, header, BODY)


def test_what_decides_is_compared_in_constant_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No equality of strings, which ends at the first difference, decides who may speak."""
    compared = []
    genuine = hmac.compare_digest

    def watched(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return genuine(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    assert tell_hrflow(desk, BODY, sign=lambda body: "0" * 64).status_code == 404
    assert len(compared) == 2  # the token, and the signature
    compared.clear()
    assert tell_hrflow(desk, BODY, sign=over_body, token="unknown").status_code == 404
    assert len(compared) == 4  # the same work for a token that nobody has


def test_a_source_without_a_secret_takes_no_events(desk: Desk) -> None:
    desk.source.webhook_secret = ""
    desk.source.save()
    for secret in ("", SECRET):
        assert (
            tell_hrflow(desk, event(desk), sign=lambda b, s=secret: plain(b, s)).status_code == 404
        )


def test_a_source_whose_secret_cannot_be_read_takes_no_events(
    desk: Desk, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["another-key-another-key-another-key-another"]
    assert tell_hrflow(desk, event(desk)).status_code == 404
    assert "cannot be decrypted" in caplog.text


def test_a_source_that_is_switched_off_takes_no_events(desk: Desk) -> None:
    desk.source.is_active = False
    desk.source.save()
    assert tell_hrflow(desk, event(desk)).status_code == 404


def test_an_unknown_token_is_answered_as_a_wrong_signature_is(desk: Desk) -> None:
    unknown = tell_hrflow(desk, event(desk), token="x" * 32)
    wrong = tell_hrflow(desk, event(desk), sign=lambda body: "0" * 64)
    flatchr = tell_flatchr(desk, {}, token="x" * 32)
    for answer in (unknown, wrong, flatchr):
        assert (answer.status_code, answer.content) == (404, b'{"status": "refused"}')
    assert headers_of(unknown) == headers_of(wrong) == headers_of(flatchr)


def test_an_unknown_token_asks_the_database_as_much_as_a_wrong_signature(desk: Desk) -> None:
    def queries(**more: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            tell_hrflow(desk, event(desk), sign=lambda body: "0" * 64, **more)
        return len(captured)

    assert queries() == queries(token="x" * 32) == 1
