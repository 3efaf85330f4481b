"""The schedules that every installation has."""

from __future__ import annotations

from django_q.models import Schedule

SCHEDULES = {
    # Puts right what crashes left, besides the watchers that do so more often.
    "sweep": ("sync.tasks.sweep", 1),
}


def ensure_schedules() -> None:
    for name, (function, minutes) in SCHEDULES.items():
        Schedule.objects.update_or_create(
            name=name,
            defaults={"func": function, "schedule_type": Schedule.MINUTES, "minutes": minutes},
        )
    Schedule.objects.filter(func__startswith="sync.tasks.").exclude(name__in=SCHEDULES).delete()
