"""The export holds everything that is held of a person, from every table."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import translation
from django.utils.text import capfirst

from sync.models import Action, AuditEntry, PushAttempt, Run
from sync.services.intake.profiles import import_profiles
from sync.services.privacy import processing_register
from sync.services.privacy.erasure import erase_candidate, export_candidate
from tests.conftest import World
from tests.services.privacy.erasing import EMAIL, NAME, add_zoe, spread

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_the_register_names_every_table_there_is() -> None:
    assert set(processing_register.tables()) <= set(processing_register.REGISTER)


def test_every_table_of_candidates_is_exported_or_tells_nobody(world: World) -> None:
    hashed = {"sync.ErasedPerson", "sync.PurgedPush", "sync.DailyCount", "cache"}
    exported = {"Profile": "profiles", "Push": "pushes", "PushAttempt": "attempts", "Run": "runs"}
    exported["RunProfile"] = "selections"
    about = {
        t
        for t, kept in processing_register.REGISTER.items()
        if kept.about == processing_register.About.CANDIDATES
    }
    assert about == hashed | {f"sync.{name}" for name in exported}
    assert set(exported.values()) <= set(export_candidate(email=EMAIL))


def test_every_table_of_the_register_has_a_name_for_people() -> None:
    ours = [
        apps.get_model(name)._meta
        for name in processing_register.tables()
        if name.startswith("sync.")
    ]
    nameless = [meta for meta in ours if "verbose_name" not in meta.original_attrs]
    made_up = {capfirst(str(meta.verbose_name_plural)) for meta in nameless}
    with translation.override("fr"):
        assert made_up.isdisjoint(line.name for line in processing_register.lines())
