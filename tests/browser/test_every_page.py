"""Every page there is, in French: nothing in English, nothing wider than its window, nothing that
axe or the browser complains about, in either theme."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.urls import reverse

from sync.admin import dashboard
from sync.models import FlatchrVacancy, Profile, Push, Run, RunStatus
from sync.models.states import PushStatus
from sync.services.selection import drafts
from tests.browser.conftest import Arrive
from tests.browser.stage import QUESTIONS, Stage
from tests.browser.visitor import NARROW, WIDE, Visitor
from tests.browser.words import READ, english_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
EVERY_RULE: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
CONTRAST = {**EVERY_RULE, "runOnly": ["color-contrast"]}
# What a narrow window can add: parts that scroll, or come too close together.
LAYOUT = {**EVERY_RULE, "runOnly": ["scrollable-region-focusable", "target-size"]}
LAYOUT |= {"rules": {"target-size": {"enabled": True}}}
# Tables scroll within their card; where there is room, nobody should have to.
CUT = """[...document.querySelectorAll('.results')]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
    .map((one) => `${one.scrollWidth - one.clientWidth} pixels of ${one.innerText.slice(0, 60)}`)"""


def faults_of(visitor: Visitor, path: str) -> Iterator[str]:
    """What is wrong with the page at this address, in words."""
    page = visitor.page
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    if (status := visitor.open(path)) != 200:
        yield f"HTTP {status}"
    page.wait_for_selector("[hx-trigger=load]", state="detached")
    yield from (f"the browser: {problem}" for problem in visitor.complaints())
    yield from (f"in English: {text}" for text in english_in(page.evaluate(READ)))
    yield from _looks(visitor)
    visitor.problems.clear()  # axe itself tries things that the policy forbids


def _looks(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    page.evaluate(AXE_SCRIPT)
    yield from _axe(visitor, EVERY_RULE, "wide, light")
    yield from _width(visitor)
    yield from (f"cut off on a wide screen: {table}" for table in page.evaluate(CUT))
    page.emulate_media(color_scheme="dark")
    yield from _axe(visitor, CONTRAST, "dark")
    page.set_viewport_size(NARROW)
    yield from _width(visitor)
    yield from _axe(visitor, LAYOUT, "narrow")


def _axe(visitor: Visitor, options: dict[str, Any], where: str) -> Iterator[str]:
    found = visitor.page.evaluate(f"axe.run({json.dumps(options)}).then((r) => r.violations)")
    for rule in found:
        places = "; ".join(node["html"][:160] for node in rule["nodes"][:2])
        yield f"axe, {where}: {rule['id']}: {places}"


def _width(visitor: Visitor) -> Iterator[str]:
    if (pixels := visitor.overflow()) > 0:
        yield f"{pixels} pixels too wide at {visitor.page.viewport_size['width']}"


def assert_faultless(visitor: Visitor, paths: list[str]) -> None:
    faults = {path: found for path in paths if (found := list(faults_of(visitor, path)))}
    assert not faults, "\n".join(
        f"{path}\n    " + "\n    ".join(found) for path, found in faults.items()
    )


# --- the pages ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fifteenth row tells all that the fiftieth would."""
    for desk in admin.site._registry.values():
        monkeypatch.setattr(desk, "list_per_page", 15)


def test_what_a_recruiter_sees_is_faultless(stage: Stage, arrive: Arrive) -> None:
    stage.import_all()
    stage.fill()
    drafted = _draft(stage)
    stage.dispatch(*stage.world.keys(12), source=stage.world.bulk, vacancy=_quiet_vacancy(stage))
    assert_faultless(arrive(stage.recruiter, locale="fr-FR"), [*_daily(drafted), *_of_pushes()])


def _draft(stage: Stage) -> Run:
    """Blocked rows, rows without e-mail, and screening questions."""
    troubled = Profile.objects.filter(source=stage.world.source)
    run = drafts.begin(troubled, user=stage.recruiter, vacancy=stage.world.vacancy())
    FlatchrVacancy.objects.filter(pk=run.vacancy_id).update(questions=QUESTIONS)
    return run


def _quiet_vacancy(stage: Stage) -> FlatchrVacancy:
    return stage.world.company.vacancies.filter(is_open=True).latest("pk")


def _daily(drafted: Run) -> list[str]:
    undecided = drafts.begin(Profile.objects.all(), user=drafted.requested_by)
    ready = Profile.objects.exclude(full_name="").filter(has_resume=True).first()
    chosen = drafted.selection.exclude(excluded=True).first()
    lists = ("profile", "flatchrvacancy", "push", "run")
    return [
        "/admin/",
        *(reverse(f"admin:sync_{name}_changelist") for name in lists),
        reverse("admin:sync_profile_changelist") + "?q=nobody-has-this-name",
        reverse("admin:sync_profile_change", args=[ready.pk]),
        reverse("admin:sync_flatchrvacancy_change", args=[drafted.vacancy_id]),
        reverse("admin:sync_push_draft", args=[undecided.pk]),
        reverse("admin:sync_push_draft", args=[drafted.pk]),
        reverse("admin:sync_push_exact", args=[drafted.pk, chosen.profile_id]),
        reverse("admin:sync_inbox"),
        reverse("admin:password_change"),
    ]


