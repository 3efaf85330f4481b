"""Changing the encryption keys: every stored secret is written anew under the first key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction

from sync.exceptions import SecretUnreadableError
from sync.fields import EncryptedTextField, rotated, stored
from sync.models import Action
from sync.services.privacy.database_files import scrub
from sync.services.security import audit


@dataclass
class Rotated:
    """`unreadable`: secrets that no configured key opens, such as `sync.FlatchrCompany 3 auth`."""

    count: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate_secrets() -> Rotated:
    """Afterwards the former keys may be taken out of FIELD_ENCRYPTION_KEYS, where all was readable.

    Each row is locked while it is rewritten, so that a secret entered meanwhile is not lost. The
    former ciphertext is scrubbed from the disk.
    """
    result = Rotated()
    for model, name in encrypted_fields():
        for pk in list(model._base_manager.values_list("pk", flat=True)):
            _rotate(model, name, pk, result)
    details = {"count": result.count, "unreadable": len(result.unreadable)}
    audit.record(None, Action.ROTATE, details=details)
    scrub(*{model._meta.db_table for model, _name in encrypted_fields()})
    return result


def encrypted_fields() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        for one in model._meta.concrete_fields:
            if isinstance(one, EncryptedTextField):
                yield model, one.name


@transaction.atomic
def _rotate(model: type[models.Model], name: str, pk: Any, result: Rotated) -> None:
    row = model._base_manager.select_for_update().filter(pk=pk).first()
    ciphertext = stored(row, name) if row is not None else ""
    if not ciphertext:
        return
    try:
        model._base_manager.filter(pk=pk).update(**{name: rotated(ciphertext)})
        result.count += 1
    except SecretUnreadableError:
        result.unreadable.append(f"{model._meta.label} {pk} {name}")
