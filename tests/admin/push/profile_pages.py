"""Profiles, the address of their list, and the permissions of who chooses from it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from sync.models import HrFlowSource, Profile

LIST = "/admin/sync/profile/"
PERMISSIONS = ("view_profile", "view_push", "view_run", "push_profiles")


def make_profile(source: HrFlowSource, name: str, **more: Any) -> Profile:
    values = {"key": f"key-{name}", "full_name": name, "has_resume": True, "email": "a@example.com"}
    values["remote_created_at"] = timezone.now()
    return Profile.objects.create(source=source, **{**values, **more})
