"""Nobody gains power: over the queue, by a format, by accounts or groups."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django_q.models import Failure, OrmQ, Schedule, Success

from sync.services.security.roles import OPERATOR
from tests.admin.access.two_companies import Both, ask, both
from tests.desk import client_of

pytestmark = pytest.mark.django_db
__all__ = ["both"]


@pytest.mark.parametrize("role", "OS")
@pytest.mark.parametrize("model", [Schedule, Success, Failure, OrmQ])
def test_nobody_writes_what_the_queue_executes(both: Both, role: str, model: Any) -> None:
    """A schedule may name any function there is: one that can be edited is a shell."""
    name = str(model._meta.model_name)
    base, row = f"/admin/django_q/{name}/", both.others[name]
    fields = {"name": "sweep", "func": "os.system", "args": "'id'", "schedule_type": "O"}
    for path in (f"{base}add/", f"{base}{row.pk}/change/", f"{base}{row.pk}/delete/"):
        assert ask(both.clients[role], "post", path, **fields).status_code == 403
    assert Schedule.objects.filter(func="os.system").count() == 0


@pytest.mark.parametrize("value", ["os.system", "sync.tasks.work", "__import__('os')", "{{7*7}}"])
def test_a_format_or_rule_is_one_that_was_registered(both: Both, value: str) -> None:
    row = both.ours.rows["workflow"]
    form = {
        "workflow_id": row.workflow_id,
        "source": row.source_id,
        "vacancy": row.vacancy_id,
        "read_mode": "sync",
        "logics": "[]",
    }
    path = f"/admin/sync/workflow/{row.pk}/change/"
    for forged in ({"format": value}, {"logics": f'["{value}"]'}):
        fresh = Client()
        fresh.cookies = deepcopy(both.clients["O"].cookies)
        assert fresh.post(path, form | forged).status_code == 200  # the form again, with its fault
    row.refresh_from_db()
    assert (row.format, row.logics) == ("", [])


def test_who_may_edit_people_gives_nobody_more_power(both: Both) -> None:
    clerk = User.objects.create(username="clerk", is_staff=True)
    wanted = Permission.objects.filter(codename__in=("view_user", "change_user"))
    clerk.user_permissions.set(wanted)
    client = client_of(clerk)
    boss = User.objects.get(username="boss")
    assert client.post(f"/admin/auth/user/{boss.pk}/password/").status_code == 403
    assert client.post(f"/admin/auth/user/{boss.pk}/change/").status_code == 403
    form = {"username": "clerk", "is_superuser": "on", "is_active": "on", "is_staff": "on"}
    form |= {"groups": Group.objects.get(name=OPERATOR).pk}
    client.post(f"/admin/auth/user/{clerk.pk}/change/", form)
    clerk.refresh_from_db()
    assert not clerk.is_superuser
    assert not clerk.groups.exists()


def clerk_with(*codenames: str) -> User:
    """Staff with these of Django's own permissions, and of no company."""
    clerk = User.objects.create(username="clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return clerk


@pytest.mark.parametrize("name", ["clerks", OPERATOR])
def test_who_may_edit_groups_gives_no_group_more_power(both: Both, name: str) -> None:
    clerk = clerk_with("view_group", "add_group", "change_group", "delete_group")
    group, _new = Group.objects.get_or_create(name=name)
    clerk.groups.add(Group.objects.get_or_create(name="clerks")[0])
    held = set(group.permissions.all())
    client = client_of(clerk)
    form = {"name": name, "permissions": [p.pk for p in Permission.objects.all()]}
    assert client.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200
    assert client.post(f"/admin/auth/group/{group.pk}/change/", form).status_code == 403
    assert client.post("/admin/auth/group/add/", form | {"name": "mine"}).status_code == 403
    assert client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert set(group.permissions.all()) == held


def above(both: Both, kind: str) -> User:
    """Somebody who may something that a clerk may not."""
    if kind == "role":
        return User.objects.get(username="operator")
    person = User.objects.create(username="above", is_active=kind != "switched off")
    if kind == "member":
        both.theirs.rows["flatchrcompany"].members.add(person)
    else:
        person.user_permissions.add(Permission.objects.get(codename="manage_credentials"))
    return person


@pytest.mark.parametrize("kind", ["role", "own permission", "switched off", "member"])
def test_nobody_takes_over_an_account_that_may_more(both: Both, kind: str) -> None:
    person = above(both, kind)
    client = client_of(clerk_with("view_user", "change_user", "delete_user"))
    password = "a-very-long-passw0rd"
    form = {"password1": password, "password2": password, "usable_password": "true"}
    assert client.post(f"/admin/auth/user/{person.pk}/password/", form).status_code == 403
    renamed = {"username": "mine", "is_active": "on"}
    assert client.post(f"/admin/auth/user/{person.pk}/change/", renamed).status_code == 403
    assert client.post(f"/admin/auth/user/{person.pk}/delete/", {"post": "yes"}).status_code == 403
    person.refresh_from_db()
    assert person.username != "mine" and not person.check_password(password)


def test_who_may_edit_people_looks_after_those_who_may_no_more(both: Both) -> None:
    clerk = clerk_with("view_user", "change_user", "view_push")
    both.ours.rows["flatchrcompany"].members.add(clerk)
    person = User.objects.create(username="newcomer")
    person.user_permissions.add(Permission.objects.get(codename="view_push"))
    both.ours.rows["flatchrcompany"].members.add(person)
    password = "a-very-long-passw0rd"
    form = {"password1": password, "password2": password, "usable_password": "true"}
    url = f"/admin/auth/user/{person.pk}/password/"
    assert client_of(clerk).post(url, form).status_code == 302
    person.refresh_from_db()
    assert person.check_password(password)
