"""Calls to the sandbox, without the clients of the app."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox_fixture import SandboxHandle, start_sandbox

PDF = b"%PDF-1.4\n%%EOF\n"


class Caller:
    """Plain calls as the vendors document them."""

    def __init__(self, sandbox: SandboxHandle) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False

    def hrflow(self, path: str, **params: Any) -> requests.Response:
        sandbox = self.sandbox
        headers = {"X-API-KEY": sandbox.api_secret, "X-USER-EMAIL": sandbox.api_user}
        url = sandbox.hrflow_url + path
        return self.session.get(url, params=params, headers=headers, timeout=5)

    def flatchr(
        self, method: str, path: str, body: Any = None, *, premium: bool = True, timeout: float = 5
    ) -> requests.Response:
        """`{company}` in the path stands for the company's key."""
        company = self.sandbox.company(premium=premium)
        url = self.sandbox.flatchr_api_url + path.replace("{company}", company["key"])
        headers = {"Authorization": f"Bearer {company['auth']}"}
        return self.session.request(method, url, json=body, headers=headers, timeout=timeout)

    def candidate(self, **changes: Any) -> dict[str, Any]:
        resume = {
            "data": base64.b64encode(PDF).decode(),
            "fileName": "CV_Zoe_D_Angelo",
            "contentType": "application/pdf",
        }
        body = {
            "vacancy": self.sandbox.vacancy()["slug"],
            "firstname": "Zoé",
            "lastname": "D'Angelo",
            "token": self.sandbox.company()["auth"],
            "type": "document",
            "resume": resume,
            "email": "zoe@example.org",
            "phone": "+33 6 39 98 01 02",
            "urls": {"linkedin": "https://www.linkedin.com/in/zoe"},
        } | changes
        return {name: value for name, value in body.items() if value is not None}

    def create(self, *, how: str = "json", timeout: float = 5, **changes: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.sandbox.company()['auth']}"}
        url = f"{self.sandbox.flatchr_careers_url}/vacancy/candidate/{how}"
        body = self.candidate(**changes)
        return self.session.post(url, json=body, headers=headers, timeout=timeout)

    def search(self, **filters: Any) -> list[dict[str, Any]]:
        answer = self.flatchr("POST", "/company/{company}/search/applicants", filters)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    def read(self, key: str, source: str = "main") -> dict[str, Any]:
        source_key = self.sandbox.source_keys[source]
        answer = self.hrflow("profile/indexing", source_key=source_key, key=key)
        assert answer.status_code == 200, answer.text
        profile: dict[str, Any] = answer.json()["data"]
        return profile

    def list(self, source: str = "main", **params: Any) -> dict[str, Any]:
        keys = json.dumps([self.sandbox.source_keys[source]])
        answer = self.hrflow("storing/profiles", source_keys=keys, **params)
        assert answer.status_code == 200, answer.text
        envelope: dict[str, Any] = answer.json()
        return envelope


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxHandle]:
    with start_sandbox() as handle:
        yield handle


@pytest.fixture
def sandbox(running: SandboxHandle) -> SandboxHandle:
    running.reset()
    return running


@pytest.fixture
def caller(sandbox: SandboxHandle) -> Iterator[Caller]:
    caller = Caller(sandbox)
    yield caller
    caller.session.close()


def cv_file(caller: Caller, kind: str) -> requests.Response:
    attachments = caller.read(caller.sandbox.troubles[kind])["attachments"]
    url = attachments[0]["public_url"]
    return requests.get(url, timeout=10, allow_redirects=False)
