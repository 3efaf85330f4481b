"""Starts the sandbox as a process of its own, and talks to it for the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from tests import ROOT


@dataclass
class SandboxHandle:
    """A running sandbox; `info` is its start line."""

    info: dict[str, Any]
    process: subprocess.Popen[str]

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy set in the environment must not see loopback

    @property
    def address(self) -> str:
        return str(self.info["address"])

    @property
    def hrflow_url(self) -> str:
        return str(self.info["hrflow_url"])

    @property
    def flatchr_api_url(self) -> str:
        return str(self.info["flatchr_api_url"])

    @property
    def flatchr_careers_url(self) -> str:
        return str(self.info["flatchr_careers_url"])

    @property
    def api_user(self) -> str:
        return str(self.info["api_user"])

    @property
    def api_secret(self) -> str:
        return str(self.info["api_secret"])

    @property
    def source_keys(self) -> dict[str, str]:
        """By name: `main` (lifelike, with troubles) and `bulk` (clean)."""
        return dict(self.info["source_keys"])

    @property
    def troubles(self) -> dict[str, str]:
        """Profile keys in `main` by what is wrong with them."""
        return dict(self.info["troubles"])

    @property
    def unpushable(self) -> list[str]:
        """The kinds of trouble that cannot become an applicant without a generated CV."""
        return list(self.info["unpushable"])

    @property
    def vacancies(self) -> list[dict[str, Any]]:
        return list(self.info["vacancies"])

    def company(self, slug: str | None = None, *, premium: bool = True) -> dict[str, Any]:
        """`name`, `slug`, `key`, `auth`, `premium` of a company."""
        companies: list[dict[str, Any]] = self.info["companies"]
        return next(
            one for one in companies if (one["slug"] == slug if slug else one["premium"] is premium)
        )

    def vacancy(
        self, title: str | None = None, *, is_open: bool = True, premium: bool = True
    ) -> dict[str, Any]:
        """The first with this title, else the first open (or closed) one of the company."""
        if title is not None:
            return next(one for one in self.vacancies if one["title"] == title)
        key = self.company(premium=premium)["key"]
        mine = (one for one in self.vacancies if one["company"] == key)
        return next(one for one in mine if one["open"] is is_open)

    def get(self, path: str, **params: str) -> Any:
        answer = self._session.get(self.address + path, params=params, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._session.post(self.address + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def set_faults(self, *rules: dict[str, Any], **settings: Any) -> dict[str, Any]:
        """Replace all faults; `settings` are `seed`, `search_lag_ms`, `search_cap`,
        `changed_names`, `latency_ms`."""
        wanted = {"rules": list(rules), **settings}
        return dict(self.post("/control/faults", wanted))

    def reset(self) -> None:
        """Back to the state of the start: data, faults, applicants, counters."""
        self.info = self.post("/control/reset", {"faults": True, "data": True})

    def clear(self) -> None:
        """Forget applicants and counters; keep faults and changed data."""
        self.info = self.post("/control/reset", {})

    def received(self, **narrow: str) -> list[dict[str, Any]]:
        """Applicants stored, oldest first; narrowed by `vacancy` (slug) or `email`."""
        return list(self.get("/control/received", **narrow))

    def state(self) -> dict[str, Any]:
        return dict(self.get("/control/state"))

    def requests(self) -> dict[str, int]:
        """Requests since the last reset, by endpoint."""
        return dict(self.state()["requests"])

    def violations(self) -> list[dict[str, Any]]:
        """Wire rules of the reference that a client broke."""
        return list(self.state()["violations"])

    def add_profile(self, source: str = "main", *, unreadable_ms: int = 0, **profile: Any) -> str:
        """The key of the new profile, which can be read by it only `unreadable_ms` later."""
        body = {"action": "add", "source": source, "profile": profile}
        body["unreadable_ms"] = unreadable_ms
        return str(self.post("/control/profiles", body)["key"])

    def change_profile(self, key: str, source: str = "main", **profile: Any) -> dict[str, Any]:
        body = {"action": "change", "source": source, "key": key, "profile": profile}
        return dict(self.post("/control/profiles", body)["profile"])

    def archive_profile(self, key: str, source: str = "main") -> None:
        self.post("/control/profiles", {"action": "archive", "source": source, "key": key})

    def delete_profile(self, key: str, source: str = "main") -> None:
        self.post("/control/profiles", {"action": "delete", "source": source, "key": key})

    def change_vacancy(self, slug: str, **change: Any) -> dict[str, Any]:
        """`open` closes or reopens it, `title` renames it (with `reslug` its slug too), `gone`
        takes it out of the lists."""
        return dict(self.post("/control/vacancies", {"slug": slug, **change}))

    def add_applicant(self, vacancy: str, **names: str) -> dict[str, Any]:
        """As a recruiter does by hand; `vacancy` is a slug."""
        return dict(
            self.post("/control/applicants", {"action": "add", "vacancy": vacancy, **names})
        )

    def remove_applicant(self, applicant: str) -> None:
        self.post("/control/applicants", {"action": "remove", "applicant": applicant})

    def stop(self) -> None:
        self._session.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def start_sandbox(**options: float) -> Iterator[SandboxHandle]:
    """`options` are the command line's: `profiles=200`, `latency_ms=50`, `resume_kb=60`."""
    handle = _start(options)
    try:
        yield handle
    finally:
        handle.stop()


def _start(options: dict[str, float]) -> SandboxHandle:
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "sandbox", "--port=0", "--with-parent", *flags]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the sandbox did not start: exit status {process.wait()}")
    return SandboxHandle(json.loads(line), process)
