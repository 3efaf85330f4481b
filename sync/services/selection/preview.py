"""The exact candidate of one profile, made live as a push makes it, and never sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from sync.exceptions import ConfigurationError, SyncError
from sync.mapping.contact import is_email_dropped
from sync.mapping.profile import mapping
from sync.models import Action, Profile, Run
from sync.services.peers.client_factory import hrflow_client
from sync.services.preparing.job import job_for
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import Discarded, complete, format_candidate, read_profile
from sync.services.security import audit
from sync.services.selection.live_profile import refresh_row

SHOWN_LENGTH = 2000


@dataclass(frozen=True)
class Exact:
    """What would be sent for one profile (`body`: indented JSON), or why it would not.

    `left_out`: what of the profile is not sent, a sentence each; `warnings`: what differs from what
    a person may expect.
    """

    body: str = ""
    left_out: Sequence[str] = ()
    warnings: Sequence[str] = ()
    problem: str = ""
    next_step: str = ""


def exact(run: Run, profile: Profile, answers: Sequence[dict[str, Any]] = ()) -> Exact:
    """The candidate as a push to the run's vacancy would make it from today's profile.

    HrFlow and the CV's address are asked, Flatchr is not. `answers`: to the vacancy's questions, as
    far as they are given by now. Who looked is noted in the audit log.
    """
    assert run.vacancy is not None
    audit.record(None, Action.LOOK, profile, company=run.vacancy.company_id)
    job, journal = job_for(profile.source, profile.key, run.vacancy, run, answers), Journal()
    warnings: list[str] = []
    try:
        found = read_profile(job, hrflow_client(profile.source), journal)
        warnings = _warnings(profile, found)
        candidate = format_candidate(job, found, journal)
        if not isinstance(candidate, Discarded):
            candidate = complete(candidate, job, journal)
    except SyncError as error:
        return Exact(problem=str(error), next_step=error.next_step)
    except ConfigurationError as error:
        return Exact(problem=str(error))
    if isinstance(candidate, Discarded):
        words = _("The rule “%(name)s” leaves it out.")
        return Exact(problem=words % {"name": candidate.logic})
    body = json.dumps(_shown(dict(candidate)), ensure_ascii=False, indent=2)
    return Exact(body=body, left_out=candidate.left_out, warnings=warnings)


def _warnings(profile: Profile, found: Mapping[str, Any]) -> list[str]:
    """What a person should know before they confirm; the row of the index is brought up to date."""
    changed = refresh_row(profile, found)
    words = _("The list showed something else: since it was read, the profile has %(problem)s.")
    told = [words % {"problem": _(problem)} for problem in changed]
    if is_email_dropped(mapping(found.get("info")).get("email")):
        told.append(_("Its e-mail is no valid address, so the candidate goes without one."))
    return told


def _shown(value: Any, name: str = "") -> Any:
    """A JSON value as people read it: long texts are cut, and a file (the base64 text under `data`)
    is told by its size in bytes."""
    if isinstance(value, Mapping):
        return {key: _shown(one, key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    if not isinstance(value, str):
        return value
    if name == "data":
        size = number_format(len(value) * 3 // 4, force_grouping=True)
        return _("<%(n)s bytes>") % {"n": size}
    return value[:SHOWN_LENGTH]
