"""The HTTP door: what is observed of an exchange holds no secret and no personal data."""

from __future__ import annotations

import html
import json
import logging
import traceback
from typing import Any
from urllib.parse import quote_plus

import pytest

from sync.clients.http import Exchange, outline, segment
from sync.exceptions import PermanentError, RetryableError, SyncError
from tests.clients.http_calls import SECRET, door
from tests.raw_server import cut, reset, say, serving


def test_an_exchange_is_observed_without_secrets_or_personal_data() -> None:
    seen: list[Exchange] = []
    body = {
        "token": SECRET,
        "vacancy": "slug-of-it",
        "firstname": "Zébulon",
        "email": "zebulon@example.com",
        "resume": {"data": "QUJD" * 1000, "fileName": "CV_Zebulon", "contentType": "a/b"},
    }
    answer = f"bad: Zébulon zebulon@example.com +33 6 95 46 82 31 {SECRET}"
    with serving(say(400, {"error": answer})) as server, pytest.raises(PermanentError) as caught:
        door(server, observe=seen.append).request("POST", "x", json=body, effect=True)
    (exchange,) = seen
    everything = f"{exchange} {caught.value} {caught.value.params} {caught.value!r}"
    for private in (SECRET, "Zébulon", "Zebulon", "zebulon@", "46 82 31", "QUJDQUJD"):
        assert private not in everything
    assert "data: <3000 bytes>" in exchange.request_excerpt
    assert "vacancy: slug-of-it" in exchange.request_excerpt
    assert exchange.answer_excerpt.startswith('{"error": "bad: […] […] [phone]')
    assert (exchange.service, exchange.method, exchange.status) == ("flatchr", "POST", 400)


SUMMARY = 'Responsable comptable à Évreux, canaryone\nMariée, "canarytwo" et \t\\canarythree'
WRITTEN = {
    "vacancy": "v",
    "firstname": "Zoé",
    "comment": SUMMARY,
    "answers": [{"question": "1", "value": "Je cherche un poste canaryanswer"}],
    "resume": {"data": "QUJD" * 10},
}
QUOTED = json.dumps(WRITTEN)
ECHOES = {
    "the value": json.dumps({"message": f"bad comment: {SUMMARY}"}),
    "the value, unescaped": json.dumps({"message": SUMMARY}, ensure_ascii=False),
    "the body": json.dumps({"sent": WRITTEN}),
    "the body as a string": json.dumps({"sent": QUOTED}),
    "a string within a string": json.dumps({"sent": json.dumps({"inner": QUOTED})}),
    "the body as text": QUOTED,
    "a form": quote_plus(f"comment={SUMMARY}"),
    "HTML in text": f"bad: {html.escape(SUMMARY)}",
    "its beginning": json.dumps({"message": f"too long: {SUMMARY[:20]}"}),
    "its end": json.dumps({"message": f"too long: …{SUMMARY[-20:]}"}),
    "one line, bare": SUMMARY.replace("\n", " ").replace('"', ""),
    "without accents": "RESPONSABLE COMPTABLE A EVREUX, CANARYONE",
    "an answer to a question": json.dumps({"message": WRITTEN["answers"]}),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=list(ECHOES))
@pytest.mark.parametrize("status", [422, 201])
def test_what_a_person_wrote_is_not_kept_however_a_peer_spells_it(echo: str, status: int) -> None:
    seen: list[Exchange] = []
    told = ""
    with serving(say(status, echo.encode(), "text/plain")) as server:
        try:
            door(server, observe=seen.append).request("POST", "x", json=WRITTEN, effect=True)
        except PermanentError as error:
            told = f"{error} {error.params}"
    for fragment in ("canary", "comptable", "COMPTABLE", "poste"):
        assert fragment not in f"{seen[0]} {told}"


def test_what_a_peer_says_of_a_person_in_its_own_words_is_kept() -> None:
    said = {"message": "Le candidat Zo\u00e9 existe d\u00e9j\u00e0", "value": ["Bien", None, 3]}
    with serving(say(422, said)) as server, pytest.raises(PermanentError) as caught:
        door(server).request("POST", "x", json={**WRITTEN, "comment": "Bien"}, effect=True)
    assert caught.value.params["answer"] == (
        '{"message": "Le candidat […] existe déjà", "value": ["[…]", null, 3]}'
    )


def test_a_hostile_escape_in_an_answer_becomes_a_blank() -> None:
    body = b'{"message": "a\\u0000b\\ud83d\\u202ec"}'
    with serving(say(422, body)) as server, pytest.raises(PermanentError) as caught:
        door(server).request("POST", "x", json={}, effect=True)
    assert caught.value.params["answer"] == '{"message": "a b c"}'


def test_a_successful_read_is_observed_by_its_size_only() -> None:
    seen: list[Exchange] = []
    with serving(say(200, [{"firstname": "Zoé"}])) as server:
        door(server, observe=seen.append).request("GET", "x", params={"token": SECRET})
    assert seen[0].answer_excerpt == "<27 bytes, application/json>"
    assert SECRET not in seen[0].url
    assert "token=[secret]" in seen[0].url


def test_an_exchange_without_an_answer_is_observed_too() -> None:
    seen: list[Exchange] = []
    with serving(reset) as server, pytest.raises(RetryableError):
        door(server, observe=seen.append).request("GET", "x")
    assert (seen[0].status, seen[0].answer_excerpt) == (None, "no answer")


@pytest.mark.parametrize("handler", [reset, say(401, f"key {SECRET} unknown"), cut(b"{", 9)])
def test_a_traceback_holds_no_secret(handler: Any) -> None:
    with serving(handler) as server:
        with pytest.raises(SyncError) as caught:
            door(server).request("GET", "x", params={"token": SECRET})
        printed = "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None
        assert SECRET not in printed
        assert segment(SECRET) not in printed
        assert "urllib3" not in printed


def test_debug_logs_of_the_libraries_hold_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(say(200, {})) as server:
        params = {"token": SECRET, "email": "zoe@example.com"}
        door(server).request("GET", "x", params=params)
    assert "GET /x" in caplog.text
    for private in ("s3cr3t", "zoe", "example.com"):
        assert private not in caplog.text


def test_an_outline_shows_the_shape_of_a_body_only() -> None:
    shape = outline({"type": "document", "answers": [1, 2], "a": None, "b": {"c": {"d": {}}}})
    assert shape == "{type: document, answers: [2], a: null, b: {c: {d: {…}}}}"
