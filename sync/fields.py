"""A text field that is encrypted in the database, with `cryptography`'s MultiFernet.

`settings.FIELD_ENCRYPTION_KEYS` is a list of secret strings: the first encrypts, all decrypt. To
change the key, put a new one in front and run `rotate_secrets`, which rewrites the rows.
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
    """Each key is derived with HKDF-SHA256 to the 32 bytes that Fernet needs.

    `info` is part of every stored ciphertext's key: with another one no secret can be read.
    """
    fernets = []
    for key in keys:
        kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sync.fields.EncryptedTextField")
        fernets.append(Fernet(base64.urlsafe_b64encode(kdf.derive(key.encode()))))
    return MultiFernet(fernets)


def encrypt(value: str) -> str:
    """`value` as a Fernet token of the first key; never the same token twice."""
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(value.encode()).decode()


def decrypt(token: str) -> str:
    """The text in a Fernet token.

    Raises SecretUnreadableError when none of the configured keys fits, or `token` is none.
    """
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
    """The last characters, by which a person recognises a secret: `…4f2a`.

    Only `…` for a secret shorter than three times that.
    """
    return f"…{value[-VISIBLE_CHARACTERS:]}" if len(value) >= 3 * VISIBLE_CHARACTERS else "…"


class _Ciphertext(str):
    """A value as stored in the database, not yet decrypted."""

    __slots__ = ()


def rotated(value: str) -> str:
    """`value`, a stored ciphertext, encrypted again with the first key.

    Raises SecretUnreadableError when no configured key fits.
    """
    return _Ciphertext(encrypt(decrypt(str(value))))


def stored(instance: models.Model, name: str) -> str:
    """The ciphertext of a field as it was loaded from the database.

    Empty when the field is empty, or holds plain text: it was read or assigned since.
    """
    value = instance.__dict__.get(name)
    return str(value) if isinstance(value, _Ciphertext) else ""


class _DecryptOnAccess(DeferredAttribute):
    """Decrypts when the attribute is read, so that rows with an unreadable secret still load."""

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        """The plain text; the instance keeps it. Raises SecretUnreadableError."""
        value = super().__get__(instance, cls)
        if instance is not None and isinstance(value, _Ciphertext):
            value = instance.__dict__[self.field.attname] = decrypt(str(value))
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        # A descriptor with a setter takes precedence over the instance's own dictionary.
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is ciphertext in the database and plain text on the instance.

    It cannot be searched, because a text encrypts to another value each time. Reading the
    attribute raises SecretUnreadableError when no configured key fits.
    """

    descriptor_class = _DecryptOnAccess

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return _Ciphertext(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        """Ciphertext that was never read is saved as it is, without the need of a key."""
        if isinstance(value, _Ciphertext) or not value:
            return str(value) if value else value
        return encrypt(str(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # Not by reading the attribute, which decrypts: a row can be saved without the key.
        return model_instance.__dict__.get(self.attname, "")

    def value_to_string(self, obj: models.Model) -> str:
        """`dumpdata` writes the ciphertext, never the secret."""
        return str(self.get_prep_value(obj.__dict__.get(self.attname) or ""))

    def to_python(self, value: Any) -> Any:
        """Of `loaddata`: text that a configured key decrypts is ciphertext written by `dumpdata`;
        any other text, from a form or a fixture, is plain."""
        text = super().to_python(value)
        try:
            is_ciphertext = bool(text and decrypt(text))
        except SecretUnreadableError:
            is_ciphertext = False
        return _Ciphertext(text) if is_ciphertext else text

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be searched.")
        return super().get_lookup(lookup_name)
