"""Pages of pushes in the admin."""

from __future__ import annotations

from typing import Any

from sync.models import Push
from tests.desk import Desk

LIST = "/admin/sync/push/"


def page(push: Push) -> str:
    return f"{LIST}{push.pk}/change/"


def deed(push: Push, verb: str) -> str:
    return f"{LIST}{push.pk}/do/{verb}/"


def tick(desk: Desk, action: str, *pushes: Push, query: str = "", **more: str) -> Any:
    fields = {"action": action, "index": "0", "select_across": "0", **more}
    ticked = [str(push.pk) for push in pushes]
    return desk.client.post(f"{LIST}?{query}", {**fields, "_selected_action": ticked})
