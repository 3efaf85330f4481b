"""Pages for requests of persons, and of the register."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sync.models import Action, AuditEntry, ErasedPerson, Profile
from sync.services.intake.profiles import import_profiles
from tests.conftest import World
from tests.desk import ALL, client_of, make_user, text_of
from tests.services.privacy.erasing import EMAIL, NAME, add_zoe

pytestmark = pytest.mark.django_db(transaction=True)
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


def test_the_register_page_tells_the_times_of_this_installation(
    world: World, settings: Any
) -> None:
    settings.RETENTION_DAYS, settings.PAYLOAD_DAYS = 123, 7
    text = text_of(client_of(make_user("anyone")).get(REGISTER))
    assert "123 days after the last contact" in text
    assert "7 days after the push is closed" in text
    assert "candidate_email" not in text and "e-mail" in text
