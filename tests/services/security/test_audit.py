"""The audit log: who did what from where; written once; seen by whom it concerns."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError
from django.test import Client, RequestFactory

from sync.models import Action, AppendOnlyError, AuditEntry, Profile, Push
from sync.services.pushing import decisions
from sync.services.security import audit
from sync.web.client_address import client_address
from tests.desk import ALL, Desk, S, client_of, make_company, make_source, make_user, make_vacancy

pytestmark = pytest.mark.django_db

LOG = "/admin/sync/auditentry/"


@pytest.fixture
def desk(db: None) -> Desk:
    found = Desk()
    AuditEntry.objects.all()._raw_delete("default")
    return found


def entries(*actions: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action__in=actions).order_by("pk"))


def test_an_entry_can_be_neither_changed_nor_deleted(desk: Desk) -> None:
    entry = audit.record(desk.user, Action.LOOK, desk.push())
    entry.label = "another"
    for act in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(label=""),
        lambda: AuditEntry.objects.bulk_update([entry], ["label"]),
    ):
        with pytest.raises(AppendOnlyError):
            act()
    assert AuditEntry.objects.get(pk=entry.pk).label != "another"


def test_an_entry_outlives_the_account(desk: Desk) -> None:
    user = make_user("leaver")
    entry = audit.record(user, Action.LOOK)
    user.delete()
    entry.refresh_from_db()
    assert (entry.user, entry.username) == (None, "leaver")


def test_sign_ins_are_noted_with_their_address(desk: Desk) -> None:
    desk.user.set_password("right")
    desk.user.save()
    client = Client(REMOTE_ADDR="203.0.113.9")
    login = "/admin/login/"
    client.post(login, {"username": "recruiter", "password": "wrong"})
    client.post(login, {"username": "my-password-by-mistake", "password": "x"})
    client.post(login, {"username": "recruiter", "password": "right"})
    client.post("/admin/logout/")
    found = entries(Action.SIGN_IN, Action.SIGN_IN_FAILED, Action.SIGN_OUT)
    assert [(e.action, e.username) for e in found] == [
        ("sign_in_failed", "recruiter"),
        ("sign_in_failed", ""),
        ("sign_in", "recruiter"),
        ("sign_out", "recruiter"),
    ]
    assert {e.address for e in found} == {"203.0.113.9"}
    assert "mistake" not in str(list(AuditEntry.objects.values()))


def test_pushing_is_noted_and_a_draft_is_not(desk: Desk) -> None:
    desk.run(status="draft")
    assert entries(Action.PUSH) == []
    run = desk.run()
    (entry,) = entries(Action.PUSH)
    assert (entry.username, entry.object_type, entry.object_id) == ("recruiter", "run", str(run.pk))
    assert entry.company == desk.company


def test_retries_cancellations_and_decisions_are_noted(desk: Desk) -> None:
    failed, unsure = desk.push(S.FAILED), desk.push(S.UNCONFIRMED)
    waiting, done = desk.push(S.QUEUED), desk.push(S.SUCCEEDED)
    decisions.retry_all(Push.objects.filter(pk=failed.pk), user=desk.user)
    decisions.cancel_all(Push.objects.filter(pk=waiting.pk), user=desk.user)
    decisions.decide_all(Push.objects.filter(pk=unsure.pk), in_flatchr=True, user=desk.user)
    decisions.repeat(done, requested_by=desk.user)
    again = Push.objects.get(repeat_of=done)
    found = entries(Action.RETRY, Action.CANCEL, Action.DECIDE, Action.REPEAT)
    pushes = [failed, waiting, unsure, again]
    assert [e.object_id for e in found] == [str(push.pk) for push in pushes]
    assert [e.action for e in found] == ["retry", "cancel", "decide", "repeat"]
    assert {e.username for e in found} == {"recruiter"}
    assert found[2].details == {"decision": "in_flatchr"}


def test_no_entry_names_a_candidate(desk: Desk) -> None:
    push = desk.push(S.FAILED, candidate_name="Ada Unmistakable", candidate_email="ada@un.example")
    audit.record(desk.user, Action.LOOK, push)
    decisions.retry_all(Push.objects.filter(pk=push.pk), user=desk.user)
    kept = str(list(AuditEntry.objects.values()))
    for mark in ("Unmistakable", "ada@un.example", push.profile_key):
        assert mark not in kept


def test_an_export_is_noted_with_its_size(desk: Desk) -> None:
    desk.push()
    desk.client.get("/admin/sync/push/export/", REMOTE_ADDR="203.0.113.7")
    (entry,) = entries(Action.EXPORT)
    assert (entry.username, entry.address, entry.details) == (
        "recruiter",
        "203.0.113.7",
        {"rows": 1},
    )


def test_a_changed_credential_is_noted_without_the_secret(desk: Desk) -> None:
    company, source = desk.company, desk.source
    for account in (company, source):
        account.refresh_from_db()
        account.name = f"{account.name} 2"
        account.save()
    assert entries(Action.CREDENTIALS) == []
    company.auth = "brand-new-key-4f2a"
    company.save()
    source.webhook_secret = "hook"
    source.save(update_fields=["webhook_secret"])
    source.save()
    made = make_company("Third")
    found = entries(Action.CREDENTIALS)
    assert [(e.label, e.details["field"]) for e in found] == [
        ("Aviva 2", "auth"),
        ("Salon 2", "webhook_secret"),
        (made.name, "auth"),
    ]
    assert "brand-new" not in str(list(AuditEntry.objects.values()))


def test_a_changed_membership_is_noted_when_a_person_does_it(desk: Desk) -> None:
    group = Group.objects.get(name="Operator")
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.5")
    request.user = desk.user
    desk.user.groups.add(group)
    newcomer = make_user("newcomer")
    assert entries(Action.ACCESS) == []
    with audit.during(request, client_address(request)):
        desk.user.groups.remove(group)
        desk.company.members.add(newcomer)
    first, second = entries(Action.ACCESS)
    assert first.details == {"remove group": [group.pk]}
    assert (second.company, second.address) == (desk.company, "203.0.113.5")


def test_behind_a_proxy_only_the_last_forwarded_address_counts(desk: Desk, settings: Any) -> None:
    settings.BEHIND_PROXY = True
    forged = "1.1.1.1, 203.0.113.99"
    Client().post(
        "/admin/login/",
        {"username": "recruiter", "password": "wrong"},
        headers={"X-Forwarded-For": forged},
    )
    assert entries(Action.SIGN_IN_FAILED)[0].address == "203.0.113.99"


def test_an_action_without_a_request_is_the_command_line(desk: Desk) -> None:
    assert audit.record(None, Action.PURGE).username == "(command line)"


def boss() -> Client:
    return client_of(User.objects.create_superuser("boss"))


def test_making_somebody_staff_or_superuser_is_noted(desk: Desk) -> None:
    person = User.objects.create(username="somebody")
    form = {"username": "somebody", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    url = f"/admin/auth/user/{person.pk}/change/"
    client = boss()
    assert client.post(url, form).status_code == 302
    assert client.post(url, form | {"first_name": "Some"}).status_code == 302
    (entry,) = entries(Action.ACCESS)
    assert (entry.username, entry.label, entry.object_id) == ("boss", "somebody", str(person.pk))
    assert entry.details == {"is_superuser": True, "is_staff": True}


def test_a_new_account_and_one_that_is_switched_off_are_noted(desk: Desk) -> None:
    password = "a-very-long-passw0rd"
    form = {"username": "fresh", "password1": password, "password2": password}
    client = boss()
    client.post("/admin/auth/user/add/", form | {"usable_password": "true"})
    person = User.objects.get(username="fresh")
    client.post(f"/admin/auth/user/{person.pk}/change/", {"username": "fresh"})
    first, second = entries(Action.ACCESS)
    assert (first.label, first.details) == ("fresh", {"add user": [person.pk]})
    assert (second.label, second.details) == ("fresh", {"is_active": False})


def test_setting_anothers_password_is_noted_without_it(desk: Desk) -> None:
    password = "a-very-long-passw0rd"
    form = {"password1": password, "password2": password, "usable_password": "true"}
    boss().post(f"/admin/auth/user/{desk.user.pk}/password/", form)
    (entry,) = entries(Action.CREDENTIALS)
    assert (entry.username, entry.label) == ("boss", "recruiter")
    assert entry.details == {"field": "password"}
    desk.user.refresh_from_db()
    assert desk.user.password not in str(list(AuditEntry.objects.values()))


def test_signing_in_changes_nobodys_access(desk: Desk, settings: Any) -> None:
    """Though it may store the password under a newer hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    desk.user.set_password("right")
    desk.user.save()
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    Client().post("/admin/login/", {"username": "recruiter", "password": "right"})
    assert entries(Action.SIGN_IN)
    assert entries(Action.ACCESS, Action.CREDENTIALS) == []


