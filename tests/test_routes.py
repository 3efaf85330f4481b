"""Every address there is, asked for by every role, with one's own rows and with somebody else's.

`RULES` says who gets through. An address without a rule fails `test_every_route_has_a_rule`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.test import Client
from django.urls import get_resolver
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
from sync.services.roles import AUDITOR, OPERATOR, RECRUITER, TEAM_LEAD
from tests.desk import S, client_of, make_company, make_push, make_source, make_vacancy

pytestmark = pytest.mark.django_db

# R recruiter, L team lead, A auditor (all of company Alpha); O operator; S superuser;
# X staff without a role; N nobody (not signed in).
ROLES = "RLAOSXN"
SEES_ALL = "OS"


@dataclass(frozen=True)
class Rule:
    """`who` gets through with what is theirs, and who sees all companies with that of others.

    `method`: how the address does its work. `global_`: there is no company's row in the address.
    `own_only`: a draft, which is its maker's alone.
    """

    who: str
    method: str = "get"
    global_: bool = False
    own_only: bool = False


def rules_of(name: str, **views: str) -> dict[str, Rule]:
    """Rules of a model's six standard addresses; nobody gets through to those not named."""
    found = {view: Rule(views.get(view, "")) for view in STANDARD}
    for view in ("changelist", "add"):
        found[view] = Rule(views.get(view, ""), global_=True)
    return {f"{name}_{view}": rule for view, rule in found.items()}


STANDARD = ("changelist", "add", "history", "delete", "change")


def seen_by(who: str, **more: str) -> dict[str, str]:
    return {"changelist": who, "history": who, "change": who, **more}


IN = "RLAOSX"  # signed in, whatever the role
PEOPLE = "RLOS"  # who push
RULES: dict[str, Rule] = {
    # Django's own, and what machines ask
    "index": Rule(IN, global_=True),
    "login": Rule("N", global_=True),
    "logout": Rule(IN, "post", global_=True),
    "password_change": Rule(IN, global_=True),
    "password_change_done": Rule(IN, global_=True),
    "autocomplete": Rule("", global_=True),  # without a field; with one: see below
    "jsi18n": Rule(IN, global_=True),
    "view_on_site": Rule(""),
    "app_list": Rule("", global_=True),
    "admin/(?P<url>.*)$": Rule("", global_=True),
    "set_language": Rule(IN + "N", "post", global_=True),
    "healthz": Rule(IN + "N", global_=True),
    "readyz": Rule(IN + "N", global_=True),
    "hook_hrflow": Rule("", "post", global_=True),
    "hook_flatchr": Rule("", "post", global_=True),
    # people and the installation
    **rules_of("auth_user", **seen_by("S", add="S", delete="S")),
    "auth_user_password_change": Rule("S", global_=True),
    **rules_of("auth_group", **seen_by("S", add="S", delete="S")),
    **rules_of("axes_accessattempt", **seen_by("S", delete="S")),
    **rules_of("sync_workergroup", **seen_by("OS")),
    **rules_of("django_q_schedule", **seen_by("OS")),
    **rules_of("django_q_success", **seen_by("OS")),
    **rules_of("django_q_failure", **seen_by("OS")),
    **rules_of("django_q_ormq", **seen_by("OS")),
    # what was done, and what is kept
    **rules_of("sync_auditentry", **seen_by("AOS")),
    "sync_auditentry_export": Rule("AS", global_=True),
    **rules_of("sync_erasedperson", **seen_by("OS")),
    "sync_privacy_request": Rule("OS", global_=True),
    "sync_privacy_register": Rule(IN, global_=True),
    # accounts
    **rules_of("sync_flatchrcompany", **seen_by("LAOS", add="OS", delete="S")),
    "sync_flatchrcompany_fetch": Rule("OS", "post"),
    "sync_flatchrcompany_test": Rule("OS", "post"),
    "sync_flatchrcompany_resume": Rule("OS", "post"),
    **rules_of("sync_hrflowsource", **seen_by("LOS", add="OS", delete="S")),
    "sync_hrflowsource_import": Rule(PEOPLE, "post"),
    "sync_hrflowsource_progress": Rule(PEOPLE),
    "sync_hrflowsource_test": Rule("OS", "post"),
    "sync_hrflowsource_resume": Rule("OS", "post"),
    **rules_of("sync_flatchrvacancy", **seen_by("RLAOS")),
    # It leads back to the list, for everybody; who may not fetch has fetched nothing.
    "sync_flatchrvacancy_fetch": Rule(IN, "post", global_=True),
    **rules_of("sync_workflow", **seen_by("LAOS", add="OS", delete="OS")),
    "sync_workflow_run": Rule("LROS", "post"),
    # pushing
    **rules_of("sync_profile", **seen_by(PEOPLE)),
    "sync_profile_resume": Rule(PEOPLE),
    "sync_profile_live": Rule(PEOPLE),
    "sync_profile_refresh": Rule("", "post", global_=True),
    "sync_push_draft": Rule(PEOPLE, own_only=True),
    "sync_push_vacancies": Rule(PEOPLE, own_only=True),
    "sync_push_choose": Rule(PEOPLE, "post", own_only=True),
    "sync_push_take": Rule(PEOPLE, "post", own_only=True),
    "sync_push_exact": Rule(PEOPLE, own_only=True),
    "sync_push_confirm": Rule(PEOPLE, "post", own_only=True),
    "sync_push_discard": Rule("", "post", own_only=True),
    **rules_of("sync_push", **seen_by("RLAOS")),
    "sync_inbox": Rule("RLAOS", global_=True),
    "sync_inbox_act": Rule("", "post", global_=True),
    "sync_push_export": Rule("LOS", global_=True),
    "sync_push_act": Rule(PEOPLE, "post"),
    **rules_of("sync_run", **seen_by("RLAOS")),
    "sync_run_progress": Rule("RLAOS"),
    "sync_run_row": Rule("RLAOS"),
    "sync_run_act": Rule(PEOPLE, "post"),
}
# `/admin/<app>/<model>/<pk>/` leads on to the change page, which asks who one is.
SHORT = re.compile(r"admin/\w+/\w+/<path:object_id>/")


