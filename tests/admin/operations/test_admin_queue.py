"""Pages of the queue: read-only, and only for operators."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule, Success

from tests.admin.setup.setup_pages import boss
from tests.desk import client_of, make_user, text_of

pytestmark = pytest.mark.django_db
__all__ = ["boss"]


@pytest.mark.parametrize("model", ["schedule", "success", "failure", "ormq"])
def test_the_queue_is_read_only_even_for_superusers(boss: Client, model: str) -> None:
    assert boss.get(reverse(f"admin:django_q_{model}_changelist")).status_code == 200
    assert boss.get(reverse(f"admin:django_q_{model}_add")).status_code == 403


def test_a_schedule_cannot_be_changed_or_deleted(boss: Client) -> None:
    schedule = Schedule.objects.create(func="sync.tasks.beat", name="mine")
    url = reverse("admin:django_q_schedule_change", args=[schedule.pk])
    boss.post(url, {"func": "os.system", "name": "mine"})
    boss.post(reverse("admin:django_q_schedule_delete", args=[schedule.pk]), {"post": "yes"})
    action = {"action": "delete_selected", "_selected_action": [schedule.pk], "post": "yes"}
    boss.post(reverse("admin:django_q_schedule_changelist"), {**action, "index": "0"})
    schedule.refresh_from_db()
    assert schedule.func == "sync.tasks.beat"


def test_only_operators_see_the_queue_and_the_workers() -> None:
    permissions = ("view_profile", "view_push", "view_workergroup")
    recruiter = client_of(make_user("recruiter", *permissions))
    operator = client_of(make_user("operator", *permissions, "see_all_companies"))
    url = reverse("admin:sync_workergroup_changelist")
    assert recruiter.get(url).status_code == 403
    assert "Operations" not in text_of(recruiter.get("/admin/sync/profile/"))
    assert operator.get(url).status_code == 200
    assert "Operations" in text_of(operator.get("/admin/sync/profile/"))


def test_a_finished_task_can_be_looked_at(boss: Client) -> None:
    now = timezone.now()
    values = {"func": "sync.tasks.beat", "started": now, "stopped": now, "success": True}
    Success.objects.create(id="a" * 32, name="one", result="fine", **values)
    url = reverse("admin:django_q_success_change", args=["a" * 32])
    assert "fine" in text_of(boss.get(url))
