"""Rows for tests of the desk: pushes in any state, and people with some permissions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Push, Run
from sync.models.states import OPEN, WAITING, WITH_INTENT, PushStatus
from sync.vocabulary import ErrorCode

S = PushStatus
VIEW = ("view_push", "view_run")
ALL = (*VIEW, "push_profiles", "retry_push", "decide_push", "view_payload", "export_push")
_number = count(1)


def make_company(name: str = "Aviva", **more: Any) -> FlatchrCompany:
    return FlatchrCompany.objects.create(name=name, company=name, auth="secret-key", **more)


def make_vacancy(company: FlatchrCompany, title: str = "Comptable", **more: Any) -> FlatchrVacancy:
    return FlatchrVacancy.objects.create(
        company=company, title=title, slug=f"slug-{next(_number)}", **more
    )


def make_source(name: str = "Salon") -> HrFlowSource:
    return HrFlowSource.objects.create(
        name=name, api_user="a@example.com", api_secret="secret", source_key=name
    )


def make_user(name: str, *permissions: str, company: FlatchrCompany | None = None) -> User:
    user = User.objects.create(username=name, is_staff=True)
    wanted = Permission.objects.filter(content_type__app_label="sync", codename__in=permissions)
    assert wanted.count() == len(permissions)
    user.user_permissions.set(wanted)
    if company:
        company.members.add(user)
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@dataclass
class Desk:
    """A company with a vacancy, a source opened to it, and a recruiter who may do everything."""

    company: FlatchrCompany = field(default_factory=make_company)
    source: HrFlowSource = field(default_factory=make_source)

    def __post_init__(self) -> None:
        self.vacancy = make_vacancy(self.company)
        self.source.companies.add(self.company)
        self.user = make_user("recruiter", *ALL, company=self.company)
        self.client = client_of(self.user)

    def run(self, **more: Any) -> Run:
        more.setdefault("vacancy", self.vacancy)
        more.setdefault("requested_by", self.user)
        return Run.objects.create(
            kind="batch", source=self.source, started_at=timezone.now(), **more
        )

    def push(self, status: str = S.SUCCEEDED, **more: Any) -> Push:
        """A push as its verbs would have left it."""
        run = more.pop("run", None) or self.run(vacancy=more.pop("vacancy", self.vacancy))
        return make_push(run, status, **more)


def make_push(run: Run, status: str = S.SUCCEEDED, **more: Any) -> Push:
    """A push of this run as its verbs would have left it `at` a time."""
    number = next(_number)
    at: datetime = more.pop("at", timezone.now())
    values: dict[str, Any] = {
        "profile_key": f"{number:032x}",
        "candidate_name": f"Ada {number}",
        "candidate_email": f"ada{number}@example.com",
        "requested_by": run.requested_by,
        "created_at": at,
        "updated_at": at,
        "next_attempt_at": at + timedelta(hours=1) if status in WAITING else None,
        "closed_at": None if status in OPEN else at,
        "create_started_at": at
        if status in WITH_INTENT and status not in (S.RETRYING, S.RUNNING)
        else None,
    }
    if status == S.RUNNING:
        values |= {"claim_token": "t" * 32, "lease_expires_at": at + timedelta(hours=1)}
    if status == S.FAILED:
        values["error_code"] = ErrorCode.RESUME_MISSING
    if status == S.UNCONFIRMED:
        values["error_code"] = ErrorCode.FLATCHR_AMBIGUOUS
    values |= {"source": run.source, "vacancy": run.vacancy, "status": status}
    return Push.objects.create(run=run, **values | more)


def text_of(response: Any) -> str:
    """What a person reads: without tags, scripts and runs of blanks."""
    html = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&#x27;", "'")


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]