@pytest.mark.parametrize("address", ["change/?live", "live/"])
def test_reading_a_profile_live_is_noted(desk: Desk, settings: Any, address: str) -> None:
    settings.HRFLOW_API_URL = "http://127.0.0.1:9/x"
    profile = Profile.objects.create(source=desk.source, key="k", full_name="Ada")
    client = client_of(make_user("reader", "view_profile", company=desk.company))
    client.get(f"/admin/sync/profile/{profile.pk}/change/")
    assert entries(Action.LOOK) == []
    client.get(f"/admin/sync/profile/{profile.pk}/{address}")
    (entry,) = entries(Action.LOOK)
    assert (entry.username, entry.object_id) == ("reader", str(profile.pk))


def test_looking_for_what_is_held_of_a_person_is_noted_without_naming_them(desk: Desk) -> None:
    Profile.objects.create(source=desk.source, key="k", full_name="Ada", email="ada@un.example")
    client = client_of(make_user("operator", "handle_requests", "see_all_companies"))
    client.post("/admin/sync/erasedperson/request/", {"email": "ada@un.example", "find": "1"})
    (entry,) = entries(Action.LOOK)
    assert (entry.username, entry.details) == ("operator", {"profiles": 1, "pushes": 0})
    assert "ada@un.example" not in str(list(AuditEntry.objects.values()))


