"""The form of a workflow, and a run started from its page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sync import tasks
from sync.models import Run, Workflow
from tests.admin.setup.setup_pages import address, boss, form_of, page
from tests.conftest import World
from tests.desk import Desk, make_source, make_vacancy, text_of

pytestmark = pytest.mark.django_db
__all__ = ["boss"]


def test_the_form_tells_the_rules_there_are(boss: Client) -> None:
    text = text_of(boss.get(reverse("admin:sync_workflow_add")))
    assert "has_email" in text
    assert "Separated by commas" in text


def test_a_wrong_rule_is_refused_with_a_sentence(boss: Client) -> None:
    desk = Desk()
    values = {
        "workflow_id": "w",
        "source": desk.source.pk,
        "vacancy": desk.vacancy.pk,
        "read_mode": "sync",
    }
    url = reverse("admin:sync_workflow_add")
    response = boss.post(url, {**values, "logics": '["no_such_rule"]'})
    assert "No rule is registered under the name “no_such_rule”" in text_of(response)
    assert boss.post(url, {**values, "logics": '["has_email"]'}).status_code == 302


def test_run_now_queues_the_profiles_and_shows_the_run(world: World, boss: Client) -> None:
    workflow = Workflow.objects.create(
        workflow_id="now", source=world.bulk, vacancy=world.vacancy()
    )
    response = boss.post(address(workflow, "run"), follow=True)
    run = Run.objects.get()
    assert response.redirect_chain == [(page(run), 302)]
    assert "The run is started." in text_of(response)
    assert run.pushes.count() == 0  # the request reads nothing: a worker does
    tasks.read_workflow(run.pk)
    assert run.pushes.count() == 60


@pytest.mark.parametrize("what", ["source", "vacancy"])
def test_a_workflow_sent_another_way_reads_from_the_beginning(boss: Client, what: str) -> None:
    desk = Desk()
    workflow = Workflow.objects.create(
        workflow_id="w", source=desk.source, vacancy=desk.vacancy, cursor=timezone.now()
    )
    form = form_of(boss, page(workflow))
    boss.post(page(workflow), {**form, "workflow_id": "renamed"})
    workflow.refresh_from_db()
    assert workflow.workflow_id == "renamed" and workflow.cursor
    other = make_source("Other") if what == "source" else make_vacancy(desk.company, "Other")
    assert boss.post(page(workflow), {**form, what: other.pk}).status_code == 302
    workflow.refresh_from_db()
    assert getattr(workflow, what) == other and workflow.cursor is None
