"""Pages in French, and what is left in English on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from tests.browser.words import english_in
from tests.desk import client_of

FRENCH = {"Accept-Language": "fr"}


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    """A page in French leaves its thread French, which is that of the test."""
    with translation.override("en"):
        yield


@pytest.fixture
def boss(db: None) -> Any:
    return client_of(User.objects.create_superuser("boss", "boss@example.com"))


def page(client: Any, path: str) -> str:
    """Its words, one element a line, in French."""
    response = client.get(path, headers=FRENCH)
    assert response.status_code == 200
    text = response.content.decode()
    html = re.sub(r"<(script|style|svg|pre|code)\b.*?</\1>", "", text, flags=re.S)
    return re.sub(r"\s*<[^>]*>\s*", "\n", html).replace("&#x27;", "'")


def left_in_english(texts: Iterable[str]) -> list[str]:
    return english_in(text for text in texts if text != "recruiter")  # a user name of the tests
