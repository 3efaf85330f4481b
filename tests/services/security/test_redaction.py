"""Nothing secret or private survives, and what helps to understand an error does."""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.redaction import RedactingFilter, excerpt, redact, redact_words

SECRET = 'k/ey+with"odd=chars&é'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower(),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET).replace("/", "\\/"),
        html.escape(SECRET),
        repr(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.b64encode(f"user1:{SECRET}!".encode()).decode(),
        base64.b64encode(f"user12:{SECRET}!!".encode()).decode(),
    ],
)
def test_a_secret_goes_in_every_encoding(form: str) -> None:
    cleaned = redact(f"before {form} after", [SECRET])
    assert "[secret]" in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    for piece in ("with", "odd", base64.b64encode(SECRET.encode()).decode()[8:16]):
        assert piece not in cleaned


@given(st.text(min_size=4, max_size=40), st.text(max_size=30), st.text(max_size=30))
def test_no_secret_survives_whatever_stands_around_it(secret: str, before: str, after: str) -> None:
    # A secret made of the mask's own letters cannot be told from the mask.
    if secret in "[secret][e-mail][phone][blob]" or not secret.strip():
        return
    assert secret not in redact(before + "\n" + secret + "\n" + after, [secret])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [secret]"),
        ("authorization: basic dXNlcjpw", "authorization: basic [secret]"),
        ("X-API-KEY: ask_123456", "X-API-KEY: [secret]"),
        ("{'X-API-KEY': 'ask_123456'}", "{'X-API-KEY': '[secret]'}"),
        ("GET /a?token=abc123&page=2", "GET /a?token=[secret]&page=2"),
        ("/cv.pdf?X-Amz-Signature=ab&page=1", "/cv.pdf?X-Amz-Signature=[secret]&page=1"),
        ('{"token": "abc123", "a": 1}', '{"token": "[secret]", "a": 1}'),
        ("https://user:pass@host/x", "https://[secret]@host/x"),
        ("write to jean.dupont+cv@example.co.uk now", "write to [e-mail] now"),
        ("?email=jean%40example.com&a=1", "?email=[e-mail]&a=1"),
        ("call +33 6 95 46 82 31.", "call [phone]."),
        ("call 06.95.46.82.31", "call [phone]"),
        ("call +33 (0)6 95 46 82 31", "call [phone]"),
        ("call 0033695468231", "call [phone]"),
        ("call 33695468231 today", "call [phone] today"),
        ('{"phone": "12 34"}', '{"phone": "[phone]"}'),
        ("data " + "QUJD" * 40 + "==", "data [blob]"),
    ],
)
def test_what_leads_to_an_account_or_a_person_is_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "GET /v1/profile/indexing?source_key=" + "a1" * 20 + "&key=" + "b2" * 20,
        "HTTP 503 after 2026-11-23T15:20:58 in 1234 ms",
        "09/11/21 10:20:30 vacancy 123456",
        "created 09/11/2021 10:20:30",
        "applicant created",
        "z7gwqnjq6gdjraka-account-executive-saas-h-f",
    ],
)
def test_what_explains_an_error_is_kept(text: str) -> None:
    assert redact(text) == text


def test_the_values_sent_are_hidden_as_whole_words_only() -> None:
    assert redact_words("Rose is not in ROSE but in Rosette", ["Rose", "i"]) == (
        "[…] is not in […] but in Rosette"
    )


def test_an_excerpt_is_short_and_on_one_line() -> None:
    assert excerpt("a\n b\t c") == "a b c"
    assert len(excerpt("word " * 1000, limit=50)) == 50


def test_an_excerpt_does_not_show_the_first_half_of_a_secret() -> None:
    assert "abcdef" not in excerpt("x" * 45 + " abcdefghijkl", ["abcdefghijkl"], limit=52)


@pytest.mark.parametrize("unit", ["a", "a.", "1", "1 ", "@", "a@", "+1", '"token', "%40", "?a="])
def test_a_hostile_text_takes_no_long_time(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    started = time.process_time()
    redact(text, [SECRET])
    assert time.process_time() - started < 3


def logged(*arguments: object, **options: object) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter([SECRET]))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.error(*arguments, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def test_the_filter_cleans_a_message_and_its_arguments() -> None:
    line = logged("sent %s to %s", SECRET, "zoe@example.com")
    assert line == "sent [secret] to [e-mail]\n"


def test_the_filter_cleans_a_traceback_and_those_it_is_chained_to() -> None:
    try:
        try:
            raise ValueError(f"inner {SECRET}")
        except ValueError as error:
            raise RuntimeError("outer zoe@example.com") from error
    except RuntimeError:
        text = logged("failed", exc_info=True)
    assert "RuntimeError: outer [e-mail]" in text
    assert "ValueError: inner [secret]" in text
    assert "odd=chars" not in text


def test_the_filter_lets_a_badly_written_log_call_through() -> None:
    assert "[secret]" in logged("only %s and %s", SECRET)
