"""X-Forwarded-For, in the forms that proxies write."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from sync.web import client_address as module
from sync.web.client_address import client_address
from tests.cases import Case
from tests.cases.events.client_addresses import CASES, PROXY


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    module.doubts_told.clear()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_client_is_who_the_trusted_proxies_say(
    case: Case, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    header, settings.TRUSTED_PROXIES = case.input
    settings.BEHIND_PROXY = True
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=header)
    address, told = case.right
    assert client_address(request) == address
    said = [record.getMessage() for record in caplog.records]
    right = f"client addresses: X-Forwarded-For: {told}; see TRUSTED_PROXIES"
    assert said == ([right] if told else [])


def test_a_doubt_is_told_once_and_holds_nothing_of_the_client(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BEHIND_PROXY = True
    for number in range(20):
        client_address(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=f"canary{number}"))
    assert len(caplog.records) == 1
    assert "canary" not in caplog.text


def test_without_a_proxy_the_header_is_the_clients_words(settings: Any) -> None:
    settings.BEHIND_PROXY = False
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR="6.6.6.6")
    assert client_address(request) == PROXY
