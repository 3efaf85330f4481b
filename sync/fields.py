"""Secrets encrypted at rest, with `cryptography`'s MultiFernet.

`settings.FIELD_ENCRYPTION_KEYS` holds secret strings: the first encrypts, all of them decrypt, so a
key is changed by putting a new one in front (`rotate_secrets` then rewrites the rows).
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_noop

from sync.exceptions import SecretUnreadableError

VISIBLE_CHARACTERS = 4


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(key: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sync.fields.EncryptedTextField")
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))


def encrypt(value: str) -> str:
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(value.encode()).decode()


def decrypt(token: str) -> str:
    """Raises SecretUnreadableError where no configured key opens the token."""
    try:
        return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken:
        raise SecretUnreadableError(
            gettext_noop(
                "A stored secret cannot be decrypted with FIELD_ENCRYPTION_KEYS: put the former "
                "key back at the end of the list, or enter the secret again."
            )
        ) from None


def hint(value: str) -> str:
    """The few last characters that let a person recognise a secret: `…4f2a`."""
    return f"…{value[-VISIBLE_CHARACTERS:]}" if len(value) >= 3 * VISIBLE_CHARACTERS else "…"


class _Ciphertext(str):
    """A value as it lies in the database; it is opened when it is asked for, not before."""

    __slots__ = ()


def rotated(value: str) -> str:
    """The same secret under the first key; `value` is ciphertext as it lies in the database.

    Raises SecretUnreadableError where no configured key opens it.
    """
    return _Ciphertext(encrypt(decrypt(str(value))))


def stored(instance: models.Model, name: str) -> str:
    """The ciphertext of a field as it was loaded; empty where there is none or it was opened."""
    value = instance.__dict__.get(name)
    return str(value) if isinstance(value, _Ciphertext) else ""


def _is_ciphertext(text: str) -> bool:
    try:
        return bool(decrypt(text))
    except SecretUnreadableError:
        return False


class _DecryptOnAccess(DeferredAttribute):
    """Lists and joins load rows without touching the secret; one bad row breaks no page."""

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is not None and isinstance(value, _Ciphertext):
            value = instance.__dict__[self.field.attname] = decrypt(str(value))
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        # With a setter the attribute is looked up here before it is in the instance.
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is ciphertext in the database and plain text on the instance.

    It cannot be searched: the same text never encrypts to the same value twice. Reading the
    attribute raises SecretUnreadableError where no configured key fits.
    """

    descriptor_class = _DecryptOnAccess

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return _Ciphertext(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, _Ciphertext) or not value:
            return str(value) if value else value
        return encrypt(str(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # Not through the descriptor: saving another field of a row must not need the key.
        return model_instance.__dict__.get(self.attname, "")

    def value_to_string(self, obj: models.Model) -> str:
        """`dumpdata` writes what lies in the database, never the secret."""
        value = obj.__dict__.get(self.attname) or ""
        return str(value) if isinstance(value, _Ciphertext) or not value else encrypt(str(value))

    def to_python(self, value: Any) -> Any:
        """`loaddata` brings back what `dumpdata` wrote."""
        text = super().to_python(value)
        return _Ciphertext(text) if text and _is_ciphertext(text) else text

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be searched.")
        return super().get_lookup(lookup_name)
