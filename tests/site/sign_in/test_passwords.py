"""Which passwords are accepted, and how they are stored."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tests.site.sign_in.signing_in import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "password", ["short-11-ch", "password1234", "123456789012345", "marguerite.durand"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="marguerite.durand"))


@pytest.mark.parametrize("password", ["twelve chars", "é" * 6 + "longue phrase", "x" * 64 + "Yz"])
def test_a_long_password_needs_no_special_characters(password: str) -> None:
    validate_password(password, User(username="lea"))


def test_a_password_is_kept_as_a_slow_hash(settings: Any) -> None:
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # the tests' own is quick
    kept = make_password(PASSWORD)
    assert kept.startswith("pbkdf2_sha256$")
    assert PASSWORD not in kept
