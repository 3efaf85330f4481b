"""Filters, searches, choices, actions and forms tell and change nothing of another company."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.db import models, transaction
from django.test import Client

from sync.models import Push, Run, RunProfile
from tests.admin.access.route_rules import routes, rule_for
from tests.admin.access.two_companies import Both, Side, address, ask, assert_silent, both, text_of

pytestmark = pytest.mark.django_db
__all__ = ["both"]


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
