"""People see what belongs to their companies, on every page, in every choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sync.models import FlatchrVacancy, HrFlowSource, Profile, Workflow
from tests.admin.push.profile_pages import make_profile
from tests.desk import client_of, make_company, make_source, make_user, make_vacancy, text_of

pytestmark = pytest.mark.django_db
MODELS = ("flatchrcompany", "hrflowsource", "flatchrvacancy", "profile", "workflow")
PERMISSIONS = [f"{verb}_{model}" for model in MODELS for verb in ("view", "change", "delete")]


@dataclass
class Side:
    """Everything one company has; every name in it holds the company's."""

    name: str

    def __post_init__(self) -> None:
        self.flatchrcompany = make_company(f"{self.name} company")
        self.hrflowsource: HrFlowSource = make_source(f"{self.name} source")
        self.hrflowsource.companies.add(self.flatchrcompany)
        self.flatchrvacancy: FlatchrVacancy = make_vacancy(
            self.flatchrcompany, f"{self.name} vacancy"
        )
        self.profile: Profile = make_profile(self.hrflowsource, f"{self.name} profile")
        self.workflow = Workflow.objects.create(
            workflow_id=f"{self.name} workflow",
            source=self.hrflowsource,
            vacancy=self.flatchrvacancy,
        )


@pytest.fixture
def sides() -> tuple[Side, Side]:
    return Side("Ours"), Side("Theirs")


@pytest.fixture
def client(sides: tuple[Side, Side]) -> Client:
    extra = ("add_workflow", "push_profiles", "view_push", "view_run")
    return client_of(make_user("member", *PERMISSIONS, *extra, company=sides[0].flatchrcompany))


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_their_filters_hold_only_ones_own(client: Client, model: str) -> None:
    response = client.get(reverse(f"admin:sync_{model}_changelist"))
    assert response.status_code == 200
    assert "Ours" in text_of(response)
    assert "Theirs" not in text_of(response)


@pytest.mark.parametrize("model", MODELS)
def test_a_search_finds_only_ones_own(client: Client, model: str) -> None:
    response = client.get(reverse(f"admin:sync_{model}_changelist"), {"q": "theirs"})
    assert response.context["cl"].result_count == 0


@pytest.mark.parametrize("page", ["change", "history", "delete"])
@pytest.mark.parametrize("model", MODELS)
def test_pages_of_others_are_not_there(
    client: Client, sides: tuple[Side, Side], model: str, page: str
) -> None:
    row = getattr(sides[1], model)
    response = client.get(reverse(f"admin:sync_{model}_{page}", args=[row.pk]))
    assert response.status_code in (302, 403, 404)


@pytest.mark.parametrize("name", ["test", "resume", "fetch"])
def test_buttons_on_others_companies_do_nothing(
    client: Client, sides: tuple[Side, Side], name: str
) -> None:
    url = reverse(f"admin:sync_flatchrcompany_{name}", args=[sides[1].flatchrcompany.pk])
    assert client.post(url).status_code == 404


@pytest.mark.parametrize("name", ["test", "resume", "import", "progress"])
def test_buttons_on_others_sources_do_nothing(
    client: Client, sides: tuple[Side, Side], name: str
) -> None:
    url = reverse(f"admin:sync_hrflowsource_{name}", args=[sides[1].hrflowsource.pk])
    assert client.post(url).status_code == 404


def test_a_workflow_of_others_cannot_be_run(client: Client, sides: tuple[Side, Side]) -> None:
    url = reverse("admin:sync_workflow_run", args=[sides[1].workflow.pk])
    assert client.post(url).status_code == 404


@pytest.mark.parametrize(
    "url", ["admin:sync_workflow_add", "ours:workflow", "ours:hrflowsource", "ours:flatchrcompany"]
)
def test_forms_offer_only_ones_own(client: Client, sides: tuple[Side, Side], url: str) -> None:
    place, name = url.split(":")
    if place == "ours":
        row: Any = getattr(sides[0], name)
        found = reverse(f"admin:sync_{name}_change", args=[row.pk])
    else:
        found = reverse(url)
    assert "Theirs" not in client.get(found).content.decode()


def test_a_forged_choice_is_refused(client: Client, sides: tuple[Side, Side]) -> None:
    ours, theirs = sides
    form = {
        "workflow_id": "forged",
        "source": ours.hrflowsource.pk,
        "vacancy": theirs.flatchrvacancy.pk,
        "logics": "[]",
        "read_mode": "sync",
    }
    client.post(reverse("admin:sync_workflow_add"), form)
    assert not Workflow.objects.filter(workflow_id="forged").exists()


@pytest.mark.parametrize("model", ["flatchrcompany", "hrflowsource", "workflow"])
def test_a_longer_list_takes_no_more_statements(client: Client, model: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from sync.models import FlatchrCompany

    url = reverse(f"admin:sync_{model}_changelist")

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        return len(captured)

    few = statements()
    company = FlatchrCompany.objects.get(name="Ours company")
    for number in range(8):
        side = Side(f"Ours {number}")
        side.hrflowsource.companies.add(company)
        member = company.members.get()
        side.flatchrcompany.members.add(member)
    assert statements() == few


def test_who_sets_up_a_company_is_offered_its_people_and_no_others(
    client: Client, sides: tuple[Side, Side]
) -> None:
    ours, theirs = (side.flatchrcompany for side in sides)
    colleague = make_user("colleague", company=ours)
    stranger = make_user("stranger-of-theirs", company=theirs)
    make_user("loner")
    url = reverse("admin:sync_flatchrcompany_change", args=[ours.pk])
    response = client.get(url)
    offered = set(response.context["adminform"].form.fields["members"].queryset)
    assert offered == {colleague, ours.members.get(username="member")}
    assert "stranger-of" not in response.content.decode()
    form = {"name": ours.name, "company": ours.company, "resume_policy": "require"}
    form |= {"resume_transport": "document", "is_active": "on"}
    assert client.post(url, form | {"members": [stranger.pk]}).status_code == 200
    assert set(ours.members.all()) == offered


def test_a_workflow_is_not_run_from_a_source_that_was_closed_to_the_person(
    client: Client, sides: tuple[Side, Side]
) -> None:
    workflow = sides[0].workflow
    run = reverse("admin:sync_workflow_run", args=[workflow.pk])
    page = reverse("admin:sync_workflow_change", args=[workflow.pk])
    assert run in client.get(page).content.decode()
    sides[0].hrflowsource.companies.clear()
    assert client.post(run).status_code == 403
    assert run not in client.get(page).content.decode()