def rule_for(name: str) -> Rule | None:
    return Rule(IN, global_=True) if SHORT.fullmatch(name) else RULES.get(name)


def routes() -> list[tuple[str, str]]:
    """Pattern and name of every address; those without a name are called by their pattern."""
    return [(pattern, name or pattern) for pattern, name in _routes(get_resolver())]


def _routes(resolver: Any, prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for one in resolver.url_patterns:
        path = prefix + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from _routes(one, path)
        else:
            yield path, one.name


# --- two companies ------------------------------------------------------------------------------


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


# --- asking -------------------------------------------------------------------------------------


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
        "verb": "retry",
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


def ending(response: Any) -> str:
    """`through`, or how it was refused."""
    status = response.status_code
    if status == 302:
        target = response["Location"]
        if target.startswith("/admin/login/"):
            return "login"
        return "elsewhere" if target in ("/admin/", "/admin/sync/profile/") else "through"
    return "through" if status == 200 else str(status)


def text_of(response: Any) -> str:
    content = response.getvalue() if not response.streaming else b"".join(response)
    return str(content.decode("utf-8", "replace"))


# --- the walk -----------------------------------------------------------------------------------


def test_every_route_has_a_rule() -> None:
    names = [name for _, name in routes()]
    assert [name for name in names if rule_for(name) is None] == []
    assert set(RULES) - set(names) == set(), "a rule without a route"
    assert len(names) > 140


@pytest.mark.once
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_through_where_its_rule_says(both: Both, role: str) -> None:
    wrong = []
    for pattern, name in routes():
        rule = rule_for(name)
        assert rule is not None
        path = address(both, pattern, role, both.ours)
        told = ending(ask(both.clients[role], rule.method, path))
        if (told == "through") != (role in rule.who):
            wrong.append(f"{rule.method} {name} ({path}): {told}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.once
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_role_gets_through_to_what_is_of_another_company(
    both: Both, role: str, method: str
) -> None:
    wrong = []
    for pattern, name in routes():
        rule = rule_for(name)
        if rule is None or rule.global_:
            continue
        told = ending(ask(both.clients[role], method, address(both, pattern, role, both.theirs)))
        may = role in SEES_ALL and not rule.own_only
        if told == "through" and not (may and role in rule.who):
            wrong.append(f"{method} {name}: {told}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.once
@pytest.mark.parametrize("role", "RLAXN")
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_tells_anything_of_another_company(both: Both, role: str, method: str) -> None:
    """Whatever the address, and whatever the answer: lists, pages, errors, exports."""
    assert_silent(both, role, ((method, p) for p in _all_paths(both, role)))


def _all_paths(both: Both, role: str) -> Iterator[str]:
    for pattern, _ in routes():
        for side in (both.ours, both.theirs):
            yield address(both, pattern, role, side)
    source = both.ours.rows["common"].source_id
    yield f"/admin/sync/profile/{both.ours.rows['common'].pk}/change/"
    yield f"/admin/sync/hrflowsource/{source}/change/"
    yield f"/admin/sync/hrflowsource/{source}/progress/"
    yield f"/admin/sync/profile/?source__id__exact={source}"


def assert_silent(both: Both, role: str, asked: Iterable[tuple[str, str]]) -> None:
    told = []
    for method, path in asked:
        text = text_of(ask(both.clients[role], method, path)).casefold()
        # What was asked for may be repeated.
        if "bravo" in text.replace(path.casefold(), ""):
            at = text.index("bravo")
            told.append(f"{method} {path}: …{text[max(0, at - 60) : at + 40]}…")
    assert not told, "\n".join(told)


# --- filters, searches, choices, actions --------------------------------------------------------


def models_of_the_app() -> list[type[models.Model]]:
    return [m for m in admin.site._registry if m._meta.app_label == "sync"]


def list_of(model: type[models.Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def relations(model: type[models.Model], depth: int = 2) -> Iterator[tuple[str, str]]:
    """Lookups to other models (`vacancy__company`), and the name of the model they end at."""
    for one in model._meta.get_fields():
        if one.is_relation and one.related_model is not None and one.name:
            yield one.name, str(one.related_model._meta.model_name)
            if depth > 1:
                for name, end in relations(one.related_model, depth - 1):
                    yield f"{one.name}__{name}", end


@pytest.mark.once
@pytest.mark.parametrize("role", "RLA")
def test_no_filter_leads_to_another_company(both: Both, role: str) -> None:
    def queries(model: type[models.Model]) -> Iterator[str]:
        yield from ("?q=ravo", "?q=ravo+candidate", "?all=", "?_popup=1&q=ravo", "?p=1", "?e=1")
        for name, end in relations(model):
            row = both.theirs.rows.get(end)
            for lookup in ("id__exact", "exact", "pk", "id__in") if row else ():
                yield f"?{name}__{lookup}={row.pk}"
        for spec in admin.site._registry[model].list_filter:
            name = getattr(spec, "parameter_name", spec if isinstance(spec, str) else "")
            for row in both.theirs.rows.values() if name else ():
                yield f"?{name}={row.pk}"

    for model in models_of_the_app():
        asked = (("get", list_of(model) + query) for query in queries(model))
        assert_silent(both, role, asked)


SECRETS_BY_LOOKUP = [
    "sync/hrflowsource/?api_secret__startswith=a",
    "sync/hrflowsource/?webhook_token__startswith=a",
    "sync/hrflowsource/?companies__name__startswith=Bravo",
    "sync/hrflowsource/?companies__auth__startswith=a",
    "sync/profile/?source__companies__name__startswith=Bravo",
    "sync/profile/?source__companies__webhook_token__startswith=a",
    "sync/profile/?source__api_secret__isnull=0",
    "sync/profile/?source__webhook_token__startswith=a",
    "sync/profile/?source__push__vacancy__title__startswith=Bravo",
    "sync/push/?vacancy__company__webhook_token__startswith=a",
    "sync/push/?vacancy__company__members__password__startswith=p",
    "sync/push/?requested_by__password__startswith=p",
    "sync/push/?candidate_phone__startswith=0",
    "sync/run/?requested_by__password__startswith=p",
    "sync/workflow/?source__companies__name__startswith=Bravo",
    "sync/flatchrcompany/?members__password__startswith=p",
    "sync/flatchrvacancy/?company__webhook_token__startswith=a",
]


@pytest.mark.parametrize("path", SECRETS_BY_LOOKUP)
@pytest.mark.parametrize("role", "RLAO")
def test_no_filter_asks_for_a_secret_letter_by_letter(both: Both, role: str, path: str) -> None:
    """An answer that depends on the first letter gives the second away."""
    response = ask(both.clients[role], "get", f"/admin/{path}")
    assert response.status_code in (302, 400, 403)
    if response.status_code == 302:
        assert response["Location"].endswith("?e=1")


ORACLES = [
    "hrflowsource/?companies={flatchrcompany}",
    "hrflowsource/?companies__id__exact={flatchrcompany}",
    "hrflowsource/?companies__id__gt=0",
    "hrflowsource/?workflow={workflow}",
    "hrflowsource/?push={push}",
    "hrflowsource/?push__id__gt=0",
    "hrflowsource/?run={run}",
    "flatchrcompany/?members={user}",
    "flatchrcompany/?members__id__gt=0",
    "profile/?source__companies={flatchrcompany}",
    "profile/?source__push={push}",
]


@pytest.mark.parametrize("query", ORACLES)
@pytest.mark.parametrize("role", "LA")
def test_no_filter_tells_what_a_shared_row_is_to_another_company(
    both: Both, role: str, query: str
) -> None:
    """A yes or no for a number is an answer, too."""
    numbers = {name: row.pk for name, row in both.theirs.rows.items()}
    path = f"/admin/sync/{query.format(**numbers, user=both.theirs.lead.pk)}"
    response = ask(both.clients[role], "get", path)
    assert response.status_code in (302, 400, 403)
    if response.status_code == 302:
        assert response["Location"].endswith("?e=1")


@pytest.mark.parametrize("role", "RLA")
def test_no_choice_offers_another_company(both: Both, role: str) -> None:
    def questions() -> Iterator[str]:
        for model in admin.site._registry:
            for one in (*model._meta.fields, *model._meta.many_to_many):
                if one.is_relation:
                    which = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}"
                    yield f"/admin/autocomplete/?{which}&field_name={one.name}&term="
                    yield f"/admin/autocomplete/?{which}&field_name={one.name}&term=ravo"

    asked = [("get", path) for path in questions()]
    assert len(asked) > 20
    assert_silent(both, role, asked)


def snapshot(side: Side) -> dict[str, Any]:
    kinds = {type(row) for row in side.rows.values()}
    return {kind.__name__: list(kind._base_manager.order_by("pk").values()) for kind in kinds}


@pytest.mark.parametrize("role", "RLAX")
def test_no_action_touches_another_company(both: Both, role: str) -> None:
    client, theirs = both.clients[role], both.theirs
    before = snapshot(theirs)
    for model, model_admin in admin.site._registry.items():
        row = theirs.rows.get(str(model._meta.model_name))
        if row is None:
            continue
        names = {name for _, name, _ in model_admin._get_base_actions()}
        for action in sorted(names | {"delete_selected"}):
            for extra in ({}, {"post": "yes"}, {"select_across": "1"}, {"confirm": "yes"}):
                form = {"action": action, "index": "0", "_selected_action": [row.pk], **extra}
                fresh = Client(headers={"Accept-Language": "en"})
                fresh.cookies = deepcopy(client.cookies)
                with transaction.atomic():
                    text = text_of(fresh.post(list_of(model), form, follow=True))
                    after = snapshot(theirs)
                    transaction.set_rollback(True)
                assert "bravo" not in text.casefold(), f"{model.__name__} {action}"
                _assert_same(before, after, both, f"{model.__name__} {action}")


def _assert_same(before: Any, after: Any, both: Both, what: str) -> None:
    theirs = {(type(row).__name__, row.pk) for row in both.theirs.rows.values()}
    for kind, rows in before.items():
        kept = {row["id"]: row for row in after[kind]}
        for row in rows:
            if (kind, row["id"]) in theirs:
                assert kept.get(row["id"]) == row, what


@pytest.mark.once
@pytest.mark.parametrize("role", "RLAX")
def test_no_post_to_another_companys_row_changes_it(both: Both, role: str) -> None:
    before = snapshot(both.theirs)
    for pattern, name in routes():
        rule = rule_for(name)
        if rule is None or rule.global_:
            continue
        path = address(both, pattern, role, both.theirs)
        for data in ({}, {"post": "yes"}, {"verb": "retry", "confirm": "yes", "name": "Changed"}):
            fresh = Client()
            fresh.cookies = deepcopy(both.clients[role].cookies)
            with transaction.atomic():
                fresh.post(path, data)
                after = snapshot(both.theirs)
                transaction.set_rollback(True)
            _assert_same(before, after, both, name)


def test_a_vacancy_of_another_company_cannot_be_chosen_for_a_draft(both: Both) -> None:
    draft, theirs = both.drafts["R"], both.theirs.rows["flatchrvacancy"]
    url = f"/admin/sync/profile/push/{draft.pk}/vacancy/"
    fresh = Client()
    fresh.cookies = deepcopy(both.clients["R"].cookies)
    fresh.post(url, {"vacancy": theirs.pk})
    draft.refresh_from_db()
    assert draft.vacancy == both.ours.rows["flatchrvacancy"]
    Run.objects.filter(pk=draft.pk).update(vacancy=theirs)
    fresh.post(f"/admin/sync/profile/push/{draft.pk}/confirm/")
    assert not Push.objects.filter(run=draft.pk).exists()


def test_profiles_of_another_company_cannot_be_pushed(both: Both) -> None:
    fresh = Client()
    fresh.cookies = deepcopy(both.clients["R"].cookies)
    theirs = both.theirs.rows["profile"]
    form = {"action": "push_to_flatchr", "_selected_action": [theirs.pk], "index": "0"}
    fresh.post("/admin/sync/profile/", form)
    assert not RunProfile.objects.filter(
        profile=theirs, run__requested_by__username="alpha-recruiter"
    )


NUMBERS = ["²", "٣", "-1", "1.0", "9" * 23, "9" * 5000, "1 OR 1=1"]
NUMBERED = [
    "sync/push/?company={}",
    "sync/push/?vacancy={}",
    "sync/push/?by={}",
    "sync/push/?run={}",
    "sync/push/{}/change/",
    "sync/push/{}/do/retry/",
    "sync/run/{}/change/",
    "sync/run/{}/progress/",
    "sync/profile/?not_pushed_to={}",
    "sync/profile/{}/change/",
    "sync/profile/{}/live/",
    "sync/profile/push/{}/",
    "sync/auditentry/{}/change/",
    "auth/user/{}/change/",
]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:24])
def test_a_number_that_is_none_finds_nothing_and_breaks_nothing(both: Both, number: str) -> None:
    for path in NUMBERED:
        response = ask(both.clients["S"], "get", f"/admin/{path.format(quote(number))}")
        assert response.status_code in (200, 302, 404), path
    draft = both.drafts["R"]
    posts = [
        (f"profile/push/{draft.pk}/vacancy/", {"vacancy": number}),
        (f"profile/push/{draft.pk}/take/", {"shown": number, "take": number}),
        ("push/failures/retry/", {"status": "failed", "code": "x", "company": number}),
    ]
    for path, form in posts:
        response = ask(both.clients["R"], "post", f"/admin/sync/{path}", **form)
        assert response.status_code in (302, 404), path


# --- secrets ------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize("role", "RLAOSX")
def test_no_page_shows_a_stored_secret(both: Both, role: str) -> None:
    source, company = both.ours.rows["hrflowsource"], both.ours.rows["flatchrcompany"]
    source.api_secret, source.webhook_secret = "planted-api-4f2a", "planted-hook-4f2b"
    source.save()
    company.auth = "planted-auth-4f2c"
    company.save()
    for pattern, name in routes():
        for method in ("get", "post"):
            text = text_of(ask(both.clients[role], method, address(both, pattern, role, both.ours)))
            assert "planted" not in text, f"{method} {name}"


@pytest.mark.once
@pytest.mark.parametrize("role", "RLAX")
def test_only_who_manages_credentials_sees_the_address_of_a_webhook(both: Both, role: str) -> None:
    tokens = [both.ours.rows[name].webhook_token for name in ("hrflowsource", "flatchrcompany")]
    for pattern, name in routes():
        text = text_of(ask(both.clients[role], "get", address(both, pattern, role, both.ours)))
        assert not any(token in text for token in tokens), name


def test_an_operator_sees_the_address_of_a_webhook(both: Both) -> None:
    source = both.ours.rows["hrflowsource"]
    page = ask(both.clients["O"], "get", f"/admin/sync/hrflowsource/{source.pk}/change/")
    assert source.webhook_token in text_of(page)


# --- nobody gets a shell ------------------------------------------------------------------------


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


# --- pages that the policy allows ---------------------------------------------------------------

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style|\sstyle=|\son\w+=\""
    r"|javascript:|<base\b|<object|<embed|<iframe",
    re.I,
)


@pytest.mark.once
def test_no_page_has_anything_inline(both: Both) -> None:
    for pattern, name in routes():
        response = ask(both.clients["S"], "get", address(both, pattern, "S", both.ours))
        if response.headers.get("Content-Type", "").startswith("text/html"):
            assert not INLINE.findall(text_of(response)), name
