"""What happened to one push, step by step: kept in memory here, in rows by `transfer`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sync.clients.http import Exchange
from sync.exceptions import SyncError, UserFacingError
from sync.models.push.attempts import AttemptOutcome, Stage
from sync.vocabulary import Event

# What a failure in each step is called, in the seed's words.
FAILURES = {
    Stage.READ: Event.READ_FAILURE,
    Stage.FORMAT: Event.FORMAT_FAILURE,
    Stage.LOGICS: Event.LOGICS_FAILURE,
    Stage.RESUME: Event.WRITE_FAILURE,
    Stage.CHECK: Event.WRITE_FAILURE,
    Stage.CREATE: Event.WRITE_FAILURE,
    Stage.ENRICH: Event.WRITE_FAILURE,
}


@dataclass
class Step:
    stage: Stage
    outcome: AttemptOutcome = AttemptOutcome.STARTED
    duration_ms: int = 0
    # For programs, in the installation's language; people are told the note in theirs.
    message: str = ""
    note: str = ""
    exchanges: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, notices: Sequence[UserFacingError]) -> None:
        """Note what people should know of a step that succeeds."""
        if notices:
            self.message = " ".join(map(str, notices))
            self.note = (notices[0] if len(notices) == 1 else UserFacingError(self.message)).note


class Journal:
    """Collects the steps of one try; `stage` is the one being taken.

    `last_error`: the code of the step that failed last, empty before.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.last_error = ""
        self._begun = time.monotonic()

    @property
    def stage(self) -> Stage:
        return self.steps[-1].stage if self.steps else Stage.READ

    @property
    def failure(self) -> Event:
        return FAILURES[self.stage]

    @property
    def duration_ms(self) -> int:
        return round((time.monotonic() - self._begun) * 1000)

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        """Of all steps, in their order."""
        return [exchange for step in self.steps for exchange in step.exchanges]

    @property
    def http_status(self) -> int | None:
        """Of the last exchange that got an answer."""
        return next((e["status"] for e in reversed(self.exchanges) if e["status"]), None)

    def observe(self, exchange: Exchange) -> None:
        """Handed to the clients: each exchange is noted under the step that made it."""
        if self.steps:
            self.steps[-1].exchanges.append(exchange._asdict())

    @contextmanager
    def step(self, stage: Stage) -> Iterator[Step]:
        step = Step(stage)
        self.steps.append(step)
        begun = time.monotonic()
        try:
            yield step
            if step.outcome is AttemptOutcome.STARTED:
                step.outcome = AttemptOutcome.DONE
        except SyncError as error:
            step.outcome, step.message, step.note = AttemptOutcome.FAILED, str(error), error.note
            self.last_error = error.code
            raise
        except Exception as error:
            step.outcome, step.message = AttemptOutcome.FAILED, type(error).__name__
            raise
        finally:
            step.duration_ms = round((time.monotonic() - begun) * 1000)

    def as_rows(self) -> list[dict[str, Any]]:
        # Not `asdict`, which copies at every depth: a hundred exchanges a second go through here.
        return [dict(vars(step)) for step in self.steps]
