"""A recruiter who ticks profiles and chooses a vacancy."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sync.models import Profile, Run, RunStatus
from tests.admin.push.profile_pages import LIST, PERMISSIONS
from tests.desk import Desk, client_of, make_user


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.user = make_user("chooser", *PERMISSIONS, company=made.company)
    made.client = client_of(made.user)
    return made


def tick(client: Client, *profiles: Profile, query: str = "", **more: str) -> Any:
    keys = [str(profile.pk) for profile in profiles]
    form = {"action": "push_to_flatchr", "index": "0", "_selected_action": keys, **more}
    return client.post(LIST + query, form)


def begin(desk: Desk, *profiles: Profile) -> Run:
    tick(desk.client, *profiles)
    return Run.objects.filter(status=RunStatus.DRAFT).latest("pk")


def url(name: str, run: Run, *more: Any) -> str:
    return reverse(f"admin:sync_push_{name}", args=[run.pk, *more])


def choose(desk: Desk, run: Run, vacancy: Any = None) -> None:
    desk.client.post(url("choose", run), {"vacancy": (vacancy or desk.vacancy).pk})
    run.refresh_from_db()
