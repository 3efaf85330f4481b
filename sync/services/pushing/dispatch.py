"""From a request for pushes to queued rows: one run and one push a profile, in one transaction;
workers are notified once it is committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from sync.mapping.contact import addresses
from sync.models import (
    FlatchrVacancy,
    HrFlowSource,
    Profile,
    Push,
    Run,
    RunKind,
    RunStatus,
    Workflow,
)
from sync.services.pushing.blocking import Blocker, blocked_keys
from sync.services.queue import notify

if TYPE_CHECKING:
    from django.contrib.auth.models import User

T = TypeVar("T")
BATCH = 500


@dataclass
class Dispatched:
    """What became of a request. `blocked`: keys whose push is open or succeeded already; `erased`:
    keys of people who were erased on request (ErrorCode.PERSON_ERASED)."""

    run: Run
    created: int = 0
    blocked: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)


def dispatch(
    *,
    source: HrFlowSource,
    vacancy: FlatchrVacancy,
    keys: Iterable[str],
    kind: RunKind,
    requested_by: User | None = None,
    workflow: Workflow | None = None,
    answers: Sequence[dict[str, Any]] = (),
    options: dict[str, Any] | None = None,
) -> Dispatched:
    """Queue one push a profile key, durably; notify workers once that is committed.

    `options`: the fields of the run that say how (`logics`, `format`, `resume_policy`); a workflow
    brings its own.
    """
    with transaction.atomic():
        run = Run.objects.create(
            kind=kind,
            source=source,
            vacancy=vacancy,
            workflow=workflow,
            requested_by=requested_by,
            answers=list(answers),
            started_at=Now(),
            **(options if options is not None else options_of(workflow)),
        )
        result = Dispatched(run)
        for batch in batches(dict.fromkeys(keys), BATCH):
            add_pushes(result, batch)
        close_if_empty(run)
        notify.workers_after_commit()
    return result


def dispatch_events(workflow: Workflow, keys: Sequence[str]) -> Dispatched:
    """Queue one push a profile key that events spoke of, as `dispatch` does.

    They join the workflow's run of events that began of late, so that a burst of events makes few
    runs, and with them few searches of the applicants.
    """
    source, vacancy = workflow.source, workflow.vacancy
    with transaction.atomic():
        # One request at a time: the next finds this one's run. No key: rows may still name it.
        list(Workflow.objects.select_for_update(no_key=True).filter(pk=workflow.pk))
        runs = Run.objects.taking_events(workflow).filter(**options_of(workflow))
        run = runs.order_by("pk").last()
        if run is None:
            event = RunKind.EVENT
            return dispatch(
                source=source, vacancy=vacancy, keys=keys, kind=event, workflow=workflow
            )
        result = Dispatched(run)
        for batch in batches(dict.fromkeys(keys), BATCH):
            add_pushes(result, batch)
        notify.workers_after_commit()
    return result


def options_of(workflow: Workflow | None) -> dict[str, Any]:
    """The fields of a run that say how, as its workflow has them now."""
    if workflow is None:
        return {}
    return {
        "logics": workflow.logics,
        "format": workflow.format,
        "resume_policy": workflow.resume_policy,
    }


def add_pushes(result: Dispatched, keys: Sequence[str]) -> None:
    """Add a push a key to a run, but for blocked and erased ones, which the result then names."""
    run = result.run
    assert run.source is not None and run.vacancy is not None
    known = {p.key: p for p in Profile.objects.filter(source=run.source, key__in=keys)}
    emails = {key: known[key].email if key in known else "" for key in keys}
    blocked = blocked_keys(run.source, run.vacancy, emails)
    for key in filter(blocked.get, keys):
        (result.erased if blocked[key] is Blocker.ERASED else result.blocked).append(key)
    pushes = [new_push(run, key, known.get(key)) for key in keys if key not in blocked]
    before = run.pushes.count()
    # Another request may have been faster since: the constraint decides, and the count tells.
    Push.objects.bulk_create(pushes, ignore_conflicts=True)
    result.created += run.pushes.count() - before


def new_push(run: Run, key: str, profile: Profile | None, **fields: Any) -> Push:
    """A push that is not saved yet; name and e-mail as the index knows them, until it is read."""
    assert run.source is not None and run.vacancy is not None
    return Push(
        run=run,
        source=run.source,
        vacancy=run.vacancy,
        profile_key=key,
        requested_by=run.requested_by,
        candidate_name=profile.full_name if profile else "",
        candidate_email=next(iter(addresses(profile.email)), "") if profile else "",
        deadline_at=timezone.now() + timedelta(seconds=settings.PUSH_DEADLINE_SECONDS),
        **fields,
    )


def close_if_empty(run: Run) -> None:
    """Finish a run in which there is nothing to do."""
    if not run.pushes.exists():
        Run.objects.filter(pk=run.pk).update(status=RunStatus.FINISHED, finished_at=Now())
        run.refresh_from_db()


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
