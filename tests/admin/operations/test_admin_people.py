"""Who may edit accounts of people gains no power by it."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from sync.models import Action, AuditEntry
from tests.admin.setup.setup_pages import boss
from tests.desk import client_of, make_user

pytestmark = pytest.mark.django_db
__all__ = ["boss"]


def test_who_may_edit_people_cannot_make_superusers() -> None:
    editor = make_user("editor")
    rights = Permission.objects.filter(content_type__app_label="auth", codename__endswith="_user")
    editor.user_permissions.set(rights)
    url = reverse("admin:auth_user_change", args=[editor.pk])
    form = {"username": "editor", "is_staff": "on", "is_active": "on", "is_superuser": "on"}
    client_of(editor).post(url, form)
    editor.refresh_from_db()
    assert not editor.is_superuser


def test_a_superusers_page_is_for_superusers() -> None:
    boss, editor = User.objects.create_superuser("boss"), make_user("editor")
    rights = Permission.objects.filter(content_type__app_label="auth", codename__endswith="_user")
    editor.user_permissions.set(rights)
    url = reverse("admin:auth_user_password_change", args=[boss.pk])
    assert client_of(editor).get(url).status_code == 403


def test_what_is_done_to_a_role_is_kept_under_djangos_group(boss: Client) -> None:
    """Pages show groups through a proxy model; the logs know one kind of group only."""
    group = Group.objects.get(name="Auditor")
    url = f"/admin/auth/group/{group.pk}/change/"
    permission = Permission.objects.get(codename="view_push")
    boss.post(url, {"permissions": [permission.pk]}, headers={"Accept-Language": "fr"})
    assert list(group.permissions.all()) == [permission]
    entry = LogEntry.objects.get()
    assert (entry.content_type.model_class(), entry.object_repr) == (Group, "Auditor")
    assert {e.object_type for e in AuditEntry.objects.filter(action=Action.ACCESS)} == {"group"}
    boss.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    assert not Group.objects.filter(name="Auditor").exists()
    assert LogEntry.objects.filter(content_type=entry.content_type).count() == 2
