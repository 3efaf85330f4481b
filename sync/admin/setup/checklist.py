"""What an empty installation shows instead of empty tables: the way to the first push."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Profile, Push

REMEMBERED_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    verb: str
    url: str
    is_done: bool
    is_next: bool = False


@dataclass(frozen=True)
class Checklist:
    steps: list[Step]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def total(self) -> int:
        return len(self.steps)


def note_tested(account: Any) -> None:
    """A connection was tested with success."""
    with contextlib.suppress(RedisError):  # away: the step stays open, and nothing else
        cache.set(_key(account), True, REMEMBERED_SECONDS)


def _was_tested(account: Any) -> bool:
    try:
        return bool(cache.get(_key(account)))
    except RedisError:
        return False


def _key(account: Any) -> str:
    return f"tested:{account._meta.model_name}:{account.pk}"


def context(request: HttpRequest) -> dict[str, Any]:
    """For those who set things up, until everything is done; empty for everybody else."""
    if not request.user.has_perm("sync.add_hrflowsource"):
        return {}
    if Push.objects.exists():
        return {}
    steps = _steps()
    first = next((number for number, step in enumerate(steps) if not step.is_done), None)
    if first is not None:
        steps[first] = replace(steps[first], is_next=True)
    return {"checklist": Checklist(steps)}


def _steps() -> list[Step]:
    source, company = HrFlowSource.objects.first(), FlatchrCompany.objects.first()
    return [
        *_source_steps(source),
        *_company_steps(company),
        *_people_steps(source, company),
        *_push_steps(source),
    ]


def _source_steps(source: HrFlowSource | None) -> list[Step]:
    return [
        Step(
            _("Add your HrFlow source"),
            _("Its key, your user e-mail and your API key."),
            _("Add a source"),
            reverse("admin:sync_hrflowsource_add"),
            source is not None,
        ),
        Step(
            _("Test the connection"),
            _("One click says whether HrFlow accepts the key."),
            _("Open the source"),
            _page("hrflowsource", source),
            source is not None and (source.imported_at is not None or _was_tested(source)),
        ),
    ]


def _company_steps(company: FlatchrCompany | None) -> list[Step]:
    return [
        Step(
            _("Add your Flatchr company"),
            _("Its key and API key are in Flatchr under Configuration > Clés."),
            _("Add a company"),
            reverse("admin:sync_flatchrcompany_add"),
            company is not None,
        ),
        Step(
            _("Fetch the vacancies"),
            _("Candidates are pushed to the open ones."),
            _("Open the company"),
            _page("flatchrcompany", company),
            FlatchrVacancy.objects.exists(),
        ),
    ]


def _people_steps(source: HrFlowSource | None, company: FlatchrCompany | None) -> list[Step]:
    """Who is no member sees nothing, and a source that is opened to nobody goes nowhere."""
    has_members = FlatchrCompany.objects.filter(members__isnull=False).exists()
    return [
        Step(
            _("Say who may push"),
            _("Make your recruiters members of the company."),
            _("Open the company"),
            _page("flatchrcompany", company),
            has_members,
        ),
        Step(
            _("Open the source to the company"),
            _("Its members then see the source's profiles."),
            _("Open the source"),
            _page("hrflowsource", source),
            HrFlowSource.objects.filter(companies__isnull=False).exists(),
        ),
    ]


def _push_steps(source: HrFlowSource | None) -> list[Step]:
    return [
        Step(
            _("Import the profiles"),
            _("Only what you need to choose is kept here; the rest stays in HrFlow."),
            _("Open the source"),
            _page("hrflowsource", source),
            Profile.objects.exists(),
        ),
        Step(
            _("Push your first candidate"),
            _("Tick profiles, choose a vacancy, look, confirm."),
            _("Choose profiles"),
            reverse("admin:sync_profile_changelist"),
            False,
        ),
    ]


def _page(model: str, row: Any) -> str:
    return reverse(f"admin:sync_{model}_change", args=[row.pk]) if row else ""
