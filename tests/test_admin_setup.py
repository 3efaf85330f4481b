"""Set-up pages, the queue's pages, and the shell around all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule, Success

from sync.admin.site import environment_label
from sync.models import FlatchrCompany, FlatchrVacancy, HrFlowSource, Run, WorkerGroup, Workflow
from sync.models.states import PushStatus
from tests.conftest import World
from tests.desk import Desk, client_of, make_company, make_source, make_user, make_vacancy, text_of

pytestmark = pytest.mark.django_db
SECRET = "an-api-key-of-some-length-4f2a"


@pytest.fixture
def boss() -> Client:
    return client_of(User.objects.create_superuser("boss"))


@pytest.fixture
def company() -> FlatchrCompany:
    return FlatchrCompany.objects.create(name="Aviva", company="aviva", auth=SECRET)


def page(row: Any) -> str:
    return reverse(f"admin:sync_{row._meta.model_name}_change", args=[row.pk])


def address(row: Any, name: str) -> str:
    return reverse(f"admin:sync_{row._meta.model_name}_{name}", args=[row.pk])


def form_of(client: Client, url: str) -> dict[str, Any]:
    """The values a browser would send back."""
    form = client.get(url).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


# --- secrets --------------------------------------------------------------------------------------


def test_a_secret_is_never_shown_only_its_end(boss: Client, company: FlatchrCompany) -> None:
    response = boss.get(page(company))
    assert SECRET not in response.content.decode()
    assert "Set, ends in …4f2a." in text_of(response)


def test_an_empty_secret_keeps_the_stored_one(boss: Client, company: FlatchrCompany) -> None:
    response = boss.post(page(company), {**form_of(boss, page(company)), "name": "New", "auth": ""})
    assert response.status_code == 302
    company = FlatchrCompany.objects.get()
    assert (company.name, company.auth) == ("New", SECRET)


def test_a_new_secret_replaces_the_stored_one(boss: Client, company: FlatchrCompany) -> None:
    boss.post(page(company), {**form_of(boss, page(company)), "auth": "another"})
    assert FlatchrCompany.objects.get().auth == "another"


def test_a_company_is_not_added_without_its_secret(boss: Client) -> None:
    url = reverse("admin:sync_flatchrcompany_add")
    response = boss.post(url, {**form_of(boss, url), "name": "A", "company": "a", "auth": ""})
    assert "This field is required" in text_of(response)


def test_a_secret_that_cannot_be_decrypted_breaks_no_page_and_can_be_replaced(
    boss: Client, company: FlatchrCompany, settings: Any
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["another key of more than thirty-two characters"]
    assert "cannot be decrypted" in text_of(boss.get(page(company)))
    assert boss.get(reverse("admin:sync_flatchrcompany_changelist")).status_code == 200
    boss.post(page(company), {**form_of(boss, page(company)), "auth": "another"})
    assert FlatchrCompany.objects.get().auth == "another"


def test_who_may_not_manage_credentials_changes_the_rest(company: FlatchrCompany) -> None:
    rights = ("view_flatchrcompany", "change_flatchrcompany")
    client = client_of(make_user("helper", *rights, company=company))
    response = client.post(
        page(company), {**form_of(client, page(company)), "name": "New", "auth": "another"}
    )
    assert response.status_code == 302
    company = FlatchrCompany.objects.get()
    assert (company.name, company.auth) == ("New", SECRET)


# --- tests, vacancies, expiry, breaker ------------------------------------------------------------


def test_a_test_says_that_all_is_well(world: World, boss: Client) -> None:
    htmx = {"HTTP_HX_REQUEST": "true"}
    text = text_of(boss.post(address(world.source, "test"), **htmx))
    assert "HrFlow accepts the credentials. The source holds 60 profiles." in text
    assert "Flatchr accepts the key" in text_of(boss.post(address(world.company, "test"), **htmx))


def test_a_test_says_exactly_what_is_wrong(world: World, boss: Client) -> None:
    FlatchrCompany.objects.update(auth="wrong")
    HrFlowSource.objects.update(api_secret="wrong")
    response = boss.post(address(world.source, "test"), follow=True)
    assert "HrFlow refused the API key" in text_of(response)
    response = boss.post(address(world.company, "test"), follow=True)
    assert "Flatchr refused the company's API key" in text_of(response)


def test_a_click_fetches_the_vacancies(world: World, boss: Client) -> None:
    FlatchrVacancy.objects.all().delete()
    boss.post(address(world.company, "fetch"))
    assert world.company.vacancies.filter(is_open=True).exists()


def test_the_action_fetches_the_vacancies_of_the_ticked(world: World, boss: Client) -> None:
    FlatchrVacancy.objects.all().delete()
    form = {"action": "fetch_vacancies", "index": "0", "_selected_action": [world.company.pk]}
    boss.post(reverse("admin:sync_flatchrcompany_changelist"), form)
    assert world.company.vacancies.exists()


@pytest.mark.parametrize(
    ("days", "words"), [(16, ""), (15, "15 days left"), (0, "expires today"), (-3, "expired")]
)
def test_the_expiry_of_a_key_is_announced_fifteen_days_before(
    boss: Client, company: FlatchrCompany, days: int, words: str
) -> None:
    expiry = timezone.localdate() + timedelta(days=days)
    FlatchrCompany.objects.update(auth_expires_on=expiry)
    assert boss.get(page(company)).context.get("expiry_words", "") == words


def test_a_paused_account_says_why_and_is_resumed_by_a_click(
    boss: Client, company: FlatchrCompany
) -> None:
    later = timezone.now() + timedelta(minutes=5)
    FlatchrCompany.objects.update(paused_until=later, pause_code="flatchr_credentials")
    assert "Flatchr refused the API key" in text_of(boss.get(page(company)))
    boss.post(address(company, "resume"))
    assert not FlatchrCompany.objects.get().is_paused


def test_who_may_only_look_cannot_test_resume_or_fetch(company: FlatchrCompany) -> None:
    reader = client_of(make_user("reader", "view_flatchrcompany", company=company))
    for name in ("test", "resume", "fetch"):
        assert reader.post(address(company, name)).status_code == 403


def test_an_import_shows_its_progress(world: World, boss: Client) -> None:
    rows = HrFlowSource.objects.filter(pk=world.source.pk)
    rows.update(import_beat_at=timezone.now(), import_done=40, import_total=160)
    response = boss.get(address(world.source, "progress"))
    assert "40 / 160" in text_of(response)
    assert "every 1s" in response.content.decode()
    rows.update(import_beat_at=None)
    assert "every 1s" not in boss.get(address(world.source, "progress")).content.decode()


# --- workflows ------------------------------------------------------------------------------------


def test_the_form_tells_the_rules_there_are(boss: Client) -> None:
    text = text_of(boss.get(reverse("admin:sync_workflow_add")))
    assert "has_email" in text
    assert "Separated by commas" in text


def test_a_wrong_rule_is_refused_with_a_sentence(boss: Client) -> None:
    desk = Desk()
    values = {
        "workflow_id": "w",
        "source": desk.source.pk,
        "vacancy": desk.vacancy.pk,
        "read_mode": "sync",
    }
    url = reverse("admin:sync_workflow_add")
    response = boss.post(url, {**values, "logics": '["no_such_rule"]'})
    assert "No rule is registered under the name “no_such_rule”" in text_of(response)
    assert boss.post(url, {**values, "logics": '["has_email"]'}).status_code == 302


def test_run_now_queues_the_profiles_and_shows_the_run(world: World, boss: Client) -> None:
    workflow = Workflow.objects.create(
        workflow_id="now", source=world.bulk, vacancy=world.vacancy()
    )
    response = boss.post(address(workflow, "run"))
    run = Run.objects.get()
    assert response["Location"] == page(run)
    assert run.pushes.count() == 60


@pytest.mark.parametrize("what", ["source", "vacancy"])
def test_a_workflow_sent_another_way_reads_from_the_beginning(boss: Client, what: str) -> None:
    desk = Desk()
    workflow = Workflow.objects.create(
        workflow_id="w", source=desk.source, vacancy=desk.vacancy, cursor=timezone.now()
    )
    form = form_of(boss, page(workflow))
    boss.post(page(workflow), {**form, "workflow_id": "renamed"})
    workflow.refresh_from_db()
    assert workflow.workflow_id == "renamed" and workflow.cursor
    other = make_source("Other") if what == "source" else make_vacancy(desk.company, "Other")
    assert boss.post(page(workflow), {**form, what: other.pk}).status_code == 302
    workflow.refresh_from_db()
    assert getattr(workflow, what) == other and workflow.cursor is None


# --- the queue ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["schedule", "success", "failure", "ormq"])
def test_the_queue_is_read_only_even_for_superusers(boss: Client, model: str) -> None:
    assert boss.get(reverse(f"admin:django_q_{model}_changelist")).status_code == 200
    assert boss.get(reverse(f"admin:django_q_{model}_add")).status_code == 403


def test_a_schedule_cannot_be_changed_or_deleted(boss: Client) -> None:
    schedule = Schedule.objects.create(func="sync.tasks.beat", name="mine")
    url = reverse("admin:django_q_schedule_change", args=[schedule.pk])
    boss.post(url, {"func": "os.system", "name": "mine"})
    boss.post(reverse("admin:django_q_schedule_delete", args=[schedule.pk]), {"post": "yes"})
    action = {"action": "delete_selected", "_selected_action": [schedule.pk], "post": "yes"}
    boss.post(reverse("admin:django_q_schedule_changelist"), {**action, "index": "0"})
    schedule.refresh_from_db()
    assert schedule.func == "sync.tasks.beat"


def test_only_operators_see_the_queue_and_the_workers() -> None:
    permissions = ("view_profile", "view_push", "view_workergroup")
    recruiter = client_of(make_user("recruiter", *permissions))
    operator = client_of(make_user("operator", *permissions, "see_all_companies"))
    url = reverse("admin:sync_workergroup_changelist")
    assert recruiter.get(url).status_code == 403
    assert "Operations" not in text_of(recruiter.get("/admin/sync/profile/"))
    assert operator.get(url).status_code == 200
    assert "Operations" in text_of(operator.get("/admin/sync/profile/"))


def test_a_finished_task_can_be_looked_at(boss: Client) -> None:
    now = timezone.now()
    values = {"func": "sync.tasks.beat", "started": now, "stopped": now, "success": True}
    Success.objects.create(id="a" * 32, name="one", result="fine", **values)
    url = reverse("admin:django_q_success_change", args=["a" * 32])
    assert "fine" in text_of(boss.get(url))


# --- people ---------------------------------------------------------------------------------------


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


# --- the shell ------------------------------------------------------------------------------------


def test_the_menu_is_by_job_and_knows_where_one_is(boss: Client) -> None:
    response = boss.get(reverse("admin:sync_flatchrvacancy_changelist"))
    groups = [str(group["name"]) for group in response.context["available_apps"]]
    assert groups == ["Push", "History", "Set-up", "Operations"]
    assert response.content.decode().count('aria-current="page">') >= 1


def test_every_page_says_when_no_worker_is_alive(boss: Client) -> None:
    desk = Desk()
    desk.push(PushStatus.QUEUED)
    text = text_of(boss.get("/admin/sync/profile/"))
    assert "No worker is running. 1 push waits" in text
    WorkerGroup.objects.create(worker_id="w", host="h", beat_at=timezone.now())
    assert "No worker is running" not in text_of(boss.get("/admin/sync/profile/"))


def test_the_notice_counts_only_what_one_may_see() -> None:
    Desk().push(PushStatus.QUEUED)
    other = make_company("Other")
    stranger = client_of(make_user("stranger", "view_profile", company=other))
    text = text_of(stranger.get("/admin/sync/profile/"))
    assert "No worker is running. Pushes will wait until one starts." in text


@pytest.mark.parametrize(
    ("address", "debug", "kind"),
    [
        ("http://127.0.0.1:8765", True, "sandbox"),
        ("https://api.hrflow.ai/v1", True, "development"),
        ("https://api.hrflow.ai/v1", False, "production"),
    ],
)
def test_it_says_where_one_is(settings: Any, address: str, debug: bool, kind: str) -> None:
    settings.HRFLOW_API_URL = settings.FLATCHR_API_URL = settings.FLATCHR_CAREERS_URL = address
    settings.DEBUG = debug
    assert environment_label()["kind"] == kind


def test_the_language_is_chosen_by_a_click(boss: Client) -> None:
    form = {"language": "fr", "next": "/admin/"}
    response = boss.post(reverse("set_language"), form, follow=True)
    assert '<html lang="fr">' in response.content.decode()


def test_an_empty_installation_shows_the_way(boss: Client) -> None:
    steps = boss.get("/admin/").context["checklist"].steps
    assert [step.is_done for step in steps] == [False] * 8
    assert [step.is_next for step in steps] == [True] + [False] * 7
    HrFlowSource.objects.create(name="s", api_user="a@b.fr", api_secret="x", source_key="k")
    steps = boss.get("/admin/").context["checklist"].steps
    assert steps[0].is_done
    assert steps[1].is_next


def test_the_checklist_says_that_nobody_may_push_yet(boss: Client) -> None:
    """A source that is opened to nobody, and a company without members, look complete."""
    company = FlatchrCompany.objects.create(name="A", company="a", auth="x")
    source = HrFlowSource.objects.create(
        name="s", api_user="a@b.fr", api_secret="x", source_key="k"
    )
    urls = {page(company), page(source)}
    steps = boss.get("/admin/").context["checklist"].steps
    assert {step.url for step in steps[4:6] if not step.is_done} == urls
    company.members.add(User.objects.get())
    source.companies.add(company)
    steps = boss.get("/admin/").context["checklist"].steps
    assert all(step.is_done for step in steps[4:6])


def test_what_was_added_shows_its_own_page_where_it_can_be_tested(boss: Client) -> None:
    url = reverse("admin:sync_flatchrcompany_add")
    form = {**form_of(boss, url), "name": "A", "company": "a" * 16, "auth": SECRET}
    response = boss.post(url, form)
    assert response.url == page(FlatchrCompany.objects.get())  # type: ignore[attr-defined]


def test_the_checklist_leaves_once_something_was_pushed(boss: Client) -> None:
    Desk().push()
    assert "checklist" not in boss.get("/admin/").context


def test_pages_hold_nothing_inline(boss: Client) -> None:
    desk = Desk()
    for url in ("/admin/", "/admin/sync/profile/", page(desk.source), page(desk.company)):
        html = boss.get(url).content.decode()
        assert " style=" not in html
        assert "<style" not in html
        assert "<script>" not in html
