"""Who is killed when: a seeded plan, carried out on living processes."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.chaos.groups import Group, kill
from tests.chaos.stage import Stage, cut_connections, empty_broker

# How often each is hit. `group`: supervisor and cluster at once. `broker`: its tasks are lost.
# `connections`: the database ends them all.
# `asleep`: a busy worker stops, and wakes up when its pushes have long been given to others.
LONG = {
    "busy": 4, "idle": 3, "pusher": 1, "monitor": 1, "guard": 1, "main": 1, "supervisor": 1,
    "group": 2, "broker": 1,
}  # fmt: skip
# On SQLite one process that sleeps inside a transaction stops all that write, this one included.
ON_POSTGRES = {"connections": 2, "asleep": 2}
SHORT = {"busy": 1, "idle": 1, "broker": 1, "group": 1}
ASLEEP = 13.0  # seconds: longer than the lease and the settle time together
PATIENCE = 30.0  # seconds to wait for somebody in the wanted role


@dataclass
class Killer:
    """`hits`: what was hit, and when. `missed`: nobody in that role could be found in time."""

    stage: Stage
    groups: list[Group]
    rng: random.Random
    hits: list[tuple[str, datetime]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    sleepers: dict[int, float] = field(default_factory=dict)

    def plan(self, *, short: bool) -> list[str]:
        kinds = SHORT if short else LONG
        if self.stage.database == "postgres" and not short:
            kinds = kinds | ON_POSTGRES
        steps = [kind for kind, count in kinds.items() for _ in range(count)]
        self.rng.shuffle(steps)
        return steps

    def hit(self, kind: str, idle: Callable[[float], None]) -> None:
        """`idle` passes time while the harness goes on with its other duties."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._strike(kind):
                return
            idle(0.05)
        self.missed.append(kind)

    def wake(self, everybody: bool = False) -> None:
        for pid, moment in list(self.sleepers.items()):
            if everybody or time.monotonic() >= moment:
                del self.sleepers[pid]
                kill(pid, signal.SIGCONT)

    def _put_to_sleep(self, group: Group) -> bool:
        found = [pid for pid in group.find("busy") if pid not in self.sleepers]
        if not found or not kill(found[0], signal.SIGSTOP):
            return False
        self.sleepers[found[0]] = time.monotonic() + ASLEEP
        return True

    def _strike(self, kind: str) -> bool:
        group = self.rng.choice(self.groups)
        if kind == "broker":
            empty_broker(self.stage)
        elif kind == "connections":
            cut_connections(self.stage)
        elif kind == "group":
            group.kill_all()
        elif kind == "asleep":
            if not self._put_to_sleep(group):
                return False
        else:
            found = group.find(kind)
            if not found or not kill(self.rng.choice(found)):
                return False
        self.hits.append((kind, datetime.now(UTC)))
        return True

    def counts(self) -> dict[str, int]:
        return dict(Counter(kind for kind, _ in self.hits))
