"""Who gets through at which address: a rule for every route, read by the tests of routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver

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
    "sync_restored": Rule("OS", global_=True),
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
