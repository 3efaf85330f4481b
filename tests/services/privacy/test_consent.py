"""Rules of consent: whom a company is not sent, and whom an import leaves out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sync.models import Profile
from sync.models.states import PushStatus
from sync.services.intake.profiles import import_profiles
from sync.vocabulary import ErrorCode
from tests.conftest import World
from tests.services.privacy.erasing import add_zoe

pytestmark = pytest.mark.django_db(transaction=True)


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