def _of_pushes() -> list[str]:
    runs = Run.objects.exclude(status=RunStatus.DRAFT)
    failed = Push.objects.filter(status=PushStatus.FAILED).latest("pk")
    told = (PushStatus.SUCCEEDED, PushStatus.UNCONFIRMED, PushStatus.QUEUED)
    pushes = [failed, *(Push.objects.filter(status=status).latest("pk") for status in told)]
    repeated = reverse("admin:sync_push_act", args=[pushes[1].pk, "repeat"])
    return [
        *(reverse("admin:sync_push_change", args=[push.pk]) for push in pushes),
        repeated,
        *(reverse("admin:sync_run_change", args=[run.pk]) for run in (failed.run, runs.first())),
    ]


def test_what_is_set_up_and_looked_after_is_faultless(stage: Stage, arrive: Arrive) -> None:
    world = stage.world
    stage.import_all()
    stage.dispatch(*world.keys(3), world.key("no_resume"), source=world.bulk)
    stage.work()
    boss = stage.boss()
    paths = ["/admin/", *_of_models(boss), "/admin/sync/erasedperson/"]
    assert_faultless(arrive(boss, locale="fr-FR"), paths)


def _of_models(boss: User) -> list[str]:
    """List, new, one, its change log and the question before deleting, as far as they are offered,
    of every model; but for what a recruiter sees too."""
    request = RequestFactory().get("/")
    request.user = boss
    paths = [f"/admin/auth/user/{boss.pk}/password/"]
    for model, desk in admin.site._registry.items():
        if model not in (Profile, Push, Run):
            paths += _of_model(model, desk, request)
    return paths


def _of_model(model: Any, desk: Any, request: Any) -> Iterator[str]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield reverse(f"{name}_changelist")
    if desk.has_add_permission(request):
        yield reverse(f"{name}_add")
    first = model._default_manager.order_by("pk").first()
    if first is None:
        return
    yield reverse(f"{name}_change", args=[first.pk])
    if desk.has_change_permission(request, first):
        yield reverse(f"{name}_history", args=[first.pk])
    if desk.has_delete_permission(request, first):
        yield reverse(f"{name}_delete", args=[first.pk])


def test_an_empty_installation_is_faultless(arrive: Arrive) -> None:
    boss = User.objects.create_superuser("boss", "boss@example.com")
    names = ("profile", "push", "run", "flatchrcompany", "hrflowsource", "workergroup")
    paths = ["/admin/", *(reverse(f"admin:sync_{name}_changelist") for name in names)]
    assert_faultless(arrive(boss, locale="fr-FR"), [*paths, reverse("admin:sync_inbox")])


def test_the_door_is_faultless(arrive: Arrive) -> None:
    visitor = arrive(locale="fr-FR")
    assert_faultless(visitor, ["/admin/login/"])
    visitor.page.fill("[name=username]", "nobody")
    visitor.page.fill("[name=password]", "whatever it was")
    visitor.page.press("[name=password]", "Enter")
    visitor.page.wait_for_selector(".errornote")
    assert english_in(visitor.page.evaluate(READ)) == []
    assert list(_looks(visitor)) == []


@pytest.mark.parametrize(
    ("path", "status"), [("/admin/no-such-page", 404), ("/admin/auth/user/", 403)]
)
def test_what_is_not_there_or_not_allowed_is_told_as_well(
    stage: Stage, arrive: Arrive, path: str, status: int
) -> None:
    visitor = arrive(stage.recruiter, locale="fr-FR")
    assert visitor.open(path) == status
    assert english_in(visitor.page.evaluate(READ)) == []
    assert list(_looks(visitor)) == []
    visitor.page.click("main a:has-text('Accueil')")
    assert visitor.page.url == f"{visitor.base}/admin/"


def test_a_fault_of_ours_is_told_in_french(stage: Stage, arrive: Arrive, monkeypatch: Any) -> None:
    monkeypatch.setattr(dashboard, "context", _broken)
    visitor = arrive(stage.recruiter, locale="fr-FR")
    assert visitor.open("/admin/") == 500
    assert english_in(visitor.page.evaluate(READ)) == []
    assert list(_looks(visitor)) == []


def _broken(*_: Any, **__: Any) -> None:
    raise RuntimeError("a fault of ours")
