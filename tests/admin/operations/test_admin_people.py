"""Who may edit accounts of people gains no power by it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.desk import client_of, make_user

pytestmark = pytest.mark.django_db


def test_who_may_edit_people_cannot_make_superusers() -> None:
    from django.contrib.auth.models import Permission

    editor = make_user("editor")
    rights = Permission.objects.filter(content_type__app_label="auth", codename__endswith="_user")
    editor.user_permissions.set(rights)
    url = reverse("admin:auth_user_change", args=[editor.pk])
    form = {"username": "editor", "is_staff": "on", "is_active": "on", "is_superuser": "on"}
    client_of(editor).post(url, form)
    editor.refresh_from_db()
    assert not editor.is_superuser


def test_a_superusers_page_is_for_superusers() -> None:
    from django.contrib.auth.models import Permission

    boss, editor = User.objects.create_superuser("boss"), make_user("editor")
    rights = Permission.objects.filter(content_type__app_label="auth", codename__endswith="_user")
    editor.user_permissions.set(rights)
    url = reverse("admin:auth_user_password_change", args=[boss.pk])
    assert client_of(editor).get(url).status_code == 403
