"""The sweep: puts right what a crash, a lost notification or a lost answer has left.

Any number of machines may run it at any time: every step is a conditional UPDATE, and a worker with
a notification pending is not notified twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.models import Push, Run
from sync.services.queue import notify


@dataclass(frozen=True)
class Sweep:
    """What one sweep found."""

    released: int  # pushes of dead workers, given back
    given_up: int  # pushes that were held past their deadline
    due: int  # pushes that wait for a worker now
    finished: int  # runs that were done
    notified: int  # workers notified


def recover() -> Sweep:
    """One sweep now: of pushes, of runs, and of what waits for a worker or a read-back."""
    released = Push.objects.release_expired()
    Push.objects.note_held()
    given_up = Push.objects.give_up_overdue()
    Run.objects.complete_dead()
    finished = Run.objects.finish_done()
    due = Push.objects.due().count()
    notified = notify.workers() if due else 0
    if Push.objects.to_confirm().exists() or Push.objects.to_enrich().exists():
        notified += notify.task(notify.FOLLOW_UP)
    return Sweep(
        released=released, given_up=given_up, due=due, finished=finished, notified=notified
    )
