"""Two companies with one of everything, people of every role, and requests that are undone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success

from sync.models import (
    Action,
    AuditEntry,
    ErasedPerson,
    FlatchrCompany,
    Profile,
    Push,
    Run,
    RunProfile,
    RunStatus,
    WorkerGroup,
    Workflow,
)
from sync.services.security.roles import AUDITOR, OPERATOR, RECRUITER, TEAM_LEAD
from tests.desk import S, client_of, make_company, make_push, make_source, make_vacancy


@dataclass
class Side:
    """One company with one of everything; every word in it holds the company's name."""

    name: str
    rows: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        company = make_company(f"{self.name} company")
        source = make_source(f"{self.name} source")
        source.companies.add(company)
        vacancy = make_vacancy(company, f"{self.name} vacancy")
        profile = self.profile(source, "profile")
        self.lead = self.person("lead", TEAM_LEAD, company)
        run = Run.objects.create(
            kind="batch",
            source=source,
            vacancy=vacancy,
            requested_by=self.lead,
            started_at=timezone.now(),
        )
        name = f"{self.name} candidate"
        push = make_push(run, S.FAILED, candidate_name=name, profile_key=profile.key)
        workflow = Workflow.objects.create(
            workflow_id=f"{self.name} workflow", source=source, vacancy=vacancy
        )
        entry = AuditEntry.objects.create(
            action=Action.PUSH, username=self.lead.username, company=company, label=self.name
        )
        self.rows = {
            "flatchrcompany": company,
            "hrflowsource": source,
            "flatchrvacancy": vacancy,
            "profile": profile,
            "run": run,
            "push": push,
            "workflow": workflow,
            "auditentry": entry,
        }

    def profile(self, source: Any, kind: str) -> Profile:
        return Profile.objects.create(
            source=source,
            key=f"{self.name}-{kind}-{source.pk}".lower(),
            full_name=f"{self.name} {kind}",
            email=f"{self.name.lower()}.{kind}@example.com",
            has_resume=True,
        )

    def person(self, name: str, role: str, company: FlatchrCompany) -> User:
        user = User.objects.create(username=f"{self.name.lower()}-{name}", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        company.members.add(user)
        return user

    def draft(self, user: User, profile: Profile) -> Run:
        run = Run.objects.create(
            kind="batch",
            status=RunStatus.DRAFT,
            requested_by=user,
            vacancy=self.rows["flatchrvacancy"],
        )
        RunProfile.objects.create(run=run, profile=profile)
        return run


@dataclass
class Both:
    ours: Side
    theirs: Side
    others: dict[str, Any]
    clients: dict[str, Client]
    drafts: dict[str, Run]


@pytest.fixture
def both(settings: Any) -> Both:
    # Nobody listens there: what would ask HrFlow or Flatchr is told so at once.
    settings.HRFLOW_API_URL = settings.FLATCHR_API_URL = "http://127.0.0.1:9/x"
    settings.FLATCHR_CAREERS_URL = "http://127.0.0.1:9/x"
    ours, theirs = Side("Alpha"), Side("Bravo")
    _share(ours, theirs)
    company = ours.rows["flatchrcompany"]
    people = {
        "R": ours.person("recruiter", RECRUITER, company),
        "L": ours.person("second-lead", TEAM_LEAD, company),
        "A": ours.person("auditor", AUDITOR, company),
        "O": User.objects.create(username="operator", is_staff=True),
        "S": User.objects.create_superuser("boss"),
        "X": User.objects.create(username="stranger", is_staff=True),
    }
    people["O"].groups.add(Group.objects.get(name=OPERATOR))
    clients = {role: client_of(user) for role, user in people.items()}
    drafts = {role: ours.draft(user, ours.rows["profile"]) for role, user in people.items()}
    drafts["theirs"] = theirs.draft(theirs.lead, theirs.rows["profile"])
    return Both(ours, theirs, _others(), {**clients, "N": Client()}, drafts)


def _share(ours: Side, theirs: Side) -> None:
    """A source opened to both: its profiles are seen by both, what became of them by each alone."""
    shared = make_source("Common source")
    shared.companies.add(ours.rows["flatchrcompany"], theirs.rows["flatchrcompany"])
    profile = Profile.objects.create(source=shared, key="common", full_name="Common profile")
    run = Run.objects.create(
        kind="batch",
        source=shared,
        vacancy=theirs.rows["flatchrvacancy"],
        requested_by=theirs.lead,
        started_at=timezone.now(),
    )
    make_push(run, S.SUCCEEDED, profile_key=profile.key, candidate_name="Bravo said")
    ours.rows["common"] = profile


def _others() -> dict[str, Any]:
    """Rows that are of no company."""
    at = timezone.now()
    task = {"func": "sync.tasks.beat", "started": at, "stopped": at, "result": 1}
    return {
        "accessattempt": AccessAttempt.objects.create(
            username="lea", ip_address="203.0.113.1", failures_since_start=1
        ),
        "erasedperson": ErasedPerson.objects.create(kind="email", digest="d", receipt="r"),
        "workergroup": WorkerGroup.objects.create(worker_id="w", host="h", beat_at=at),
        "schedule": Schedule.objects.get(name="sweep"),
        "success": Success.objects.create(id="1" * 32, name="one", success=True, **task),
        "failure": Failure.objects.create(id="2" * 32, name="two", success=False, **task),
        "ormq": OrmQ.objects.create(key="k", payload="", lock=at),
        "user": User.objects.create(username="somebody"),
        "group": Group.objects.create(name="some group"),
    }


def address(both: Both, pattern: str, role: str, side: Side) -> str:
    """The pattern filled with rows of `side`, and with a draft of the role's own."""
    model = _model_of(pattern)
    row = side.rows.get(model) or both.others.get(model)
    draft = both.drafts.get(role, both.drafts["R"]) if side is both.ours else both.drafts["theirs"]
    values = {
        "run_id": draft.pk,
        "object_id": row.pk if row else 1,
        "pk": row.pk if row else 1,
        "id": row.pk if row else 1,
        "action": "retry",
        "token": "x" * 32,
        "content_type_id": ContentType.objects.get_for_model(Push).pk,
        "url": "nothing/here",
    }
    if "content_type_id" in pattern:
        values["object_id"] = side.rows["push"].pk
    path = pattern.replace("^(?P<app_label>sync|axes|django_q|auth)/$", "sync/")
    path = path.replace("(?P<url>.*)$", str(values["url"]))
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), path)


def _model_of(pattern: str) -> str:
    found = re.match(r"admin/\w+/(\w+)/", pattern)
    return found[1] if found else ""


@contextmanager
def undone() -> Iterator[None]:
    """What a request changes is taken back, so that the next meets the same rows."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, method: str, path: str, **data: Any) -> Any:
    fresh = Client(headers={"Accept-Language": "en"})
    fresh.cookies = deepcopy(client.cookies)
    with undone():
        return getattr(fresh, method)(path, data)


def text_of(response: Any) -> str:
    content = response.getvalue() if not response.streaming else b"".join(response)
    return str(content.decode("utf-8", "replace"))


def assert_silent(both: Both, role: str, asked: Iterable[tuple[str, str]]) -> None:
    told = []
    for method, path in asked:
        text = text_of(ask(both.clients[role], method, path)).casefold()
        # What was asked for may be repeated.
        if "bravo" in text.replace(path.casefold(), ""):
            at = text.index("bravo")
            told.append(f"{method} {path}: …{text[max(0, at - 60) : at + 40]}…")
    assert not told, "\n".join(told)
