"""The sweep: puts right what a crash, a lost doorbell or a lost answer has left.

Any number of machines may run it at any time: every step is a conditional UPDATE, and the bell that
it rings does not ring twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.models import Push, Run
from sync.services import doorbell


@dataclass(frozen=True)
class Sweep:
    """What one sweep found."""

    released: int  # pushes of dead workers, given back
    given_up: int  # pushes that a paused account has held past their deadline
    due: int  # pushes that wait for a worker now
    finished: int  # runs that were done
    rung: int  # doorbells rung


def recover() -> Sweep:
    released = Push.objects.release_expired()
    given_up = Push.objects.give_up_overdue()
    Run.objects.complete_dead()
    finished = Run.objects.finish_done()
    due = Push.objects.due().count()
    rung = doorbell.ring() if due else 0
    if Push.objects.to_confirm().exists() or Push.objects.to_enrich().exists():
        rung += doorbell.ring_bell(doorbell.FOLLOW_UP)
    return Sweep(released=released, given_up=given_up, due=due, finished=finished, rung=rung)
