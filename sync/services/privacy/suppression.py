"""Who must not come back: a list of keyed hashes that imports, events, dispatch and pushes ask.

A hash tells nothing by itself: its key lies encrypted in the database (`sync.models.privacy`), so a
stolen dump cannot be tried against a list of e-mails. Whatever makes the key unreadable stops what
asks, rather than let an erased person slip through.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sync.exceptions import PermanentError
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
    PushAttempt,
)
from sync.vocabulary import ErrorCode

# What stands in place of a profile key whose person was erased while a push knew it.
ERASED_KEY = "erased-"


# --- hashes -------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _opened(ciphertext: str) -> bytes:
    return decrypt(ciphertext).encode()


def _key() -> bytes:
    """Raises SecretUnreadableError where no configured key opens it."""
    row = HashKey.objects.current()
    ciphertext = stored(row, "key")
    return _opened(ciphertext) if ciphertext else row.key.encode()


def _digest(key: bytes, *parts: str) -> str:
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()


def digests_of(emails: Iterable[object], profile_keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """By hash: what kind of mark it is of, and the mark itself."""
    key = _key()
    marks = [(PersonMark.EMAIL.value, one) for email in emails for one in addresses(email)]
    marks += [(PersonMark.PROFILE_KEY.value, profile) for profile in profile_keys]
    return {_digest(key, *mark): mark for mark in marks if mark[1]}


def phone_hider() -> Callable[[str], str]:
    """Phones are compared and nothing else, so what is kept of one is a hash. Empty for none."""
    key = _key()
    return lambda digits: _digest(key, "phone", digits)[:32] if digits else ""


# --- erased persons -----------------------------------------------------------------------------


def remember(emails: Iterable[str], profile_keys: Iterable[str], receipt: str) -> None:
    """Put a person on the list; one who is on it already stays under the first receipt."""
    ErasedPerson.objects.bulk_create(
        [
            ErasedPerson(kind=kind, digest=digest, receipt=receipt)
            for digest, (kind, _mark) in digests_of(emails, profile_keys).items()
        ],
        ignore_conflicts=True,
    )


def is_anybody_erased() -> bool:
    return ErasedPerson.objects.exists()


def is_erased(email: str = "", profile_key: str = "") -> bool:
    return bool(erased_marks([email], [profile_key]))


def erased_marks(emails: Iterable[object], profile_keys: Iterable[str]) -> set[str]:
    """Those of the addresses and profile keys that belong to erased persons."""
    if not ErasedPerson.objects.exists():
        return set()
    marks = digests_of(emails, profile_keys)
    found = ErasedPerson.objects.filter(digest__in=marks)
    return {marks[digest][1] for digest in found.values_list("digest", flat=True)}


def erased_keys(emails_by_key: Mapping[str, str]) -> set[str]:
    """Those profile keys that belong to erased persons, by themselves or by their e-mail."""
    marks = erased_marks(emails_by_key.values(), emails_by_key)
    if not marks:
        return set()
    return {
        key
        for key, email in emails_by_key.items()
        if key in marks or not marks.isdisjoint(addresses(email))
    }


def check_may_send(candidate: Mapping[str, Any], profile_key: str) -> None:
    """The last question before an intent is committed. Raises PermanentError(PERSON_ERASED)."""
    if is_of_erased(candidate, profile_key):
        raise PermanentError(ErrorCode.PERSON_ERASED)


def is_of_erased(candidate: Mapping[str, Any] | None, profile_key: str) -> bool:
    """By the profile's key, or any address of the candidate and of the profile it was made from."""
    profile = mapping(getattr(candidate, "profile", None))
    emails = [mapping(candidate).get("email"), mapping(profile.get("info")).get("email")]
    return bool(erased_marks(emails, [profile_key]))


def is_placeholder(profile_key: str) -> bool:
    return profile_key.startswith(ERASED_KEY)


def placeholder(profile_key: str) -> str:
    """What a push of an erased person holds in place of the profile key."""
    if is_placeholder(profile_key):
        return profile_key
    return ERASED_KEY + _digest(_key(), PersonMark.PROFILE_KEY.value, profile_key)[:24]


def forget_push(push: Push) -> None:
    """A push that met an erased person keeps that it failed, and nothing to know them by."""
    PushAttempt.objects.filter(push=push.pk).update(steps=[], message="")
    Push.objects.filter(pk=push.pk).update(
        profile_key=placeholder(push.profile_key),
        candidate_name="",
        candidate_lastname="",
        candidate_email="",
        candidate_phone="",
        known_applicants=[],
    )


# --- purged pushes ------------------------------------------------------------------------------


def _pushed_digest(key: bytes, source_id: int, profile_key: str, vacancy_id: int) -> str:
    return _digest(key, "push", str(source_id), profile_key, str(vacancy_id))


def remember_pushed(pushes: Collection[tuple[int, str, int]]) -> None:
    """`pushes`: source, profile key and vacancy of pushes about to be deleted."""
    if not pushes:
        return
    key = _key()
    PurgedPush.objects.bulk_create(
        [PurgedPush(digest=_pushed_digest(key, *push)) for push in pushes], ignore_conflicts=True
    )


def purged_keys(source: HrFlowSource, vacancy: FlatchrVacancy, keys: Sequence[str]) -> set[str]:
    """Those profiles that went to this vacancy so long ago that their pushes were purged."""
    if not PurgedPush.objects.exists():
        return set()
    secret = _key()
    digests = {_pushed_digest(secret, source.pk, key, vacancy.pk): key for key in keys}
    found = PurgedPush.objects.filter(digest__in=digests)
    return {digests[digest] for digest in found.values_list("digest", flat=True)}
