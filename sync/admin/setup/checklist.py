"""The steps to the first push, shown on the first page until something was pushed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Profile, Push


@dataclass(frozen=True)
class Step:
    """`verb` is the label of the link to `url`, which is empty while there is nothing to open."""

    title: str
    text: str
    verb: str
    url: str
    is_done: bool
    is_next: bool = False


@dataclass(frozen=True)
class Checklist:
    steps: list[Step]
    done: int
    total: int


def context(request: HttpRequest) -> dict[str, Any]:
    """`checklist`, for those who may set things up; empty for everybody else, and once something
    was pushed. The first step that is not done is the next one."""
    if not request.user.has_perm("sync.add_hrflowsource") or Push.objects.exists():
        return {}
    source, company = HrFlowSource.objects.first(), FlatchrCompany.objects.first()
    steps = [*_account_steps(source, company), *_use_steps(source, company)]
    for number, step in enumerate(steps):
        if not step.is_done:
            steps[number] = replace(step, is_next=True)
            break
    return {"checklist": Checklist(steps, sum(step.is_done for step in steps), len(steps))}


def _account_steps(source: HrFlowSource | None, company: FlatchrCompany | None) -> list[Step]:
    """Two accounts, and a proof that each answers."""
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
            source is not None and bool(source.imported_at or source.tested_at),
        ),
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


def _use_steps(source: HrFlowSource | None, company: FlatchrCompany | None) -> list[Step]:
    """Who is no member of a company sees nothing of it, and a source that is opened to no company
    is seen by no recruiter."""
    return [
        Step(
            _("Say who may push"),
            _("Make your recruiters members of the company."),
            _("Open the company"),
            _page("flatchrcompany", company),
            FlatchrCompany.objects.filter(members__isnull=False).exists(),
        ),
        Step(
            _("Open the source to the company"),
            _("Its members then see the source's profiles."),
            _("Open the source"),
            _page("hrflowsource", source),
            HrFlowSource.objects.filter(companies__isnull=False).exists(),
        ),
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
