"""Forgetting what the cache holds, without emptying a Redis that others use too."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache


def clear_cache() -> None:
    """Only what this test process wrote: on Redis, `cache.clear()` empties the whole database,
    that of the test process beside this one included."""
    if not settings.REDIS_URL:
        cache.clear()
        return
    redis: Any = cache
    client = redis._cache.get_client(write=True)
    if keys := list(client.scan_iter(match=f"{redis.key_prefix}:*", count=1000)):
        client.delete(*keys)
