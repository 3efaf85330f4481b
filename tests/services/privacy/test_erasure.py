"""Erasing a person: nothing of them is left anywhere but the hash."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_q.models import Task

from sync.models import (
    Action,
    AuditEntry,
    DailyCount,
    Epoch,
    ErasedPerson,
    FlatchrCompany,
    Profile,
    Push,
    Run,
)
from sync.models.states import PushStatus
from sync.services.intake.profiles import import_profiles
from sync.services.privacy import personal_data
from sync.services.privacy.erasure import erase_candidate
from sync.services.privacy.retention import purge
from tests.conftest import World
from tests.desk import client_of, make_user
from tests.dumps import dump, found_in
from tests.pushing import add_person
from tests.services.privacy.erasing import EMAIL, MARKS, NAME, add_zoe, spread

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_all_profiles_and_addresses_of_a_person_are_found_by_any_of_them(world: World) -> None:
    first = add_zoe(world)
    world.push(first)
    Profile.objects.create(source=world.source, key=first, email="old@exemple.fr", full_name=NAME)
    second = world.sandbox.add_profile(info={"email": "OLD@exemple.fr", "first_name": "Z"})
    Profile.objects.create(source=world.bulk, key=second, email="OLD@exemple.fr", full_name="Z")
    for mark in ({"email": EMAIL}, {"profile_key": second}, {"email": "old@exemple.fr"}):
        held = personal_data.find(**mark)
        assert held.keys == {first, second}
        assert held.emails == {EMAIL, "old@exemple.fr"}


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


def test_an_erasure_ends_what_the_cache_knows_of_the_vacancy(world: World) -> None:
    from django.core.cache import cache

    push = world.push(add_zoe(world))
    epoch = Epoch.objects.current().token
    key = Run.applicants_cache_key(push.run_id, push.vacancy_id, epoch=epoch, worker_id="")
    assert cache.get(key) is not None
    erase_candidate(email=EMAIL)
    assert cache.get(key) is None


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
    monkeypatch.setattr("sync.services.privacy.retention.scrub", lambda: scrubbed.append(True))
    purge()
    assert scrubbed == []
    erase_candidate(email=EMAIL)
    purge()
    assert scrubbed == [True]
