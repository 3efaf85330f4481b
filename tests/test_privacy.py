"""Erasing a person: nothing of them is left anywhere, and nothing brings them back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation
from django.utils.text import capfirst
from django_q.models import OrmQ, Task
from django_q.signing import SignedPackage

from sync.models import (
    Action,
    AuditEntry,
    DailyCount,
    ErasedPerson,
    FlatchrCompany,
    HrFlowSource,
    Profile,
    Push,
    PushAttempt,
    Run,
    RunKind,
    RunProfile,
)
from sync.models.states import PushStatus
from sync.services import holdings, privacy, register
from sync.services.batch import queue
from sync.services.erasure import erase_candidate, export_candidate
from sync.services.importing import import_profiles
from sync.services.presence import cache_key
from sync.services.purging import purge
from sync.services.scrubbing import cut_log
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.desk import ALL, client_of, make_user, text_of
from tests.dumps import dump, found_in
from tests.pushing import add_person, people

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "zoe.quintrec@exemple.fr"
PHONE = "+33 6 91 82 73 64"
NAME = "Zoé Quintrec"
MARKS = (EMAIL, "Quintrec", "91 82 73 64")


def add_zoe(world: World, **info: Any) -> str:
    return add_person(world, "Zoé", "Quintrec", **{"email": EMAIL, "phone": PHONE, **info})


def spread(world: World, key: str) -> None:
    """Mentions of the person in places where nobody should be."""
    kind = ContentType.objects.get_for_model(Profile)
    user = make_user("colleague")
    LogEntry.objects.create(
        user=user, content_type=kind, object_id="1", object_repr=NAME, action_flag=2
    )
    now = timezone.now()
    Task.objects.create(
        id="a" * 32, name="x", func="f", started=now, stopped=now, result=f"no {EMAIL}"
    )
    OrmQ.objects.create(key="q", payload=SignedPackage.dumps({"id": "1", "args": (key,)}))
    session = SessionStore()
    session["_messages"] = json.dumps([["__json_message", 0, 20, f"{NAME} is on their way"]])
    session["_auth_user_id"] = str(user.pk)
    session.save()
    HrFlowSource.objects.filter(pk=world.source.pk).update(last_error=f"about {EMAIL}.")
    draft = Run.objects.create(kind=RunKind.BATCH, status="draft", requested_by=user)
    RunProfile.objects.create(run=draft, profile=Profile.objects.get(key=key))


def test_nothing_of_an_erased_person_is_left_but_the_hash(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    assert world.push(key).status == PushStatus.SUCCEEDED
    spread(world, key)
    # The phone is never kept in clear.
    assert found_in(dump(), *MARKS, key) == [EMAIL, "Quintrec", key]
    receipt = erase_candidate(email=" ZOE.Quintrec@exemple.fr ")
    assert receipt.scrubbed
    assert found_in(dump(), *MARKS, key) == []
    wanted = {"attempts", "log_entries", "notes", "profiles", "pushes", "selections", "sessions"}
    assert set(receipt.counts) == {*wanted, "tasks", "waiting_tasks"}
    assert [one.vacancy for one in receipt.sent_to] == [world.vacancy().title]
    assert ErasedPerson.objects.filter(receipt=receipt.number).count() == 2
    assert DailyCount.objects.get().count == 1


def test_others_lose_nothing_by_an_erasure(world: World) -> None:
    key, other = add_zoe(world), add_person(world, "Zoé", "Autre", email="zoe@autre.example")
    import_profiles(world.source)
    world.push(other)
    before = Profile.objects.count()
    erase_candidate(profile_key=key)
    assert Profile.objects.count() == before - 1
    assert Push.objects.get().profile_key == other


def note(user: Any, changes: object, about: str = "Aviva") -> LogEntry:
    return LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(FlatchrCompany),
        object_id="1",
        object_repr=about,
        action_flag=2,
        change_message=json.dumps(changes) if changes else "",
    )


@pytest.mark.parametrize("name", ["Django", "Changed", "Api Key", "Auth User", "Aviva"])
def test_a_candidates_name_destroys_nothing_that_is_not_about_them(world: World, name: str) -> None:
    user = make_user("colleague")
    client = client_of(user)
    entry = note(user, [{"changed": {"fields": ["API key"]}}])
    Task.objects.create(
        id="a" * 32, name="x", func="f", started=timezone.now(), stopped=timezone.now(),
        result="ValueError: django changed the api keys",
    )  # fmt: skip
    Profile.objects.create(source=world.source, key="k" * 40, full_name=name, email="a@x.fr")
    assert erase_candidate(email="a@x.fr").counts == {"profiles": 1}
    assert client.get("/admin/").status_code == 200
    assert Task.objects.count() == 1
    kept = LogEntry.objects.get()
    assert (kept.object_repr, kept.change_message) == ("Aviva", entry.change_message)


def test_who_is_erased_is_told_from_those_whose_mark_holds_theirs(world: World) -> None:
    user = make_user("colleague")
    others = [f"jean-{EMAIL}", f"{EMAIL}.example", "Anne-Zoé Quintrec", "Zoé Quintrec-Roux"]
    for other in others:
        note(user, None, about=other)
    mentioned = [f"<{EMAIL.upper()}>", "Profile of ZOÉ  QUINTREC.", "…Zoé Quintrec"]
    for mention in mentioned:
        note(user, None, about=mention)
    note(user, [{"added": {"name": "profile", "object": NAME}}])
    add_zoe(world)
    import_profiles(world.source)
    assert erase_candidate(email=EMAIL).counts["log_entries"] == len(mentioned) + 1
    kept = LogEntry.objects.exclude(object_repr="—").values_list("object_repr", "change_message")
    assert set(kept) == {(other, "") for other in [*others, "Aviva"]}


def test_a_colleague_whose_page_spoke_of_the_person_stays_signed_in(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    client = client_of(make_user("colleague"))
    session = client.session
    session["_messages"] = json.dumps([["__json_message", 0, 20, f"{NAME} was pushed"]])
    session.save()
    assert erase_candidate(profile_key=key).counts["sessions"] == 1
    response = client.get("/admin/")
    assert response.status_code == 200 and "Quintrec" not in response.content.decode()


def test_an_import_does_not_bring_an_erased_person_back(world: World) -> None:
    key = add_zoe(world)
    erase_candidate(email=EMAIL)
    twin = add_zoe(world, first_name="Zoë")
    found = import_profiles(world.source, full=True)
    assert found.erased == 2
    assert not Profile.objects.filter(key__in=[key, twin]).exists()
    assert found_in(dump(), EMAIL, key, twin) == []


def test_dispatch_makes_no_push_for_an_erased_person_and_says_so(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    erase_candidate(email=EMAIL)
    done = world.dispatch(key)
    assert (done.created, done.erased, done.blocked) == (0, [key], [])
    report = queue(world.source, world.vacancy(), [key])
    assert not report.is_success
    assert [(line.key, line.code) for line in report.pushes] == [(key, ErrorCode.PERSON_ERASED)]
    assert people(world)[NAME] == 0


def test_a_new_profile_with_an_erased_e_mail_is_stopped_before_it_is_sent(world: World) -> None:
    add_zoe(world)
    erase_candidate(email=EMAIL)
    again = add_zoe(world)
    push = world.push(again)
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.PERSON_ERASED)
    assert world.sandbox.received() == []
    assert push.profile_key.startswith(privacy.ERASED_KEY)
    cut_log()
    assert found_in(dump(), *MARKS, again) == []
    push.retry(make_user("retrier"))
    world.work()
    push.refresh_from_db()
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.PERSON_ERASED)
    assert world.sandbox.received() == []


def test_a_push_on_its_way_sends_nothing_once_its_person_is_erased(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    world.dispatch(key)
    claimed = Push.objects.claim(1)
    erase_candidate(email=EMAIL)
    from sync.services.ledger import DirectLedger
    from sync.services.presence import Presence
    from sync.services.transfer import Transfer

    ledger = DirectLedger()
    Transfer(claimed[0], ledger, Presence(ledger)).run()
    assert world.sandbox.received() == []
    assert Push.objects.count() == 0


def test_all_profiles_and_addresses_of_a_person_are_found_by_any_of_them(world: World) -> None:
    first = add_zoe(world)
    world.push(first)
    Profile.objects.create(source=world.source, key=first, email="old@exemple.fr", full_name=NAME)
    second = world.sandbox.add_profile(info={"email": "OLD@exemple.fr", "first_name": "Z"})
    Profile.objects.create(source=world.bulk, key=second, email="OLD@exemple.fr", full_name="Z")
    for mark in ({"email": EMAIL}, {"profile_key": second}, {"email": "old@exemple.fr"}):
        held = holdings.find(**mark)
        assert held.keys == {first, second}
        assert held.emails == {EMAIL, "old@exemple.fr"}


DRESSED = {
    "Zoé <Zoe.Q@exemple.fr>": ["zoe.q@exemple.fr"],
    "MAILTO:zoe.q@exemple.fr?subject=CV": ["zoe.q@exemple.fr"],
    "zoe.q@exemple.fr; zq@travail.example": ["zoe.q@exemple.fr", "zq@travail.example"],
    "zoe.q@exemple.fr/zq@travail.example": ["zoe.q@exemple.fr", "zq@travail.example"],
    '"zoe.q@exemple.fr",': ["zoe.q@exemple.fr"],
    "Élodie@exemple.fr": ["élodie@exemple.fr", "ÉLODIE@exemple.fr"],
    "Straße@exemple.fr": ["straße@exemple.fr", "STRAẞE@EXEMPLE.FR"],
    "zoe@exämple.fr": ["ZOE@EXÄMPLE.FR"],
}


@pytest.mark.parametrize(
    ("field", "asked"), [(field, one) for field, all_ in DRESSED.items() for one in all_]
)
def test_a_person_is_found_erased_and_kept_out_by_every_address_of_the_field(
    world: World, field: str, asked: str
) -> None:
    key = add_zoe(world, email=field)
    import_profiles(world.source)
    assert erase_candidate(email=asked).counts == {"profiles": 1}
    again = add_zoe(world, email=field)
    assert import_profiles(world.source, full=True).erased == 2
    assert not Profile.objects.filter(key__in=[key, again]).exists()
    assert world.push(again).error_code == ErrorCode.PERSON_ERASED
    Profile.objects.create(source=world.source, key="late", email=field, seen_at=timezone.now())
    assert purge()["returned"] == 1


@pytest.mark.parametrize(
    "stored", ["Élodie@x.fr", "Élodie A. <élodie@x.fr>", "b@x.fr, ÉLODIE@X.FR"]
)
@pytest.mark.parametrize("asked", ["élodie@x.fr", "Élodie@x.fr", "mailto:ÉLODIE@x.fr"])
def test_rows_that_hold_an_address_as_it_was_written_are_found_too(
    world: World, stored: str, asked: str
) -> None:
    Profile.objects.create(source=world.source, key="by-profile", email=stored)
    Push.objects.filter(run=world.dispatch("by-push").run).update(candidate_email=stored.lower())
    Profile.objects.create(source=world.source, key="other", email="melodie@x.fr")
    assert holdings.find(email=asked).keys == {"by-profile", "by-push"}


def test_what_is_no_address_tells_nobody_from_another(world: World) -> None:
    keys = [add_person(world, name, "Sans", email="inconnu") for name in ("Ana", "Bob")]
    import_profiles(world.source)
    erase_candidate(profile_key=keys[0])
    assert import_profiles(world.source, full=True).erased == 1
    assert Profile.objects.filter(key=keys[1]).exists()


def test_an_address_that_many_share_erases_nobody_by_accident(world: World) -> None:
    Profile.objects.bulk_create(
        Profile(source=world.source, key=f"k{n}", email="jobs@agency.example") for n in range(30)
    )
    with pytest.raises(CommandError, match="30 profiles share"):
        call_command("erase_candidate", "--email", "jobs@agency.example")
    assert Profile.objects.count() == 30
    assert not ErasedPerson.objects.exists()
    call_command("erase_candidate", "--email", "jobs@agency.example", "--force", stdout=StringIO())
    assert not Profile.objects.exists()


def test_the_export_holds_everything_that_is_held(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    world.push(key)
    out = StringIO()
    call_command("export_candidate", "--profile-key", key, stdout=out)
    found = json.loads(out.getvalue())
    assert [one["email"] for one in found["profiles"]] == [EMAIL]
    assert [one["profile_key"] for one in found["pushes"]] == [key]
    assert len(found["attempts"]) == PushAttempt.objects.count() == 1
    assert "claim_token" not in found["pushes"][0]
    assert AuditEntry.objects.filter(action=Action.EXPORT_PERSON).count() == 1


def test_the_export_holds_what_an_erasure_would_find(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    world.push(key)
    Run.objects.update(answers=[{"question": "1", "value": "her answer"}])
    spread(world, key)
    out = StringIO()
    call_command("export_candidate", "--email", EMAIL, stdout=out)
    found = json.loads(out.getvalue())
    counts = erase_candidate(email=EMAIL).counts
    assert {name: len(found[name]) for name in counts} == counts
    assert found["tasks"] == [f"no {EMAIL}"]
    assert found["waiting_tasks"] == [key]
    assert found["sessions"] == [f"{NAME} is on their way"]
    assert found["notes"] == [f"about {EMAIL}."]
    assert "her answer" in str(found["runs"])


def test_the_command_erases_and_prints_the_receipt(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    out = StringIO()
    call_command("erase_candidate", "--email", EMAIL, "--dry-run", stdout=out)
    assert json.loads(out.getvalue()) == {"profiles": 1, "pushes": 0}
    assert Profile.objects.filter(key=key).exists()
    out = StringIO()
    call_command("erase_candidate", "--email", EMAIL, stdout=out)
    receipt = json.loads(out.getvalue())
    assert receipt["counts"] == {"profiles": 1}
    entry = AuditEntry.objects.get(action=Action.ERASE)
    assert (entry.label, entry.details) == (receipt["number"], {"profiles": 1})
    assert entry.username == "(command line)"


def test_an_erased_person_who_returns_without_a_cv_leaves_no_key_behind(world: World) -> None:
    """The push fails before anybody asks whether the person may be sent."""
    world.push(add_zoe(world))
    erase_candidate(email=EMAIL)
    info = {"first_name": "Zoé", "last_name": "Q", "full_name": "Zoé Q", "email": EMAIL}
    key = world.sandbox.add_profile(info=info, attachments=[])
    push = world.push(key)
    assert (push.status, push.error_code) == (PushStatus.FAILED, ErrorCode.RESUME_MISSING)
    assert privacy.is_stand_in(push.profile_key)
    assert (push.candidate_email, push.tries.get().steps) == ("", [])


def test_an_erasure_ends_what_the_cache_knows_of_the_vacancy(world: World) -> None:
    from django.core.cache import cache

    push = world.push(add_zoe(world))
    key = cache_key(push.run_id, push.vacancy_id)
    assert cache.get(key) is not None
    erase_candidate(email=EMAIL)
    assert cache.get(key) is None


def test_hashes_survive_a_change_of_keys_and_stop_all_without_any(
    world: World, settings: Any
) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    erase_candidate(email=EMAIL)
    former = list(settings.FIELD_ENCRYPTION_KEYS)
    settings.FIELD_ENCRYPTION_KEYS = ["n" * 40, *former]
    call_command("rotate_secrets", stdout=StringIO())
    settings.FIELD_ENCRYPTION_KEYS = ["n" * 40]
    assert privacy.is_erased(profile_key=key)
    assert privacy.is_erased(EMAIL.upper())
    assert not privacy.is_erased("somebody@else.example", "k")
    settings.FIELD_ENCRYPTION_KEYS = ["x" * 40]
    privacy._opened.cache_clear()
    with pytest.raises(Exception, match="cannot be decrypted"):
        privacy.is_erased(profile_key=key)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's log")
def test_an_erasure_does_not_call_itself_scrubbed_while_a_reader_keeps_the_log(
    world: World,
) -> None:
    add_zoe(world)
    import_profiles(world.source)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 200")
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sync_profile").fetchone()
        receipt = erase_candidate(email=EMAIL)
        assert EMAIL.encode() in dump()
        assert not receipt.scrubbed
    purge()
    assert EMAIL.encode() not in dump()
    connection.close()  # with its short patience


def test_a_purge_makes_good_what_a_busy_database_left_of_an_erasure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrubbed: list[bool] = []
    monkeypatch.setattr("sync.services.purging.scrub", lambda: scrubbed.append(True))
    purge()
    assert scrubbed == []
    erase_candidate(email=EMAIL)
    purge()
    assert scrubbed == [True]


# --- consent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ({"tags": [{"name": "consent_until", "value": "2001-01-01"}]}, ErrorCode.CONSENT_ENDED),
        ({"metadatas": [{"name": "last_contact", "value": "2001-01-01"}]}, "contact_too_old"),
        ({"tags": [{"name": "consent_until", "value": "2999-01-01"}]}, ""),
        ({"tags": [{"name": "last_contact", "value": "soon"}, None]}, ""),
    ],
)
def test_a_company_with_a_rule_is_sent_nobody_without_consent(
    world: World, profile: dict[str, Any], code: str
) -> None:
    world.company.contact_within_days = 5000
    world.company.save()
    key = add_zoe(world)
    world.sandbox.change_profile(key, **profile)
    push = world.push(key)
    assert push.error_code == code, push.explanation
    assert push.status == (PushStatus.FAILED if code else PushStatus.SUCCEEDED)
    assert len(world.sandbox.received()) == (0 if code else 1)


def test_a_company_without_a_rule_is_not_concerned(world: World) -> None:
    key = add_zoe(world)
    world.sandbox.change_profile(key, tags=[{"name": "consent_until", "value": "2001-01-01"}])
    assert world.push(key).status == PushStatus.SUCCEEDED


def test_an_import_leaves_out_who_may_no_longer_be_kept(world: World) -> None:
    key = add_zoe(world)
    world.sandbox.change_profile(key, tags=[{"name": "last_contact", "value": "2001-01-01"}])
    assert import_profiles(world.source).too_old == 1
    assert not Profile.objects.filter(key=key).exists()
    world.sandbox.change_profile(
        key,
        tags=[
            {"name": "last_contact", "value": "2001-01-01"},
            {"name": "consent_until", "value": f"{timezone.localdate() + timedelta(days=9)}"},
        ],
    )
    assert import_profiles(world.source).too_old == 0
    assert Profile.objects.get(key=key).consent_until is not None


# --- pages --------------------------------------------------------------------------------------

REQUEST = "/admin/sync/erasedperson/request/"
REGISTER = "/admin/sync/erasedperson/register/"
HANDLER = ("handle_requests", "see_all_companies", "view_erasedperson")


def test_an_operator_looks_exports_and_erases_on_the_page(world: World) -> None:
    key = add_zoe(world)
    import_profiles(world.source)
    client = client_of(make_user("operator", *HANDLER))
    shown = client.post(REQUEST, {"email": EMAIL, "find": "1"})
    assert NAME in text_of(shown) and "1 profile" in text_of(shown)
    exported = client.post(REQUEST, {"email": EMAIL, "export": "1"})
    assert exported.json()["profiles"][0]["key"] == key
    assert exported["Content-Disposition"].startswith("attachment")
    erased = client.post(REQUEST, {"email": EMAIL, "erase": "1"})
    number = ErasedPerson.objects.values_list("receipt", flat=True)[0]
    assert number in text_of(erased)
    assert not Profile.objects.filter(key=key).exists()
    actor = AuditEntry.objects.get(action=Action.ERASE)
    assert (actor.username, actor.address) == ("operator", "127.0.0.1")
    assert client.get("/admin/sync/erasedperson/").status_code == 200


def test_the_page_is_for_those_who_see_every_company_and_may(world: World) -> None:
    add_zoe(world)
    import_profiles(world.source)
    for name, rights in {
        "recruiter": ALL,
        "one-company": ("handle_requests",),
        "sees-all": ("see_all_companies",),
    }.items():
        client = client_of(make_user(name, *rights, company=world.company))
        assert client.get(REQUEST).status_code == 403, name
        assert client.post(REQUEST, {"email": EMAIL, "erase": "1"}).status_code == 403, name
    assert Profile.objects.filter(email=EMAIL).exists()


def test_the_page_wants_exactly_one_mark_of_a_person(world: World) -> None:
    client = client_of(make_user("operator", *HANDLER))
    for data in ({}, {"email": EMAIL, "profile_key": "k"}):
        response = client.post(REQUEST, {**data, "erase": "1"})
        assert "one of the two" in text_of(response)
    assert not ErasedPerson.objects.exists()


def test_what_is_no_address_is_not_taken_for_one(world: World) -> None:
    client = client_of(make_user("operator", *HANDLER))
    response = client.post(REQUEST, {"email": "zoe.exemple.fr", "erase": "1"})
    assert "Enter a valid email address." in text_of(response)
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("erase_candidate", "--email", "zoe.exemple.fr")
    assert not AuditEntry.objects.filter(action=Action.ERASE).exists()


def test_the_register_names_every_table_there_is() -> None:
    assert set(register.tables()) <= set(register.REGISTER)


def test_every_table_of_candidates_is_exported_or_tells_nobody(world: World) -> None:
    hashed = {"sync.ErasedPerson", "sync.PurgedPush", "sync.DailyCount", "cache"}
    exported = {"Profile": "profiles", "Push": "pushes", "PushAttempt": "attempts", "Run": "runs"}
    exported["RunProfile"] = "selections"
    about = {t for t, kept in register.REGISTER.items() if kept.about == register.About.CANDIDATES}
    assert about == hashed | {f"sync.{name}" for name in exported}
    assert set(exported.values()) <= set(export_candidate(email=EMAIL))


def test_every_table_of_the_register_has_a_name_for_people() -> None:
    ours = [apps.get_model(name)._meta for name in register.tables() if name.startswith("sync.")]
    nameless = [meta for meta in ours if "verbose_name" not in meta.original_attrs]
    made_up = {capfirst(str(meta.verbose_name_plural)) for meta in nameless}
    with translation.override("fr"):
        assert made_up.isdisjoint(line.name for line in register.lines())


def test_the_register_page_tells_the_times_of_this_installation(
    world: World, settings: Any
) -> None:
    settings.RETENTION_DAYS, settings.PAYLOAD_DAYS = 123, 7
    text = text_of(client_of(make_user("anyone")).get(REGISTER))
    assert "123 days after the last contact" in text
    assert "7 days after the push is closed" in text
    assert "candidate_email" not in text and "e-mail" in text


def test_where_nobody_was_erased_no_hash_is_made(
    world: World, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(1) as context:
        assert privacy.erased_keys({f"k{n}": f"{n}@example.com" for n in range(400)}) == set()
    assert "hashkey" not in str(context.captured_queries)
