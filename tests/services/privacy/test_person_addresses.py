"""A person is found by every address, however it was written."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from sync.models import ErasedPerson, Profile, Push
from sync.services.intake.profiles import import_profiles
from sync.services.privacy import personal_data
from sync.services.privacy.erasure import erase_candidate
from sync.services.privacy.retention import purge
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.pushing import add_person
from tests.services.privacy.erasing import add_zoe

pytestmark = pytest.mark.django_db(transaction=True)
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
    assert personal_data.find(email=asked).keys == {"by-profile", "by-push"}


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
