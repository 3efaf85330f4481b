"""HrFlow: check the credentials, read one profile, list the profiles of a source.

Answers are envelopes `{"code", "message", "data", "meta"}`. Docs: https://developers.hrflow.ai
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.clients import errors
from sync.clients.http import Answer, Exchange, HttpDoor
from sync.exceptions import PermanentError, SyncError
from sync.vocabulary import ErrorCode

# What HrFlow says of a source key or profile key it does not know, with a status of 400.
_UNKNOWN_OBJECT = "unable to find object"


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """One page of a list. Pages shift while profiles change: de-duplicate by key, overlap."""

    profiles: list[dict[str, Any]]
    page: int
    max_page: int
    total: int | None


class HrFlowClient:
    """HrFlow's API for one account. No call has an effect, so every failure that may pass is a
    RetryableError; CredentialsError and PermanentError are as their names say."""

    def __init__(
        self,
        *,
        api_user: str,
        api_secret: str,
        base_url: str,
        timeout: float = 20.0,
        throttle: Callable[[], None] | None = None,
        observe: Callable[[Exchange], None] | None = None,
    ) -> None:
        self._door = HttpDoor(
            "hrflow",
            base_url,
            headers={"X-API-KEY": api_secret, "X-USER-EMAIL": api_user},
            secrets=(api_secret,),
            timeout=timeout,
            throttle=throttle,
            observe=observe,
        )

    def check_credentials(self) -> None:
        """`GET auth`. Raises CredentialsError when key and user do not match."""
        self._call("auth")

    def read_profile(self, source_key: str, key: str) -> dict[str, Any]:
        """`GET profile/indexing`. Raises PermanentError(PROFILE_NOT_FOUND) for a wrong profile
        key, and for a wrong source key: HrFlow says the same of both."""
        try:
            envelope = self._call("profile/indexing", {"source_key": source_key, "key": key})
        except PermanentError as error:
            if not _unknown_object(error):
                raise
            status = error.http_status
        else:
            return self._profile_of(envelope, key)
        raise PermanentError(ErrorCode.PROFILE_NOT_FOUND, http_status=status)

    def list_profiles(
        self,
        source_key: str,
        *,
        page: int = 1,
        limit: int = 30,
        sort_by: str = "updated_at",
        order_by: str = "desc",
        return_profile: bool = True,
    ) -> ProfilePage:
        """`GET storing/profiles`; pages count from 1. There is no filter by update time.

        Without `return_profile` a profile is only its dates, reference and keys.
        """
        params = {
            "source_keys": json.dumps([source_key]),
            "page": str(page),
            "limit": str(limit),
            "sort_by": sort_by,
            "order_by": order_by,
            "return_profile": "true" if return_profile else "false",
        }
        return self._page_of(self._call("storing/profiles", params), page, limit)

    def _call(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self._envelope(self._door.request("GET", path, params=params))

    def _envelope(self, answer: Answer) -> dict[str, Any]:
        """The envelope of a 2xx; its own `code` is believed over the HTTP status."""
        try:
            envelope = answer.json()
        except ValueError:
            envelope = None
        if not isinstance(envelope, dict):
            raise errors.unreadable("hrflow", status=answer.status)
        code = _integer(envelope.get("code"))
        if code is not None and not 200 <= code < 300:
            raise self._envelope_error(code, envelope, answer)
        return envelope

    def _envelope_error(self, code: int, envelope: dict[str, Any], answer: Answer) -> SyncError:
        wait = errors.retry_after(answer.headers.get("Retry-After"))
        message = self._door.safe(str(envelope.get("message") or ""))
        return errors.of_status("hrflow", code, retry_after=wait, answer=message)

    def _profile_of(self, envelope: dict[str, Any], key: str) -> dict[str, Any]:
        """Somebody else's profile must never be pushed under this key."""
        profile = envelope.get("data")
        if not isinstance(profile, dict) or profile.get("key") not in (None, key):
            raise errors.unreadable("hrflow", status=200)
        return profile

    def _page_of(self, envelope: dict[str, Any], page: int, limit: int) -> ProfilePage:
        profiles = envelope.get("data")
        if not isinstance(profiles, list) or not all(isinstance(one, dict) for one in profiles):
            raise errors.unreadable("hrflow", status=200)
        meta = envelope.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        max_page = _integer(meta.get("maxPage"))
        if max_page is None:  # not said: a full page may have another behind it
            max_page = page + 1 if len(profiles) >= limit else page
        current = _integer(meta.get("page")) or page
        return ProfilePage(profiles, current, max_page, _integer(meta.get("total")))


def _unknown_object(error: SyncError) -> bool:
    """A wrong key is a 400 that says so; every other 400 is a refused request."""
    said = str(error.params.get("answer", "")).lower()
    return error.http_status == 404 or (error.http_status == 400 and _UNKNOWN_OBJECT in said)


def _integer(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) else None
