"""What a page costs: bytes on the first visit, and work on the server."""

from __future__ import annotations

import gzip
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sync.models import Profile, Push, Run
from sync.services.selection import drafts
from tests.browser.conftest import Arrive
from tests.browser.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
MOST_BYTES = 150_000
# Beside its time on a quiet machine this says the same on a busy one (seconds of this thread).
MOST_SECONDS = 0.3
MOST_STATEMENTS = 45
LISTS = ("profile", "push", "run", "flatchrvacancy")


def sent(response: Any) -> int:
    """Bytes as production sends them: pages as they are, static files with gzip (WhiteNoise)."""
    body = response.body()
    if "/static/" in response.url:
        return min(len(body), len(gzip.compress(body, 9)))
    return len(body)


@pytest.mark.browser
def test_a_list_is_light_on_the_first_visit(stage: Stage, arrive: Arrive) -> None:
    stage.import_all()
    stage.fill()
    weights = {}
    for name in LISTS:
        visitor, responses = arrive(stage.recruiter, locale="fr-FR"), list[Any]()
        visitor.page.on("response", lambda response, seen=responses: seen.append(response))
        visitor.open(reverse(f"admin:sync_{name}_changelist"))
        visitor.page.wait_for_load_state("networkidle")
        weights[name] = sum(map(sent, responses))
        assert len(responses) > 4, "the style sheet, the scripts and the icons are part of it"
    assert max(weights.values()) <= MOST_BYTES, weights


def test_every_page_is_quick_on_the_server(stage: Stage) -> None:
    stage.import_all()
    stage.fill()
    client = Client()
    client.force_login(stage.recruiter)
    costs = {path: cost(client, path) for path in pages(stage)}
    slow = {path: seconds for path, (seconds, _) in costs.items() if seconds > MOST_SECONDS}
    busy = {path: count for path, (_, count) in costs.items() if count > MOST_STATEMENTS}
    assert not slow
    assert not busy


def pages(stage: Stage) -> list[str]:
    draft = drafts.begin(Profile.objects.all(), user=stage.recruiter, vacancy=stage.world.vacancy())
    return [
        "/admin/",
        *(reverse(f"admin:sync_{name}_changelist") for name in LISTS),
        reverse("admin:sync_inbox"),
        reverse("admin:sync_push_draft", args=[draft.pk]),
        reverse("admin:sync_profile_change", args=[Profile.objects.earliest("pk").pk]),
        reverse("admin:sync_push_change", args=[Push.objects.latest("pk").pk]),
        reverse("admin:sync_run_change", args=[Run.objects.exclude(status="draft")[0].pk]),
    ]


def cost(client: Client, path: str) -> tuple[float, int]:
    """CPU seconds and statements, once templates and sessions are warm."""
    assert client.get(path).status_code == 200, path
    with CaptureQueriesContext(connection) as statements:
        begun = time.thread_time()
        client.get(path)
        seconds = time.thread_time() - begun
    return seconds, len(statements)
