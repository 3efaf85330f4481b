"""The faults of a run: on every endpoint, each kind for two requests in a hundred; in the lifelike
mix also what real peers do without calling it a fault."""

from __future__ import annotations

from typing import Any

from tests.chaos.stage import SEARCH_LAG_MS
from tests.sandbox_fixture import SandboxHandle

SHARE = 0.02
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status_after", "status": 500},
    {"kind": "reset_after"},
    {"kind": "hang"},
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "cut_body"},
    {"kind": "html"},
)
# A CV that arrives, but not as the plain file. Not among them: what may rightly end a push.
FILES = ("file_base64", "file_data_url", "file_framed", "file_gzip_unsaid", "file_gzip_untrue")


LIFELIKE: tuple[dict[str, Any], ...] = (
    # A 200 that means no, and one that means neither yes nor no.
    {"endpoint": "create", "kind": "say", "text": "candidature refusée"},
    {"endpoint": "create", "kind": "say", "text": '{"status": 409, "message": "not created"}'},
    {"endpoint": "create", "kind": "say_after", "text": "applicant already exists"},
    {"endpoint": "create", "kind": "html_after"},
    {"endpoint": "search", "kind": "latency", "delay_ms": 1200},
    {"endpoint": "search", "kind": "html"},
    {"endpoint": "read", "kind": "html", "status": 502},
)
# What search does all the time, whether or not anything breaks.
HABITS = {"search_lag_ms": SEARCH_LAG_MS}
MIXES: dict[str, dict[str, Any]] = {
    "plain": {"rules": (), "habits": HABITS},
    "lifelike": {
        "rules": LIFELIKE,
        "habits": {**HABITS, "search_cap": 100, "changed_names": 0.3},
    },
}


def switch_on(sandbox: SandboxHandle, seed: int, mix: str, share: float = SHARE) -> None:
    rules = [{"probability": share, **kind} for kind in MIXES[mix]["rules"]]
    rules += [{"endpoint": "*", "probability": share, **kind} for kind in KINDS]
    rules += [{"endpoint": "file", "probability": share, "kind": kind} for kind in FILES]
    sandbox.set_faults(*rules, seed=seed, **MIXES[mix]["habits"])


def switch_off(sandbox: SandboxHandle, mix: str) -> None:
    """The faults end; that search lags behind and shows what it shows does not."""
    sandbox.set_faults(**MIXES[mix]["habits"])


def injected(sandbox: SandboxHandle) -> dict[str, int]:
    """By kind of fault, over all endpoints."""
    counts: dict[str, int] = {}
    for name, count in sandbox.state()["faults_applied"].items():
        kind = name.partition(":")[2]
        counts[kind] = counts.get(kind, 0) + count
    return counts