# --- pages --------------------------------------------------------------------------------------


def auditor(company: Any, *more: str) -> Client:
    return client_of(make_user("auditor", "view_auditentry", *more, company=company))


def test_an_auditor_sees_their_companies_and_colleagues_only(desk: Desk) -> None:
    other = make_company("Other")
    stranger = make_user("stranger", company=other)
    audit.record(desk.user, Action.LOOK, label="ours", company=desk.company)
    audit.record(stranger, Action.LOOK, label="theirs", company=other)
    audit.record(desk.user, Action.SIGN_IN, label="colleague")
    audit.record(stranger, Action.SIGN_IN, label="not-a-colleague")
    page = auditor(desk.company, "export_audit")
    for url in (LOG, f"{LOG}export/"):
        response = page.get(url)
        text = b"".join(response).decode() if response.streaming else response.content.decode()
        assert "ours" in text and "colleague" in text
        assert "theirs" not in text and "not-a-colleague" not in text


def seen_by_auditor(company: Any) -> set[str]:
    found = AuditEntry.objects.for_user(make_user("supervisor", company=company))
    return set(found.values_list("label", flat=True))


def test_what_a_colleague_did_for_another_company_stays_there(desk: Desk) -> None:
    """Somebody of both companies looks at profiles and changes a source of the other one."""
    other, source = make_company("Other"), make_source("Other source")
    source.companies.add(other)
    other.members.add(desk.user)
    profile = Profile.objects.create(source=source, key="k", full_name="Ada")
    audit.record(desk.user, Action.LOOK, profile)
    audit.record(desk.user, Action.DOWNLOAD_CV, profile)
    audit.record(desk.user, Action.CREDENTIALS, source)
    audit.record(desk.user, Action.SIGN_IN, label="signs in")
    profile.delete()
    assert seen_by_auditor(desk.company) == {"signs in"}
    User.objects.get(username="supervisor").delete()
    assert seen_by_auditor(other) == {"signs in", "Other", "Other source"}


def test_an_auditor_sees_who_looked_at_the_profiles_of_their_sources(desk: Desk) -> None:
    """Whoever it was: an operator belongs to no company."""
    profile = Profile.objects.create(source=desk.source, key="k", full_name="Ada")
    audit.record(make_user("operator"), Action.LOOK, profile)
    assert seen_by_auditor(desk.company) == {"Salon"}


def test_the_entries_of_a_deleted_company_fall_to_nobody_else(desk: Desk) -> None:
    other = make_company("Other")
    other.members.add(desk.user)
    desk.source.companies.add(other)
    vacancy = make_vacancy(other, "Secret job")
    profile = Profile.objects.create(source=desk.source, key="k", full_name="Ada")
    audit.record(desk.user, Action.CREDENTIALS, other)
    audit.record(desk.user, Action.LOOK, vacancy)
    other_job = str(vacancy)
    audit.record(desk.user, Action.LOOK, profile, label="their preview", company=other)
    other.delete()
    assert seen_by_auditor(desk.company) == set()
    everything = AuditEntry.objects.for_user(User.objects.create_superuser("boss"))
    assert {"Other", other_job, "their preview"} <= set(everything.values_list("label", flat=True))


def test_the_log_can_be_read_and_not_changed(desk: Desk) -> None:
    entry = audit.record(desk.user, Action.LOOK, label="x", company=desk.company)
    page = auditor(desk.company)
    assert page.get(f"{LOG}{entry.pk}/change/").status_code == 200
    assert page.get(f"{LOG}add/").status_code == 403
    assert page.post(f"{LOG}{entry.pk}/change/", {"label": "y"}).status_code == 403
    assert page.post(f"{LOG}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    root = client_of(User.objects.create_superuser("root", password="r"))
    assert root.post(f"{LOG}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert AuditEntry.objects.get(pk=entry.pk).label == "x"


def test_exporting_the_log_needs_its_permission_and_is_noted(desk: Desk) -> None:
    assert auditor(desk.company).get(f"{LOG}export/").status_code == 403
    user = make_user("exporter", "view_auditentry", "export_audit", company=desk.company)
    response = client_of(user).get(f"{LOG}export/")
    assert response.status_code == 200 and b"".join(response)
    assert entries(Action.EXPORT)[0].username == "exporter"


def test_a_recruiter_sees_no_log(desk: Desk) -> None:
    client = client_of(make_user("plain", *ALL, company=desk.company))
    assert client.get(LOG).status_code == 403


def test_a_failed_change_leaves_no_entry(desk: Desk) -> None:
    make_vacancy(desk.company)
    first = desk.push(S.SUCCEEDED)
    newer = desk.push(S.FAILED, profile_key=first.profile_key)
    done, left = decisions.retry_all(Push.objects.filter(pk=newer.pk), user=desk.user)
    assert (done, left) == (0, 1)
    assert entries(Action.RETRY) == []
    with pytest.raises(IntegrityError):
        newer.retry(desk.user)
    assert make_source("another")
