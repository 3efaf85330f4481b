"""The lag of Flatchr's search, as the read-back sees it, and who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from sync.models import Push
from sync.models.states import PushStatus
from sync.services.reconciling import search_lag
from tests.desk import Desk, client_of, text_of

pytestmark = pytest.mark.django_db


def found_after(*seconds: float, tries: int = 1) -> None:
    """Pushes whose applicant was found so long after the create."""
    desk = Desk()
    closed = timezone.now() - timedelta(hours=3)
    for one in seconds:
        push = desk.push(status=PushStatus.SUCCEEDED)
        Push.objects.filter(pk=push.pk).update(
            closed_at=closed,
            confirmed_at=closed + timedelta(seconds=one),
            confirm_tries=tries,
        )


@pytest.mark.parametrize(
    ("settle", "seconds", "tries", "said"),
    [
        (120, [200, 240, 300], 1, "only after about 240 s"),
        (120, [200, 240], 1, ""),  # too few to tell
        (120, [200, 240, 300], 0, ""),  # each by the first search
        (120, [7200, 7200, 7200], 1, ""),  # looked for again, for an event
        (300, [200, 240, 250], 1, ""),
        (0.5, [30, 31, 32], 1, "only after about 31 s"),
        (0.5, [], 1, "below 30"),
        (29, [], 1, "below 30"),
        (30, [], 1, ""),
    ],
)
def test_what_is_said_of_the_settle_time(
    settings: Any, settle: float, seconds: list[float], tries: int, said: str
) -> None:
    settings.PUSH_SETTLE_SECONDS = settle
    found_after(*seconds, tries=tries)
    warning = search_lag.warning()
    assert said in warning if said else warning == ""


def test_an_old_lag_is_forgotten(settings: Any) -> None:
    settings.PUSH_SETTLE_SECONDS = 120
    found_after(200, 240, 300)
    Push.objects.update(
        closed_at=F("closed_at") - timedelta(days=8),
        confirmed_at=F("confirmed_at") - timedelta(days=8),
    )
    assert search_lag.measured() is None


def test_the_dashboard_and_the_worker_warn(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    settings.PUSH_SETTLE_SECONDS = 120
    found_after(200, 240, 300)
    boss = User.objects.create_superuser("boss")
    assert "only after about 240 s" in text_of(client_of(boss).get("/admin/"))
    monkeypatch.setattr("sync.management.commands.worker.Supervisor.run", lambda _: 0)
    with pytest.raises(SystemExit):
        call_command("worker")
    assert "only after about 240 s" in caplog.text
