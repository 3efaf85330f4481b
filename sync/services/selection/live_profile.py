"""A profile as HrFlow holds it now, and its CV: what the page of a profile shows.

Nothing is kept of either, and each read is an entry of the audit log, written before the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.clients.resume_download import Resume
from sync.exceptions import PermanentError
from sync.mapping.attachments import list_resumes
from sync.mapping.contact import addresses
from sync.mapping.index_row import read_index_row
from sync.models import Action, Profile
from sync.services.peers.client_factory import hrflow_client
from sync.services.preparing.identity import Shown, changes
from sync.services.preparing.resume import first_usable
from sync.services.privacy import suppression
from sync.services.security import audit
from sync.vocabulary import ErrorCode


def read_profile(profile: Profile) -> Mapping[str, Any]:
    """The profile as HrFlow answers it.

    Raises SyncError where HrFlow cannot be read or does not know the profile, and
    SecretUnreadableError where the source's key cannot be decrypted.
    """
    audit.record(None, Action.LOOK, profile)
    source = profile.source
    found = hrflow_client(source).read_profile(source.source_key, profile.key)
    refresh_row(profile, found)
    return found


def refresh_row(profile: Profile, found: Mapping[str, Any]) -> list[str]:
    """Bring the row of the index up to what a person is shown, so that what they confirm is what
    they saw; returns what has changed of the person (`preparing.identity`).

    Nothing is written of a person who was erased on request.
    """
    before = Shown(profile.full_name, tuple(addresses(profile.email)))
    row = read_index_row(found)
    if not suppression.erased_keys({profile.key: row["email"]}):
        profile.update_from(row)
    return changes(before, Shown.of_profile(found))


def download_cv(profile: Profile) -> Resume:
    """The profile's CV, downloaded under the rules of `clients.resume_download`.

    Raises as `read_profile`; PermanentError(RESUME_MISSING) where the profile has none; and as
    `download_resume` where it cannot be had.
    """
    audit.record(None, Action.DOWNLOAD_CV, profile)
    source = profile.source
    found = hrflow_client(source).read_profile(source.source_key, profile.key)
    files = list_resumes(found)
    if not files:
        raise PermanentError(ErrorCode.RESUME_MISSING)
    name = f"CV_{profile}".replace(" ", "_")
    # A person looks at what there is, be it cut short.
    return first_usable(files, file_name=name, whole=False).resume
