"""A recruiter's way from the sign-in to candidates in Flatchr, in French."""

from __future__ import annotations

import re

import pytest

from sync.models import Push
from sync.models.states import PushStatus
from sync.services.intake.profiles import import_profiles
from tests.browser.conftest import Arrive
from tests.browser.stage import Stage, carry_queue
from tests.browser.visitor import NARROW, WIDE, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
PASSWORD = "a long enough phrase"
BOXES = "input.action-select"


@pytest.fixture
def recruiter(stage: Stage, arrive: Arrive) -> Visitor:
    """Has signed in; there are sixty profiles without any trouble."""
    import_profiles(stage.world.bulk, full=True)
    stage.recruiter.set_password(PASSWORD)
    stage.recruiter.save()
    visitor = arrive(locale="fr-FR")
    visitor.log_in("camille", PASSWORD)
    return visitor


def test_six_clicks_push_ten_candidates_and_two_more_show_what_happened_to_one(
    stage: Stage, recruiter: Visitor
) -> None:
    """Ten rows are two ticks: the first, and the tenth with the shift key held."""
    page = recruiter.page
    assert page.get_attribute("html", "lang") == "fr"
    recruiter.click(".sidebar a[href$='/sync/profile/']")
    recruiter.tick(BOXES, 0)
    recruiter.tick(BOXES, 9, modifiers=["Shift"])
    assert page.inner_text("[data-selection-count]") == "10"
    recruiter.click("button[value=push_to_flatchr]")
    recruiter.click("button.choice:has-text('Comptable')")
    assert page.locator("input[name=take]:checked").count() == 10
    recruiter.click("#confirm-button button")
    page.wait_for_url(re.compile(r"/sync/run/\d+/change/"))
    assert recruiter.clicks <= 6
    stage.work()
    page.wait_for_selector("#run-progress .status--done")
    assert page.inner_text(".tallies__number") == "10"
    assert len(stage.world.sandbox.received()) == 10
    recruiter.click(".sidebar a[href$='/sync/push/']")
    assert page.locator("#result_list .status--succeeded").count() == 10
    recruiter.click("#result_list tbody a")
    assert recruiter.heading() == Push.objects.latest("pk").candidate_name
    page.click(".steps-of > summary")
    assert page.locator(".steps-list > li").count() >= 4
    assert recruiter.complaints() == []


def test_the_keyboard_alone_chooses_a_vacancy_and_confirms(
    stage: Stage, recruiter: Visitor
) -> None:
    page = recruiter.page
    recruiter.open("/admin/sync/profile/")
    page.focus(BOXES)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/push/\d+/"))
    page.wait_for_selector("#vacancy-search:focus")
    with page.expect_response(re.compile("/vacancies/")):
        page.keyboard.type("compta")
    page.wait_for_selector("#vacancies li:only-child")
    _walk_to(recruiter, "#vacancies .choice")
    page.keyboard.press("Enter")
    page.wait_for_selector(".vacancy-choice__title")
    _walk_to(recruiter, "#confirm-button button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/sync/run/\d+/change/"))
    assert Push.objects.get().status == PushStatus.QUEUED
    assert recruiter.complaints() == []


def test_a_menu_opens_within_the_window(recruiter: Visitor) -> None:
    page = recruiter.page
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        recruiter.open("/admin/sync/profile/")
        for menu in page.locator(".toolbar details.menu").all():
            menu.locator("summary").click()
            page.wait_for_function(INSIDE)
            page.keyboard.press("Escape")
    assert recruiter.complaints() == []


INSIDE = """() => {
    const box = document.querySelector('details.menu[open] .menu__panel').getBoundingClientRect();
    return box.left >= 0 && box.right <= innerWidth;
}"""


def test_a_refresh_is_followed_on_the_list_to_its_end(stage: Stage, recruiter: Visitor) -> None:
    page = recruiter.page
    recruiter.open("/admin/sync/profile/")
    recruiter.click("button:has-text('Actualiser depuis HrFlow')")
    page.wait_for_selector("text=l’import démarre dans un instant")
    carry_queue()
    page.wait_for_selector("text=CVthèque est à jour : 60 profils.")
    assert page.locator("[hx-trigger='every 1s']").count() == 0
    assert recruiter.complaints() == []


def test_two_runs_of_one_selection_are_followed_on_their_list(
    stage: Stage, recruiter: Visitor
) -> None:
    page, world = recruiter.page, stage.world
    stage.dispatch(*world.keys(2), source=world.bulk, vacancy=world.vacancy())
    recruiter.open("/admin/sync/run/")
    page.locator("#result_list tbody th a").focus()
    stage.work()
    page.wait_for_selector("#result_list .status--done")
    assert page.inner_text("#result_list [id$='-outcome']") == "2 dans Flatchr"
    assert page.evaluate("document.activeElement.matches('#result_list tbody th a')")
    assert recruiter.complaints() == []


def _walk_to(visitor: Visitor, target: str, most: int = 60) -> None:
    """Tab by tab; each stop on the way must be seen to have the focus."""
    for _ in range(most):
        visitor.page.keyboard.press("Tab")
        stop = visitor.page.evaluate(FOCUS, target)
        assert stop["seen"], stop["html"]
        if stop["arrived"]:
            return
    raise AssertionError(f"{target} cannot be reached by keyboard")


FOCUS = """(target) => {
    const here = document.activeElement;
    const box = here.getBoundingClientRect(), style = getComputedStyle(here);
    const marked = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
    return {
        arrived: here.matches(target),
        seen: here === document.body || (box.width > 0 && marked),
        html: here.outerHTML.slice(0, 200),
    };
}"""
