"""One run: pushes come in waves, somebody is killed after each, faults end, everything settles."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from tests.chaos import faults, killer, lifelike, people
from tests.chaos.groups import Group, wait_ready
from tests.chaos.judge import Verdict, counts, judge, longest_gap
from tests.chaos.stage import SHORT, SHORTER, Stage, open_stage

SETTLE_LIMIT = 240.0  # seconds that a run may take to end once the faults have stopped
STORM_LIMIT = 120.0  # seconds that the faults go on after the last kill, at most
MOST = 0.97
CLICKED_TWICE = 5


@dataclass(frozen=True)
class Options:
    """`short`: fewer kills, for the test suite."""

    pushes: int = 1000
    seed: int = 1
    database: str = "sqlite"
    groups: int = 1
    latency_ms: float = 40
    mix: str = "plain"
    short: bool = False
    keep_logs: str = ""


@dataclass
class Run:
    options: Options
    stage: Stage
    groups: list[Group] = field(default_factory=list)
    crier: lifelike.Crier | None = None

    def __post_init__(self) -> None:
        self.rng = random.Random(self.options.seed)
        self.groups = [Group(self.stage, number) for number in range(self.options.groups)]
        self.killer = killer.Killer(self.stage, self.groups, self.rng)
        self.begun = time.monotonic()

    def run(self) -> dict[str, Any]:
        self.cast = people.set_up(self.stage.sandbox)
        sandbox = self.stage.sandbox
        if self.options.mix == "lifelike":
            lifelike.edit_dates(sandbox, self.cast, self.rng)
            self.crier = lifelike.Crier(sandbox, self.cast, self.rng)
        asked = people.wishes(self.cast, sandbox, self.options.pushes, self.rng)
        try:
            self._start()
            self._rage(asked)
            injected = faults.injected(sandbox)
            faults.switch_off(sandbox, self.options.mix)
            settled = self._settle()
            self.killer.wake(everybody=True)
            stops = [group.stop() for group in self.groups]
        finally:
            for group in self.groups:
                group.wanted = False
                group.kill_all()
        verdict = judge(sandbox, [self.cast.main, self.cast.bulk], self._logs())
        return self._report(verdict, injected, settled, stops)

    def _logs(self) -> list[Any]:
        return [group.log for group in self.groups]

    def _start(self) -> None:
        for group in self.groups:
            group.start()
        wait_ready(self.groups)
        faults.switch_on(self.stage.sandbox, self.options.seed, self.options.mix)

    # --- the storm ------------------------------------------------------------------------------

    def _rage(self, asked: list[people.Wish]) -> None:
        steps = self.killer.plan(short=self.options.short)
        size = -(-len(asked) // (len(steps) + 1))
        waves = [asked[start : start + size] for start in range(0, len(asked), size)]
        self._dispatch(waves[0])
        for number, kind in enumerate(steps, start=1):
            self.pause(self.rng.uniform(0.3, 2.5))
            self.killer.hit(kind, self.pause)
            self._say(f"hit {kind}")
            if number < len(waves):
                self._dispatch(waves[number])
        self._wait_for_most(len(asked))

    def _wait_for_most(self, count: int) -> None:
        """The faults go on until nearly all is done, so that recovery meets them too."""
        from sync.models import Push

        end = time.monotonic() + STORM_LIMIT
        while time.monotonic() < end:
            if Push.objects.exclude(closed_at=None).count() >= MOST * count:
                return
            self.pause(0.5)

    def _dispatch(self, wave: list[people.Wish]) -> None:
        """One run a source and vacancy; some are asked for twice, as by a second click. In the
        lifelike mix others are announced by HrFlow itself."""
        from sync.models import RunKind
        from sync.services.pushing.dispatch import dispatch

        if self.crier:
            self.crier.announce()

        def place(wish: people.Wish) -> tuple[int, int]:
            return wish.source.pk, wish.vacancy.pk

        for _, group in groupby(sorted(wave, key=place), key=place):
            wishes = list(group)
            keys = [wish.key for wish in wishes]
            for clicked in (keys, keys[:CLICKED_TWICE]):
                dispatch(
                    source=wishes[0].source,
                    vacancy=wishes[0].vacancy,
                    keys=clicked,
                    kind=RunKind.BATCH,
                )

    def pause(self, seconds: float) -> None:
        """Time passes; a worker command that has ended is started again."""
        end = time.monotonic() + seconds
        while True:
            self.killer.wake()
            for group in self.groups:
                group.keep_running()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.5))

    # --- the calm -------------------------------------------------------------------------------

    def _settle(self) -> float:
        """Until no push can move and every created one was looked for; seconds since the storm."""
        begun = time.monotonic()
        while time.monotonic() - begun < SETTLE_LIMIT and self._is_moving():
            self.pause(0.5)
        return time.monotonic() - begun

    def _is_moving(self) -> bool:
        from sync.models import Push

        return (
            Push.objects.active().exists()
            or Push.objects.filter(confirm_after__isnull=False).exists()
        )

    # --- the report -----------------------------------------------------------------------------

    def _report(
        self, verdict: Verdict, injected: dict[str, int], settled: float, stops: list[float]
    ) -> dict[str, Any]:
        gap, which = longest_gap(self.killer.hits)
        text = "\n".join(group.text() for group in self.groups)
        if self.options.keep_logs:
            from pathlib import Path

            Path(self.options.keep_logs).write_text(text)
        return {
            "ok": verdict.is_good and max(stops) < 60,
            "seed": self.options.seed,
            "mix": self.options.mix,
            "database": self.options.database,
            "groups": self.options.groups,
            "pushes": verdict.pushes,
            "seconds": round(time.monotonic() - self.begun, 1),
            "settled_seconds": round(settled, 1),
            "kills": self.killer.counts(),
            "kills_missed": self.killer.missed,
            "restarts": text.count("restarting the cluster"),
            "faults": injected,
            **counts(),
            **verdict.figures(),
            "longest_gap_seconds": gap,
            "longest_gap_after": which,
            "stop_seconds": [round(seconds, 1) for seconds in stops],
            "tracebacks": text.count("Traceback (most recent call last)"),
            "cases": verdict.cases()[:50],
        }

    def _say(self, words: str) -> None:
        print(f"{time.monotonic() - self.begun:7.1f}s {words}", file=sys.stderr)  # noqa: T201


def run(options: Options) -> dict[str, Any]:
    profiles = max(round(options.pushes * people.SHARE_OF_BULK), 40)
    with open_stage(
        options.database,
        profiles=profiles,
        latency_ms=options.latency_ms,
        overrides=SHORTER if options.short else SHORT,
    ) as stage:
        return Run(options, stage).run()
