"""The four roles: what each may do, and that a migration puts them right."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User

from sync.models.scope import sees_all
from sync.services.security import roles
from tests.desk import make_company

pytestmark = pytest.mark.django_db


def member(role: str) -> User:
    user = User.objects.create_user(role, password="p", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_a_migration_makes_the_four_groups() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)
    for name, wanted in roles.ROLES.items():
        held = Group.objects.get(name=name).permissions.values_list("codename", flat=True)
        assert set(held) == set(wanted)


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ("push_profiles", "RTO"),
        ("retry_push", "RTO"),
        ("decide_push", "TO"),
        ("view_payload", "TO"),
        ("export_push", "TO"),
        ("manage_credentials", "O"),
        ("change_hrflowsource", "O"),
        ("handle_requests", "O"),
        ("see_all_companies", "O"),
        ("view_profile", "RTO"),
        ("view_auditentry", "OA"),
        ("export_audit", "A"),
        ("view_push", "RTOA"),
    ],
)
def test_each_role_may_do_its_part_and_no_more(permission: str, allowed: str) -> None:
    may = {name[0] for name in roles.ROLES if member(name).has_perm(f"sync.{permission}")}
    assert may == set(allowed)


def test_only_an_operator_sees_every_company() -> None:
    assert [name for name in roles.ROLES if sees_all(member(name))] == [roles.OPERATOR]


def test_a_changed_group_is_put_right_and_others_are_left_alone() -> None:
    group = Group.objects.get(name=roles.RECRUITER)
    group.permissions.set(Permission.objects.filter(codename="export_push"))
    own = Group.objects.create(name="Interns")
    own.permissions.set(Permission.objects.filter(codename="view_push"))
    roles.ensure_roles()
    assert group.permissions.count() == len(roles.ROLES[roles.RECRUITER])
    assert own.permissions.count() == 1


def test_every_permission_of_ours_is_given_to_somebody_or_kept_for_superusers() -> None:
    given = {codename for wanted in roles.ROLES.values() for codename in wanted}
    ours = Permission.objects.filter(content_type__app_label="sync")
    custom = {p for p in ours.values_list("codename", flat=True) if not p.startswith(PLAIN)}
    assert custom <= given


PLAIN = ("add_", "change_", "delete_", "view_")


def test_no_role_may_touch_people_schedules_or_permissions() -> None:
    for name in roles.ROLES:
        held = Group.objects.get(name=name).permissions.all()
        assert {p.content_type.app_label for p in held} == {"sync"}
    assert make_company()
