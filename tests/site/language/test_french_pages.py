"""Roles and the audit log, on pages and in exports, in French."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import translation

from sync.models import Action, AuditEntry, Push
from sync.services.privacy import personal_data, retention
from sync.services.queue import schedules
from sync.services.reporting import exports
from sync.services.security import audit, audit_words
from sync.services.security.roles import ROLES
from tests.desk import Desk, S
from tests.site.language.french import FRENCH, back_to_english, boss, left_in_english, page

__all__ = ["back_to_english", "boss"]


# --- roles --------------------------------------------------------------------------------------


def test_roles_are_shown_in_french_wherever_the_admin_shows_them(boss: Any) -> None:
    group = Group.objects.get(name="Team lead")
    person = User.objects.create_user("camille")
    for path in (
        "/admin/auth/group/",
        "/admin/auth/user/",
        f"/admin/auth/user/{person.pk}/change/",
        f"/admin/auth/group/{group.pk}/change/",
        f"/admin/auth/group/{group.pk}/delete/",
        f"/admin/auth/group/{group.pk}/history/",
    ):
        text = page(boss, path)
        assert "Chef d’équipe" in text, path
        assert not [name for name in ROLES if name in text.split("\n")], path


def test_a_role_keeps_the_name_it_is_known_by(boss: Any) -> None:
    group = Group.objects.get(name="Operator")
    boss.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Boss"}, headers=FRENCH)
    group.refresh_from_db()
    assert group.name == "Operator"
    own = Group.objects.create(name="Interns")
    boss.post(f"/admin/auth/group/{own.pk}/change/", {"name": "Stagiaires"}, headers=FRENCH)
    own.refresh_from_db()
    assert (own.name, str(own)) == ("Stagiaires", "Stagiaires")


# --- the audit log ------------------------------------------------------------------------------


def _entries(desk: Desk) -> None:
    """One of every kind that has details, as services write them."""
    push = desk.push(S.UNCONFIRMED)
    for decision in audit_words.DECISIONS:
        audit.record(desk.user, Action.DECIDE, push, details={"decision": decision})
    audit.record(desk.user, Action.CREDENTIALS, desk.company, details={"field": "auth"})
    audit.record(
        desk.user, Action.ACCESS, desk.user, details={"is_staff": True, "is_active": False}
    )
    audit.record(desk.user, Action.ACCESS, desk.user, details={"add user": [desk.user.pk]})
    audit.record(None, Action.PURGE, details=dict.fromkeys(audit_words.COUNTED, 2))
    group = Group.objects.get(name="Auditor")
    for change in ("add permission", "remove user", "clear flatchrcompany"):
        details = {change: [3, 4]}
        audit.record(desk.user, Action.ACCESS, group, label=group.name, details=details)
    with translation.override("en"):
        list(exports.push_lines(Push.objects.all()))


def test_the_audit_log_is_read_and_exported_in_french(boss: Any) -> None:
    AuditEntry.objects.all()._raw_delete("default")
    _entries(Desk())
    log = page(boss, "/admin/sync/auditentry/")
    export = boss.get("/admin/sync/auditentry/export/", headers=FRENCH)
    lines = b"".join(export).decode().splitlines()
    cells = [cell.strip('"') for line in lines for cell in re.split("[;,]", line)]
    for texts in (log.split("\n"), cells):
        pairs = [part.strip() for text in texts for part in re.split(r",|\xa0: ?", text)]
        assert left_in_english([*texts, *pairs]) == []
        assert {"Auditeur", "(ligne de commande)", "Envois"} <= set(texts)
    for words in (
        "clé API",
        "ajout (permissions)\xa0: 3, 4",
        "retrait (utilisateurs)\xa0: 3, 4",
        "envois\xa0: 2",
        "Décision\xa0: présent dans Flatchr",
    ):
        assert words in log, words


def test_an_entry_is_read_in_french_on_its_page_too(boss: Any) -> None:
    _entries(Desk())
    for entry in AuditEntry.objects.all():
        text = page(boss, f"/admin/sync/auditentry/{entry.pk}/change/")
        assert left_in_english(text.split("\n")) == []


def test_an_entry_of_any_age_can_be_read(boss: Any) -> None:
    audit.record(None, Action.PURGE, label="as it was", details={"gone things": 3, "x": [1, "a"]})
    text = page(boss, "/admin/sync/auditentry/")
    for words in ("gone things\xa0: 3", "x\xa0: 1, a", "as it was"):  # PostgreSQL sorts the keys
        assert words in text


@pytest.mark.django_db
def test_whatever_is_counted_has_words() -> None:
    until, nobody = retention.cutoffs(), personal_data.find(email="nobody@example.org")
    keys = {
        *retention._purge_people(until, Counter()),
        *retention._purge_rest(until),
        *retention._count(until),
    }
    keys |= {
        *personal_data.find_mentions(nobody).wipe(),
        "pushes",
        "attempts",
        "selections",
        "undecided",
    }
    assert keys | {"payloads", "reasons", "returned"} <= set(audit_words.COUNTED)


def test_every_schedule_of_ours_has_a_name_for_people() -> None:
    assert set(schedules.NAMES) == set(schedules.SCHEDULES)
