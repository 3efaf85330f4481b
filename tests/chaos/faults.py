"""The faults of a run: on every endpoint, each kind for two requests in a hundred."""

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


def switch_on(sandbox: SandboxHandle, seed: int, share: float = SHARE) -> None:
    rules = [{"endpoint": "*", "probability": share, **kind} for kind in KINDS]
    rules += [{"endpoint": "file", "probability": share, "kind": kind} for kind in FILES]
    sandbox.set_faults(*rules, seed=seed, search_lag_ms=SEARCH_LAG_MS)


def switch_off(sandbox: SandboxHandle) -> None:
    """The faults end; that search lags behind does not."""
    sandbox.set_faults(search_lag_ms=SEARCH_LAG_MS)


def injected(sandbox: SandboxHandle) -> dict[str, int]:
    """By kind of fault, over all endpoints."""
    counts: dict[str, int] = {}
    for name, count in sandbox.state()["faults_applied"].items():
        kind = name.partition(":")[2]
        counts[kind] = counts.get(kind, 0) + count
    return counts
