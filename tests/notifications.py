"""What has been notified, whichever broker holds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django_q.brokers import get_broker
from django_q.signing import SignedPackage

from tests.caches import clear_cache


class Notifications:
    """The broker's queue, as django-q2 sees it."""

    def __init__(self) -> None:
        self.broker = get_broker()
        self.flush()

    def flush(self) -> None:
        """The broker loses everything."""
        self.broker.purge_queue()

    def silence_ends(self) -> None:
        """As if the time had passed after which an unacknowledged notification is sent again."""
        clear_cache()

    @property
    def count(self) -> int:
        return int(self.broker.queue_size())

    def take(self) -> list[tuple[str, tuple[object, ...]]]:
        """Every task that waits: its function and its arguments."""
        found = []
        while self.count:
            for key, package in self.broker.dequeue() or []:
                task = SignedPackage.loads(package)
                found.append((task["func"], tuple(task["args"])))
                self.broker.acknowledge(key)
        return found


@pytest.fixture
def notifications(db: None) -> Iterator[Notifications]:
    clear_cache()
    notifications = Notifications()
    yield notifications
    notifications.flush()
    clear_cache()
