"""How long Flatchr's search lags behind a create, as the read-back sees it.

A look-up that asks sooner may miss a candidate that is there, and send a second one: so
PUSH_SETTLE_SECONDS must be longer, and people are told where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from sync.models import Push

# Below this, nothing that has been seen of Flatchr is sure to be shown.
FLOOR_SECONDS = 30
DAYS = 7
# Fewer late ones may have other reasons, such as a name that Flatchr has changed.
FEWEST_LATE = 3
# An applicant found later than this was looked for again for another reason.
LONGEST_LAG = timedelta(hours=1)
MOST_READ = 200


@dataclass(frozen=True)
class Lag:
    """Of the last DAYS days. `late`: candidates that the first search did not show, counted up to
    MOST_READ; `seconds` until they were found (their median)."""

    late: int
    seconds: float


def measured() -> Lag | None:
    """None where too few were late to tell."""
    late = Push.objects.filter(
        closed_at__gte=Now() - timedelta(days=DAYS),
        confirm_tries__gt=0,
        confirmed_at__gt=F("closed_at"),
        confirmed_at__lt=F("closed_at") + LONGEST_LAG,
    )
    times = late.order_by("-closed_at").values_list("closed_at", "confirmed_at")[:MOST_READ]
    seconds = [(found - closed).total_seconds() for closed, found in times if found and closed]
    return Lag(len(seconds), median(seconds)) if len(seconds) >= FEWEST_LATE else None


def warning() -> str:
    """What is wrong with PUSH_SETTLE_SECONDS, in a sentence; empty where nothing is."""
    settle, lag = settings.PUSH_SETTLE_SECONDS, measured()
    if lag is not None and lag.seconds > settle:
        words = _(
            "Flatchr's search showed %(count)d new candidates only after about %(lag)d s, and "
            "PUSH_SETTLE_SECONDS is %(settle)d: a lost answer may be taken for “not created”, and "
            "the candidate sent twice. Set it higher."
        )
        return words % {"count": lag.late, "lag": lag.seconds, "settle": settle}
    if settle < FLOOR_SECONDS:
        words = _(
            "PUSH_SETTLE_SECONDS is %(settle)d, below %(floor)d: Flatchr's search may not show a "
            "new candidate yet, and the candidate may be sent twice. Set it higher."
        )
        return words % {"settle": settle, "floor": FLOOR_SECONDS}
    return ""
