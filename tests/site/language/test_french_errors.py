"""Errors are told in the language of the reader, also those that a worker has stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from sync.clients.http import _checked_base
from sync.clients.transport import Failure
from sync.exceptions import (
    ConfigurationError,
    FormattingError,
    PermanentError,
    RetryableError,
    SecretUnreadableError,
    UserFacingError,
)
from sync.fields import decrypt
from sync.models import FlatchrCompany, HrFlowSource, PushAttempt
from sync.vocabulary import ErrorCode
from sync.vocabulary.explanations import told
from tests.browser.words import english_in
from tests.desk import Desk, S
from tests.site.language.french import FRENCH, back_to_english, boss, left_in_english, page

__all__ = ["back_to_english", "boss"]


def french(error: UserFacingError) -> str:
    with translation.override("fr"):
        return str(error)


# --- errors -------------------------------------------------------------------------------------


def _errors() -> Iterator[UserFacingError]:
    yield from (PermanentError(code) for code in ErrorCode)
    yield FormattingError("firstname", "Flatchr wants a name with at least one Latin letter.")
    yield PermanentError(
        ErrorCode.RESUME_FORBIDDEN_ADDRESS, problem="port %(port)s is not allowed", port=8080
    )
    yield RetryableError(ErrorCode.HRFLOW_FAULT, http_status=503)
    for act in (lambda: decrypt("nonsense"), lambda: _checked_base("ftp://example.com")):
        with pytest.raises(ConfigurationError) as caught:
            act()
        yield caught.value


def test_every_error_is_told_in_french() -> None:
    assert english_in(map(french, _errors())) == []


def test_an_error_of_the_set_up_is_told_with_what_is_wrong() -> None:
    with pytest.raises(ConfigurationError) as caught:
        _checked_base("http://api.example.com/path")
    assert str(caught.value).startswith("http://api.example.com cannot be used")
    assert french(caught.value).startswith("http://api.example.com ne peut pas servir")


def test_the_problem_within_a_sentence_is_in_its_language_with_its_values() -> None:
    error = next(e for e in _errors() if "port" in e.params)
    assert "port 8080 is not allowed" in str(error)
    assert "le port 8080 n’est pas autorisé" in french(error)


# --- what rows keep -----------------------------------------------------------------------------


def test_a_note_that_an_english_worker_wrote_is_read_in_french() -> None:
    for error in _errors():
        note = error.note
        assert told(note) == str(error)
        with translation.override("fr"):
            assert told(note) == french(error)


def test_a_note_fits_its_column_whatever_the_answer() -> None:
    for answer in ("é" * 5000, '"' * 5000, "\0" * 5000):
        error = PermanentError(ErrorCode.HRFLOW_REJECTED, http_status=400, answer=answer)
        assert len(error.note) <= 500
        assert told(error.note).startswith("HrFlow refused the request (HTTP 400)")


@pytest.mark.parametrize(
    "text", ["", "HrFlow could not be reached.", "5", "null", '["a"]', "[1, 2]", "[]", "100% of it"]
)
def test_a_sentence_kept_before_there_were_notes_stands_for_itself(text: str) -> None:
    assert told(text) == text


def test_what_went_wrong_is_shown_in_french_though_the_worker_writes_english(boss: Any) -> None:
    desk = Desk()
    fault = RetryableError(ErrorCode.HRFLOW_FAULT, http_status=503)
    HrFlowSource.objects.update(last_error=fault.note)
    FlatchrCompany.objects.update(last_error=PermanentError(ErrorCode.FLATCHR_UNREACHABLE).note)
    run = desk.run(reason=SecretUnreadableError("A stored secret").note)
    push = desk.push(S.SUCCEEDED, enrichment_status="failed", enrichment_error=fault.note)
    step = {"stage": "enrich", "outcome": "failed", "message": str(fault), "note": fault.note}
    cut = {"service": "hrflow", "method": "GET", "answer_excerpt": Failure.CUT.value}
    PushAttempt.objects.create(
        push=push, number=1, stage="enrich", outcome="failed", steps=[{**step, "exchanges": [cut]}]
    )
    paths = [
        "/admin/",
        f"/admin/sync/hrflowsource/{desk.source.pk}/change/",
        f"/admin/sync/flatchrcompany/{desk.company.pk}/change/",
        f"/admin/sync/run/{run.pk}/change/",
        f"/admin/sync/push/{push.pk}/change/",
    ]
    pages = {path: page(boss, path) for path in paths}
    assert [left_in_english(text.split("\n")) for text in pages.values()] == [[]] * len(paths)
    assert pages[paths[-1]].count("HrFlow a répondu par une erreur (HTTP 503).") == 2
    assert "HrFlow a répondu" in pages[paths[0]] and "Flatchr est injoignable" in pages[paths[0]]
    assert "Flatchr est injoignable" in pages[paths[2]]
    quoted = boss.get(paths[-1], headers=FRENCH).content.decode()
    assert "la réponse s’est interrompue" in quoted
