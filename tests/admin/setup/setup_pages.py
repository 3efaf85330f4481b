"""Pages of the set-up, as a superuser sees them, and a company with a secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.desk import client_of

SECRET = "an-api-key-of-some-length-4f2a"


@pytest.fixture
def boss() -> Client:
    return client_of(User.objects.create_superuser("boss"))


def page(row: Any) -> str:
    return reverse(f"admin:sync_{row._meta.model_name}_change", args=[row.pk])


def address(row: Any, name: str) -> str:
    return reverse(f"admin:sync_{row._meta.model_name}_{name}", args=[row.pk])


def form_of(client: Client, url: str) -> dict[str, Any]:
    """The values a browser would send back."""
    form = client.get(url).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}
