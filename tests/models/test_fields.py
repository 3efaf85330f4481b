"""Secrets are ciphertext in the database and plain on the instance; a lost key is a clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection

from sync import fields
from sync.exceptions import ConfigurationError, SecretUnreadableError
from sync.models import FlatchrCompany
from tests.rows import make_company

pytestmark = pytest.mark.django_db
OLD, NEW = "old-" * 10, "new-" * 10


def stored(name: str = "auth") -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM sync_flatchrcompany")
        return str(cursor.fetchone()[0])


def only() -> FlatchrCompany:
    return FlatchrCompany.objects.get()


def test_a_secret_is_never_plain_in_the_database() -> None:
    make_company(auth="s3cret-key")
    assert "s3cret" not in stored()
    assert only().auth == "s3cret-key"


def test_the_same_secret_is_never_the_same_ciphertext() -> None:
    assert fields.encrypt("a") != fields.encrypt("a")


@pytest.mark.parametrize("value", ["é “quoted” 王", "a" * 5000, " blank ", "gAAAAAB-like"])
def test_any_text_comes_back_as_it_was(value: str) -> None:
    make_company(auth=value)
    assert only().auth == value


def test_an_empty_secret_stays_empty() -> None:
    make_company(auth="")
    assert (stored(), only().auth) == ("", "")


def test_a_key_is_changed_by_putting_a_new_one_in_front(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    make_company(auth="s3cret-key")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    company = only()
    assert company.auth == "s3cret-key"
    company.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert only().auth == "s3cret-key", "the first key encrypts"


@pytest.fixture
def locked(settings: Any) -> None:
    """A company whose secret was encrypted with a key that is gone."""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    make_company(auth="s3cret-key", name="Atelier")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]


def test_a_secret_that_no_key_opens_is_a_clear_error(locked: None) -> None:
    company = only()
    with pytest.raises(SecretUnreadableError, match="FIELD_ENCRYPTION_KEYS") as caught:
        company.auth  # noqa: B018
    assert isinstance(caught.value, ConfigurationError)
    assert stored() not in str(caught.value)


def test_lists_still_load(locked: None) -> None:
    assert [company.name for company in FlatchrCompany.objects.all()] == ["Atelier"]
    assert FlatchrCompany.objects.values_list("name", flat=True)[0] == "Atelier"


def test_other_fields_are_saved_without_the_key(locked: None, settings: Any) -> None:
    before = stored()
    company = only()
    company.name = "Renamed"
    company.save()
    assert (stored(), only().name) == (before, "Renamed")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert only().auth == "s3cret-key"


def test_entering_the_secret_again_mends_it(locked: None) -> None:
    company = only()
    company.auth = "another-key"
    company.save()
    assert only().auth == "another-key"


def test_what_was_tampered_with_is_not_opened() -> None:
    make_company(auth="s3cret-key")
    token = stored()
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    with connection.cursor() as cursor:
        changed = token[:middle] + other + token[middle + 1 :]
        cursor.execute("UPDATE sync_flatchrcompany SET auth = %s", [changed])
    with pytest.raises(SecretUnreadableError):
        only().auth  # noqa: B018


def test_plain_text_in_the_database_is_not_taken_for_a_secret() -> None:
    make_company()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sync_flatchrcompany SET auth = 'plain'")
    with pytest.raises(SecretUnreadableError):
        only().auth  # noqa: B018


@pytest.mark.parametrize("lookup", ["auth", "auth__contains", "auth__startswith", "auth__in"])
def test_a_secret_cannot_be_searched(lookup: str) -> None:
    with pytest.raises(FieldError, match="encrypted"):
        FlatchrCompany.objects.filter(**{lookup: "a"}).exists()


def test_a_hint_shows_the_end_of_a_long_secret_only() -> None:
    assert fields.hint("0123456789abcdef") == "…cdef"
    assert fields.hint("short") == "…"


def test_a_dump_holds_no_secret_and_brings_it_back(tmp_path: Path) -> None:
    make_company(auth="s3cret-key")
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "sync.flatchrcompany", output=str(dump))
    assert '"auth": "gAAAA' in dump.read_text()
    assert "s3cret" not in dump.read_text()
    FlatchrCompany.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert only().auth == "s3cret-key"
