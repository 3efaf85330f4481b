"""`for_user` of every QuerySet: members see their companies and what belongs to them, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Permission, User

from sync.models import (
    FlatchrCompany,
    FlatchrVacancy,
    HrFlowSource,
    Profile,
    Push,
    Run,
    RunKind,
    RunStatus,
    Workflow,
)
from sync.models.scope import ScopedQuerySet
from tests.rows import make_company, make_push, make_run, make_source, make_vacancy

pytestmark = pytest.mark.django_db
MODELS: list[Any] = [FlatchrCompany, FlatchrVacancy, HrFlowSource, Profile, Workflow, Run, Push]


@dataclass
class Side:
    """One company with everything that belongs to it, and somebody who works there."""

    user: User
    rows: dict[Any, Any]


def make_side(name: str) -> Side:
    user = User.objects.create_user(name, is_staff=True)
    company = make_company(name=name)
    company.members.add(user)
    source = make_source(name=name)
    source.companies.add(company)
    vacancy = make_vacancy(company)
    run = make_run(source=source, vacancy=vacancy)
    workflow = Workflow.objects.create(workflow_id=name, source=source, vacancy=vacancy)
    profile = Profile.objects.create(source=source, key=name)
    rows = [company, source, vacancy, run, make_push(run), workflow, profile]
    return Side(user, {type(row): row for row in rows})


@pytest.fixture
def sides(db: None) -> tuple[Side, Side]:
    return make_side("ours"), make_side("theirs")


def fresh(user: User) -> User:
    """Permissions are remembered on the instance."""
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("model", MODELS)
def test_members_see_their_own_and_nothing_else(model: Any, sides: tuple[Side, Side]) -> None:
    for side in sides:
        assert list(model.objects.for_user(side.user)) == [side.rows[model]]


@pytest.mark.parametrize("model", MODELS)
def test_outsiders_see_nothing(model: Any, sides: tuple[Side, Side]) -> None:
    outsider = User.objects.create_user("outsider", is_staff=True)
    assert not model.objects.for_user(outsider).exists()
    assert not model.objects.for_user(AnonymousUser()).exists()


@pytest.mark.parametrize("model", MODELS)
def test_who_is_switched_off_sees_nothing(model: Any, sides: tuple[Side, Side]) -> None:
    for changes in ({"is_active": False}, {"is_active": False, "is_superuser": True}):
        User.objects.filter(pk=sides[0].user.pk).update(**changes)
        assert not model.objects.for_user(fresh(sides[0].user)).exists()


@pytest.mark.parametrize("model", MODELS)
def test_superusers_and_holders_of_the_permission_see_all(
    model: Any, sides: tuple[Side, Side]
) -> None:
    admin = User.objects.create_superuser("admin")
    assert model.objects.for_user(admin).count() == 2
    auditor = User.objects.create_user("auditor")
    auditor.user_permissions.add(Permission.objects.get(codename="see_all_companies"))
    assert model.objects.for_user(fresh(auditor)).count() == 2


@pytest.mark.parametrize("model", MODELS)
def test_a_member_of_both_sees_each_row_once(model: Any, sides: tuple[Side, Side]) -> None:
    ours, theirs = sides
    theirs.rows[FlatchrCompany].members.add(ours.user)
    # And a source opened to both companies must not come twice.
    ours.rows[HrFlowSource].companies.add(theirs.rows[FlatchrCompany])
    found = list(model.objects.for_user(ours.user))
    assert len(found) == len(set(found)) == 2


@pytest.mark.parametrize("model", MODELS)
def test_who_has_left_sees_nothing_any_more(model: Any, sides: tuple[Side, Side]) -> None:
    sides[0].rows[FlatchrCompany].members.remove(sides[0].user)
    assert not model.objects.for_user(sides[0].user).exists()


@pytest.mark.parametrize("model", MODELS)
def test_the_scope_holds_whatever_is_asked_besides(model: Any, sides: tuple[Side, Side]) -> None:
    ours, theirs = sides
    wanted = theirs.rows[model].pk
    assert not model.objects.filter(pk=wanted).for_user(ours.user).exists()
    assert not model.objects.for_user(ours.user).filter(pk=wanted).exists()
    both = model.objects.for_user(ours.user) | model.objects.for_user(theirs.user)
    assert both.count() == 2


def test_a_source_that_is_opened_to_a_company_is_seen_with_its_profiles(
    sides: tuple[Side, Side],
) -> None:
    ours, theirs = sides
    theirs.rows[HrFlowSource].companies.add(ours.rows[FlatchrCompany])
    assert HrFlowSource.objects.for_user(ours.user).count() == 2
    assert Profile.objects.for_user(ours.user).count() == 2
    # But not what others do with it.
    assert Push.objects.for_user(ours.user).count() == 1
    assert Workflow.objects.for_user(ours.user).count() == 1


def test_a_draft_is_seen_by_who_makes_it(sides: tuple[Side, Side]) -> None:
    ours, theirs = sides
    draft = Run.objects.create(kind=RunKind.BATCH, status=RunStatus.DRAFT, requested_by=ours.user)
    assert draft in Run.objects.for_user(ours.user)
    assert draft not in Run.objects.for_user(theirs.user)


def test_every_scoped_model_is_tested_here_or_named() -> None:
    scoped = {
        model
        for model in apps.get_app_config("sync").get_models()
        if isinstance(model._default_manager.get_queryset(), ScopedQuerySet)
    }
    elsewhere = {model for model in scoped if model.__name__ == "AuditEntry"}
    assert scoped - elsewhere == set(MODELS)
