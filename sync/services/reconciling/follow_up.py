"""After success: read the applicants back from Flatchr, then enrich them."""

from __future__ import annotations

import time

from sync.services.reconciling.batches import is_over
from sync.services.reconciling.enrichment import enrich_some
from sync.services.reconciling.read_back import read_back_some


def follow_up(seconds: float) -> int:
    """Work for about `seconds`; returns how many pushes were looked at."""
    deadline, looked_at = time.monotonic() + seconds, 0
    for work in (read_back_some, enrich_some):
        while not is_over(deadline) and (count := work(deadline)):
            looked_at += count
    return looked_at
