"""The suppression list: keyed hashes of erased persons, whom nothing may import or push again.

And, in the same form, of purged pushes, which must not be made again. The key of the hashes is
encrypted in the database (`sync.models.privacy`), so that a stolen dump cannot be tried against a
list of e-mails. If the key cannot be decrypted, every question raises SecretUnreadableError and the
caller stops, rather than let an erased person pass.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sync.fields import decrypt, stored
from sync.mapping.contact import addresses
from sync.mapping.profile import mapping
from sync.models import (
    ErasedPerson,
    FlatchrVacancy,
    HashKey,
    HrFlowSource,
    PersonMark,
    PurgedPush,
    Push,
)

# Begins what a push holds in place of an erased person's profile key.
ERASED_KEY = "erased-"


# --- keyed hashes -------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _opened(ciphertext: str) -> bytes:
    return decrypt(ciphertext).encode()


def _key() -> bytes:
    """The key of the hashes. Raises SecretUnreadableError where no configured key decrypts it."""
    row = HashKey.objects.current()
    ciphertext = stored(row, "key")
    return _opened(ciphertext) if ciphertext else row.key.encode()


def _digest(key: bytes, *parts: str) -> str:
    """HMAC-SHA-256 in 64 hexadecimal digits."""
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()


def phone_hider() -> Callable[[str], str]:
    """A function from a phone's digits to a hash of 32 characters, empty where there are none.

    Phones are kept to be compared and for nothing else.
    """
    key = _key()
    return lambda digits: _digest(key, "phone", digits)[:32] if digits else ""


# --- erased persons -----------------------------------------------------------------------------


def remember(emails: Iterable[str], profile_keys: Iterable[str], receipt: str) -> None:
    """Put a person on the list; a mark that is on it already keeps its first receipt."""
    ErasedPerson.objects.bulk_create(
        [
            ErasedPerson(kind=kind, digest=digest, receipt=receipt)
            for digest, (kind, _mark) in _digests(emails, profile_keys).items()
        ],
        ignore_conflicts=True,
    )


def _digests(emails: Iterable[object], profile_keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """By hash: the kind of mark (a value of PersonMark), and the e-mail or profile key itself."""
    key = _key()
    marks = [(PersonMark.EMAIL.value, one) for email in emails for one in addresses(email)]
    marks += [(PersonMark.PROFILE_KEY.value, profile_key) for profile_key in profile_keys]
    return {_digest(key, *mark): mark for mark in marks if mark[1]}


def is_anybody_erased() -> bool:
    """Whether there is anything to ask at all: the other questions cost a hash for each mark."""
    return ErasedPerson.objects.exists()


def is_erased(email: str = "", profile_key: str = "") -> bool:
    """Whether this e-mail or this profile key is an erased person's."""
    return bool(_erased_marks([email], [profile_key]))


def erased_keys(emails_by_key: Mapping[str, str]) -> set[str]:
    """Those of the profile keys that are erased persons', by the key itself or by its e-mail."""
    marks = _erased_marks(emails_by_key.values(), emails_by_key)
    if not marks:
        return set()
    return {
        key
        for key, email in emails_by_key.items()
        if key in marks or not marks.isdisjoint(addresses(email))
    }


def is_of_erased(candidate: Mapping[str, Any] | None, profile_key: str) -> bool:
    """Whether what is about to be sent is an erased person's.

    Asks for the profile key, the candidate's e-mail (a logic may have changed it) and the e-mail of
    the profile that the candidate was made from.
    """
    profile = mapping(getattr(candidate, "profile", None))
    emails = [mapping(candidate).get("email"), mapping(profile.get("info")).get("email")]
    return bool(_erased_marks(emails, [profile_key]))


def _erased_marks(emails: Iterable[object], profile_keys: Iterable[str]) -> set[str]:
    """Those of the e-mails (as `addresses` spells them) and profile keys that are on the list."""
    if not is_anybody_erased():
        return set()
    marks = _digests(emails, profile_keys)
    found = ErasedPerson.objects.filter(digest__in=marks)
    return {marks[digest][1] for digest in found.values_list("digest", flat=True)}


def is_placeholder(profile_key: str) -> bool:
    """Whether this stands where an erased person's profile key was (see `forget_push`)."""
    return profile_key.startswith(ERASED_KEY)


def forget_push(push: Push) -> None:
    """Remove the person from the row of a push that failed because they are erased.

    A hash takes the place of the profile key, so that the push still fails if it is tried again.
    """
    key = push.profile_key
    if not is_placeholder(key):
        key = ERASED_KEY + _digest(_key(), PersonMark.PROFILE_KEY.value, key)[:24]
    Push.objects.filter(pk=push.pk).forget_person(profile_key=key)


# --- purged pushes ------------------------------------------------------------------------------


def remember_pushed(pushes: Collection[tuple[int, str, int]]) -> None:
    """Keep a hash of pushes that are about to be deleted, so that they are not made again.

    `pushes`: primary key of the source, profile key, primary key of the vacancy.
    """
    if not pushes:
        return
    key = _key()
    PurgedPush.objects.bulk_create(
        [PurgedPush(digest=_pushed_digest(key, *push)) for push in pushes], ignore_conflicts=True
    )


def purged_keys(source: HrFlowSource, vacancy: FlatchrVacancy, keys: Sequence[str]) -> set[str]:
    """Those of the profile keys whose push to this vacancy was purged."""
    if not PurgedPush.objects.exists():
        return set()
    secret = _key()
    digests = {_pushed_digest(secret, source.pk, key, vacancy.pk): key for key in keys}
    found = PurgedPush.objects.filter(digest__in=digests)
    return {digests[digest] for digest in found.values_list("digest", flat=True)}


def _pushed_digest(key: bytes, source_id: int, profile_key: str, vacancy_id: int) -> str:
    return _digest(key, "push", str(source_id), profile_key, str(vacancy_id))
