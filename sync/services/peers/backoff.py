"""How long to wait before a peer is asked again."""

from __future__ import annotations

import random

from django.conf import settings

LONGEST_EXPONENT = 16


def backoff(tries: int, retry_after: float | None = None) -> float:
    """Seconds until the next try, after `tries` of them: exponential with full jitter, capped.

    Never before the peer asked for (`retry_after`: seconds, from its `Retry-After`).
    """
    base, cap = settings.PUSH_RETRY_BASE_SECONDS, settings.PUSH_RETRY_CAP_SECONDS
    ceiling = min(cap, base * 2 ** min(max(tries - 1, 0), LONGEST_EXPONENT))
    # Jitter spreads a crowd over the whole span; it needs no cryptographic randomness.
    jitter = random.uniform(0, ceiling)
    return max(retry_after or 0, jitter)
