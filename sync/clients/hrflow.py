"""HrFlow's API: check the credentials, read one profile, list the profiles of a source.

Every answer is an object `{"code", "message", "data", "meta"}`. No call has an effect.
Documentation: https://developers.hrflow.ai
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.clients import errors
from sync.clients.http import Exchange, HttpDoor
from sync.exceptions import PermanentError
from sync.numbers import json_integer
from sync.vocabulary import ErrorCode

# The message, with a status of 400, for an unknown source key or profile key.
_UNKNOWN_OBJECT = "unable to find object"


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """One page of a list. Profiles that change meanwhile move between pages: the reader overlaps
    its pages and removes duplicates by key. `total`: of the source, where HrFlow says it.
    `left_out`: how many entries are no profile. `is_cut`: HrFlow shows no more pages, though the
    source goes on."""

    profiles: list[dict[str, Any]]
    page: int
    max_page: int
    total: int | None
    left_out: int = 0
    is_cut: bool = False


class HrFlowClient:
    """HrFlow's API for one account.

    `timeout`: seconds for a whole exchange. `throttle` and `observe`: see `HttpDoor`. Every call
    raises CredentialsError (401, 403), PermanentError (refused) or RetryableError (the rest).
    """

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
        """`GET profile/indexing`: the whole profile.

        Raises PermanentError(PROFILE_NOT_FOUND) for an unknown profile key, and for an unknown
        source key: HrFlow answers the same to both.
        """
        try:
            envelope = self._call("profile/indexing", {"source_key": source_key, "key": key})
        except PermanentError as error:
            status = error.http_status
            said = str(error.params.get("answer", "")).lower()
            if status != 404 and not (status == 400 and _UNKNOWN_OBJECT in said):
                raise
        else:
            profile = envelope.get("data")
            # Another key: somebody else's profile must not be pushed under this one.
            if not isinstance(profile, dict) or profile.get("key") not in (None, key):
                raise errors.unreadable("hrflow", status=200)
            return profile
        raise PermanentError(ErrorCode.PROFILE_NOT_FOUND, http_status=status)

    def list_profiles(
        self, source_key: str, *, page: int = 1, limit: int = 30, return_profile: bool = True
    ) -> ProfilePage:
        """`GET storing/profiles`, the last updated first; pages count from 1.

        HrFlow has no filter by update time. Without `return_profile` a profile is only its dates,
        reference and keys.
        """
        params = {
            "source_keys": json.dumps([source_key]),
            "page": str(page),
            "limit": str(limit),
            "sort_by": "updated_at",
            "order_by": "desc",
            "return_profile": "true" if return_profile else "false",
        }
        envelope = self._call("storing/profiles", params)
        listed, meta = envelope.get("data"), envelope.get("meta")
        entries = listed if isinstance(listed, list) else []
        profiles = [one for one in entries if isinstance(one, dict)]
        if not profiles and listed != []:
            raise errors.unreadable("hrflow", status=200)
        meta = meta if isinstance(meta, dict) else {}
        max_page = json_integer(meta.get("maxPage"))
        if max_page is None:  # after a full page there may be another
            max_page = page + 1 if len(entries) >= limit else page
        current = json_integer(meta.get("page")) or page
        total, left_out = json_integer(meta.get("total")), len(entries) - len(profiles)
        return ProfilePage(profiles, current, max_page, total, left_out)

    def _call(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The object of a 2xx. Its own `code` wins over the HTTP status: 200 may carry a 401."""
        answer = self._door.request("GET", path, params=params)
        try:
            envelope = answer.json()
        except (ValueError, RecursionError):  # RecursionError: nested too deeply.
            envelope = None
        if not isinstance(envelope, dict):
            raise errors.unreadable("hrflow", status=answer.status)
        code = json_integer(envelope.get("code"))
        if code is not None and not 200 <= code < 300:
            wait = errors.retry_after(answer.headers.get("Retry-After"))
            message = self._door.safe(str(envelope.get("message") or ""))
            raise errors.of_status("hrflow", code, retry_after=wait, answer=message)
        return envelope
