"""How much a property is tried: a little in the suite, more in `python -m tests.fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

from sync.exceptions import LONGEST_NOTE, UserFacingError

FACTOR = float(os.environ.get("FUZZ_FACTOR", "1"))
# Shrinking a case of the long run takes longer than it saves: its blob is printed.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


def fuzz(examples: int, *, steps: int = 50, shrinks: bool = True) -> settings:
    """`examples`: in the suite. `steps`: of a state machine, at most."""
    return settings(
        max_examples=max(round(examples * FACTOR), 1),
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        phases=_PHASES if shrinks else _PHASES[:-1],
        suppress_health_check=list(HealthCheck),
    )


def check_told(error: UserFacingError) -> None:
    """People are told what happened, and a row can hold it."""
    assert str(error) and len(error.note) <= LONGEST_NOTE
    error.note.encode()
