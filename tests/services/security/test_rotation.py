"""Changing the encryption keys: afterwards the former key opens nothing, the new one everything."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from sync.exceptions import SecretUnreadableError
from sync.models import AuditEntry, FlatchrCompany, HashKey, HrFlowSource
from sync.services.security.key_rotation import encrypted_fields
from tests.desk import make_company, make_source
from tests.dumps import dump, found_in

FORMER, NEW = "f" * 40, "n" * 40


@pytest.fixture
def accounts(db: None, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [FORMER]
    make_company(webhook_token="t")
    source = make_source()
    source.webhook_secret = "hook-secret"
    source.save()
    HashKey.objects.current()


def rotate() -> str:
    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    return out.getvalue()


def raw(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return str(cursor.fetchone()[0])


def test_afterwards_the_new_key_alone_opens_everything(accounts: None, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, FORMER]
    assert rotate() == "4 secrets encrypted anew\n"
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert FlatchrCompany.objects.get().auth == "secret-key"
    source = HrFlowSource.objects.get()
    assert (source.api_secret, source.webhook_secret) == ("secret", "hook-secret")
    settings.FIELD_ENCRYPTION_KEYS = [FORMER]
    with pytest.raises(SecretUnreadableError):
        _ = FlatchrCompany.objects.get().auth


def test_a_secret_that_no_key_opens_is_named_and_left_alone(accounts: None, settings: Any) -> None:
    before = raw("sync_flatchrcompany", "auth")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match=r"sync.FlatchrCompany \d+ auth"):
        rotate()
    assert raw("sync_flatchrcompany", "auth") == before


def test_every_encrypted_field_there_is_takes_part() -> None:
    found = {f"{model.__name__}.{name}" for model, name in encrypted_fields()}
    assert found == {
        "FlatchrCompany.auth",
        "HashKey.key",
        "HrFlowSource.api_secret",
        "HrFlowSource.webhook_secret",
    }


def test_a_rotation_is_not_noted_as_a_change_of_credentials(accounts: None, settings: Any) -> None:
    AuditEntry.objects.all()._raw_delete("default")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, FORMER]
    rotate()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.details) == ("rotate", {"count": 4, "unreadable": 0})


@pytest.mark.django_db(transaction=True)
def test_the_former_ciphertext_is_gone_from_the_disk(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [FORMER]
    make_company()
    before = raw("sync_flatchrcompany", "auth")
    assert found_in(dump(), before)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, FORMER]
    rotate()
    assert not found_in(dump(), before)
    assert found_in(dump(), raw("sync_flatchrcompany", "auth"))
