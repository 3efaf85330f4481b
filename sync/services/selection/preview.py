"""The exact candidate of one profile, made live as a push makes it, and never sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from sync.exceptions import ConfigurationError, SyncError
from sync.models import Action, Profile, Run
from sync.services.peers.client_factory import hrflow_client
from sync.services.preparing.job import job_for
from sync.services.preparing.journal import Journal
from sync.services.preparing.steps import Discarded, prepare
from sync.services.security import audit

SHOWN_LENGTH = 2000


@dataclass(frozen=True)
class Exact:
    """What would be sent for one profile (`body`: indented JSON), or why it would not.

    `left_out`: what of the profile is not sent, a sentence each.
    """

    body: str = ""
    left_out: Sequence[str] = ()
    problem: str = ""
    next_step: str = ""


def exact(run: Run, profile: Profile) -> Exact:
    """The candidate as a push to the run's vacancy would make it from today's profile.

    HrFlow and the CV's address are asked, Flatchr is not. The answers to the vacancy's questions
    are given when the draft is confirmed, so they are not in it. Who looked is noted in the audit
    log.
    """
    assert run.vacancy is not None
    audit.record(None, Action.LOOK, profile, company=run.vacancy.company_id)
    job = job_for(profile.source, profile.key, run.vacancy, run)
    try:
        candidate = prepare(job, hrflow_client(profile.source), Journal())
    except SyncError as error:
        return Exact(problem=str(error), next_step=error.next_step)
    except ConfigurationError as error:
        return Exact(problem=str(error))
    if isinstance(candidate, Discarded):
        words = _("The rule “%(name)s” leaves it out.")
        return Exact(problem=words % {"name": candidate.logic})
    body = json.dumps(_shown(dict(candidate)), ensure_ascii=False, indent=2)
    return Exact(body=body, left_out=candidate.left_out)


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
