"""Changing the encryption keys: every stored secret is encrypted anew with the first key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction

from sync.exceptions import SecretUnreadableError
from sync.fields import EncryptedTextField, rotated, stored
from sync.models import Action
from sync.services.security import audit


@dataclass
class Rotated:
    """`count`: secrets encrypted anew. `unreadable`: secrets that no configured key opens, such as
    `sync.FlatchrCompany 3 auth`. `tables`: where the former ciphertext was, for `scrub`."""

    count: int = 0
    unreadable: list[str] = field(default_factory=list)
    tables: set[str] = field(default_factory=set)


def rotate_secrets() -> Rotated:
    """Encrypt all secrets with the first of FIELD_ENCRYPTION_KEYS.

    Afterwards the other keys may be taken out of the setting, if none was unreadable. Each row is
    locked while it is rewritten, so that a secret entered meanwhile is not lost. The caller removes
    the former ciphertext from the disk (`database_files.scrub(*tables)`).
    """
    result = Rotated()
    for model, name in encrypted_fields():
        result.tables.add(model._meta.db_table)
        for pk in list(model._base_manager.values_list("pk", flat=True)):
            _rotate_row(model, name, pk, result)
    details = {"count": result.count, "unreadable": len(result.unreadable)}
    audit.record(None, Action.ROTATE, details=details)
    return result


@transaction.atomic
def _rotate_row(model: type[models.Model], name: str, pk: Any, result: Rotated) -> None:
    """Encrypt one field of one row anew, and count it in `result`."""
    row = model._base_manager.select_for_update().filter(pk=pk).first()
    ciphertext = stored(row, name) if row is not None else ""
    if not ciphertext:
        return
    try:
        model._base_manager.filter(pk=pk).update(**{name: rotated(ciphertext)})
        result.count += 1
    except SecretUnreadableError:
        result.unreadable.append(f"{model._meta.label} {pk} {name}")


def encrypted_fields() -> Iterator[tuple[type[models.Model], str]]:
    """Every encrypted field of every installed model: the model and the field's name."""
    for model in apps.get_models():
        for one in model._meta.concrete_fields:
            if isinstance(one, EncryptedTextField):
                yield model, one.name
