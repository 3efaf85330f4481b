"""The pictures of the guides, taken anew with `SCREENSHOTS=1`; each must be worth looking at."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from sync.models import FlatchrCompany, FlatchrVacancy, Profile, Push, Run, RunStatus
from sync.models.states import PushStatus
from tests.browser.conftest import Arrive
from tests.browser.stage import QUESTIONS, Stage
from tests.browser.visitor import Visitor
from tests.desk import make_push

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not os.environ.get("SCREENSHOTS"), reason="only with SCREENSHOTS=1"),
]
IMAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "images"
SIZE = {"width": 1280, "height": 800}
MOST_BYTES = 150_000
LOCALES = {"en": "en-GB", "fr": "fr-FR"}
S = PushStatus


def take(visitor: Visitor, name: str) -> None:
    """With a palette: a screen has few colours."""
    visitor.page.mouse.move(0, 0)
    picture = Image.open(io.BytesIO(visitor.page.screenshot())).convert("RGB")
    IMAGES.mkdir(exist_ok=True)
    path = IMAGES / f"{name}.png"
    picture.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES


@pytest.fixture
def lively(stage: Stage) -> Stage:
    stage.import_all()
    stage.fill()
    expiry = timezone.localdate() + timedelta(days=300)
    FlatchrCompany.objects.update(auth_expires_on=expiry, enrich=True)
    return stage


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures_of_a_recruiters_day(lively: Stage, arrive: Arrive, language: str) -> None:
    visitor = arrive(lively.recruiter, locale=LOCALES[language], viewport=SIZE)
    for name, picture in _day(lively, visitor):
        take(visitor, f"{name}.{language}")
        assert picture is None


def _day(stage: Stage, visitor: Visitor) -> Iterator[tuple[str, None]]:
    page = visitor.page
    visitor.open("/admin/")
    yield "dashboard", None
    visitor.open(reverse("admin:sync_profile_changelist"))
    page.locator("input.action-select").nth(0).click()
    page.locator("input.action-select").nth(9).click(modifiers=["Shift"])
    page.evaluate("window.scrollTo(0, 0)")
    yield "profiles", None
    page.click("button[value=push_to_flatchr]")
    page.wait_for_selector("#vacancies .choice")
    yield "vacancy", None
    _ask(stage.world.vacancy())
    page.click("button.choice:has-text('Comptable')")
    page.wait_for_selector(".vacancy-choice__title")
    yield "preview", None
    visitor.open(reverse("admin:sync_push_changelist"))
    yield "history", None
    sent = Push.objects.filter(status=S.SUCCEEDED, tries__isnull=False).latest("pk")
    visitor.open(reverse("admin:sync_push_change", args=[sent.pk]))
    page.click(".steps-of > summary")
    yield "push", None
    visitor.open(reverse("admin:sync_inbox"))
    yield "inbox", None
    visitor.open(reverse("admin:sync_run_change", args=[_running(stage).pk]))
    yield "run", None


def _ask(vacancy: FlatchrVacancy) -> None:
    """Not fetched from Flatchr: the sandbox's vacancy has none."""
    FlatchrVacancy.objects.filter(pk=vacancy.pk).update(remote_id="", questions=QUESTIONS)


def _running(stage: Stage) -> Run:
    at, world = timezone.now() - timedelta(seconds=8), stage.world
    run = Run.objects.create(
        kind="batch", source=world.bulk, vacancy=world.vacancy("Développeur Python (H/F)"),
        requested_by=stage.recruiter, status=RunStatus.RUNNING, created_at=at, started_at=at,
    )  # fmt: skip
    states = [*[S.SUCCEEDED] * 14, S.FAILED, S.ALREADY_THERE, *[S.QUEUED] * 8]
    taken = Push.objects.filter(vacancy=run.vacancy).values("profile_key")
    free = Profile.objects.filter(source=world.bulk).exclude(key__in=taken)
    for status, profile in zip(states, free, strict=False):
        about = {"candidate_name": profile.full_name, "candidate_email": profile.email}
        make_push(run, status, profile_key=profile.key, **about)
    return run


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures_of_an_operators_work(lively: Stage, arrive: Arrive, language: str) -> None:
    window: dict[str, Any] = {"locale": LOCALES[language], "viewport": SIZE}
    visitor = arrive(lively.operator, **window)
    company = lively.world.company
    visitor.open(reverse("admin:sync_flatchrcompany_change", args=[company.pk]))
    visitor.page.click("button[hx-post$='/test/']")
    visitor.page.wait_for_selector("#test-result .notice")
    take(visitor, f"company.{language}")
    visitor.page.emulate_media(color_scheme="dark")
    visitor.open("/admin/")
    take(visitor, f"dashboard-dark.{language}")
