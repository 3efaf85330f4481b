"""A person who signs in with a password, and attempts that fail."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

LOGIN = "/admin/login/"
PASSWORD = "correct horse battery"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_superuser("lea", password=PASSWORD)


def attempt(name: str = "lea", password: str = "wrong", **more: Any) -> Any:
    return Client(**more).post(LOGIN, {"username": name, "password": password})
