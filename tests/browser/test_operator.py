"""An operator's work in English: setting up, looking after the queue, clearing failures."""

from __future__ import annotations

import re
import threading

import pytest
from django.db import connections

from sync.models import Push
from sync.models.states import PushStatus
from tests.browser.conftest import Arrive
from tests.browser.stage import Stage, carry_queue
from tests.browser.visitor import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def operator(stage: Stage, arrive: Arrive) -> Visitor:
    return arrive(stage.operator, locale="en-GB")


def said(visitor: Visitor) -> str:
    """What the test of a connection answers."""
    with visitor.page.expect_response(re.compile("/test/")):
        visitor.page.click("button[hx-post$='/test/']")
    visitor.page.wait_for_selector("#test-result .notice")
    answer = visitor.text("#test-result .notice")
    visitor.page.evaluate("document.querySelector('#test-result').replaceChildren()")
    return answer


def test_a_source_says_whether_its_key_is_right_and_shows_how_far_an_import_is(
    stage: Stage, operator: Visitor
) -> None:
    page = operator.page
    operator.open(f"/admin/sync/hrflowsource/{stage.world.bulk.pk}/change/")
    assert said(operator) == "HrFlow accepts the credentials. The source holds 60 profiles."
    page.fill("[name=api_secret]", "not-the-key-at-all")
    page.click("[name=_continue]")
    assert "HrFlow refused the API key or the user e-mail of the source." in said(operator)
    page.fill("[name=api_secret]", stage.world.sandbox.api_secret)
    page.click("[name=_continue]")

    page.click(".import button:has-text('Refresh from HrFlow')")
    page.wait_for_selector("text=a worker begins in a moment")
    stage.world.sandbox.set_faults(latency_ms=1500)
    worker = threading.Thread(target=work_off_the_queue)
    worker.start()
    page.wait_for_selector("text=Importing CVthèque")
    worker.join()
    page.wait_for_selector(".import .facts a:text-is('60')")
    assert operator.complaints() == []


def work_off_the_queue() -> None:
    try:
        carry_queue()
    finally:
        connections.close_all()


def test_a_company_is_tested_and_its_vacancies_fetched(stage: Stage, operator: Visitor) -> None:
    page, company = operator.page, stage.world.company
    stage.world.sandbox.change_vacancy(stage.world.vacancy().slug, open=False)
    operator.open(f"/admin/sync/flatchrcompany/{company.pk}/change/")
    assert "Flatchr accepts the key." in said(operator)
    page.click("button:has-text('Fetch vacancies')")
    assert f"{company}: 0 new vacancies" in operator.text(".messagelist")
    assert "1 closed" in operator.text(".messagelist")
    page.click(".sidebar a[href$='/sync/workergroup/']")
    assert "desk-1" in operator.text("#result_list")
    assert operator.text("#result_list .status") == "running"
    assert operator.complaints() == []


def test_a_group_of_failures_is_retried_at_once(stage: Stage, operator: Visitor) -> None:
    world, page = stage.world, operator.page
    stage.dispatch(world.key("no_resume"), world.key("nulls"), world.key("resume_empty"))
    stage.work()
    operator.open("/admin/sync/push/failures/")
    group = page.locator(".group", has_text="no CV").first
    count = int(group.locator(".group__count strong").inner_text())
    world.company.resume_policy = "generate"
    world.company.save()
    group.locator(".group__verbs button").click()
    page.click("[name=confirmed]") if page.locator("[name=confirmed]").count() else None
    assert "will be tried again" in operator.text(".messagelist")
    assert Push.objects.filter(status=PushStatus.QUEUED).count() == count
    stage.work()
    page.reload()
    assert page.locator(".group", has_text="no CV").count() == 0
    assert Push.objects.filter(status=PushStatus.SUCCEEDED).exists()
    assert operator.complaints() == []
