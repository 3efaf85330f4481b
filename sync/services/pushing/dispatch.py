"""From a wish to queued pushes: one run, one push a profile, in one transaction; then the bell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
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
    WrongStateError,
)
from sync.models.states import RETRYABLE, PushStatus
from sync.services.privacy import suppression
from sync.services.queue import notify

if TYPE_CHECKING:
    from django.contrib.auth.models import User

T = TypeVar("T")
BATCH = 500


@dataclass
class Dispatched:
    """What became of a wish. `blocked`: keys whose push is open or succeeded already; `erased`:
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
    """Queue one push a profile key, durably, and ring the bell once that is committed.

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


def options_of(workflow: Workflow | None) -> dict[str, Any]:
    if workflow is None:
        return {}
    return {
        "logics": workflow.logics,
        "format": workflow.format,
        "resume_policy": workflow.resume_policy,
    }


def add_pushes(result: Dispatched, keys: Sequence[str]) -> None:
    """Add pushes to a run; who has an open or successful one already is told so, not doubled."""
    run = result.run
    assert run.source is not None and run.vacancy is not None
    known = {p.key: p for p in Profile.objects.filter(source=run.source, key__in=keys)}
    erased = suppression.erased_keys({k: known[k].email if k in known else "" for k in keys})
    taken = set(blocked_keys(run.source, run.vacancy, keys))
    taken |= suppression.purged_keys(run.source, run.vacancy, keys)
    result.erased += [key for key in keys if key in erased]
    result.blocked += [key for key in keys if key in taken - erased]
    wanted = [key for key in keys if key not in taken | erased]
    before = run.pushes.count()
    # Another click may have been faster since: the constraint decides, and the count tells.
    Push.objects.bulk_create(
        [_new_push(run, key, known.get(key)) for key in wanted], ignore_conflicts=True
    )
    result.created += run.pushes.count() - before


def blocked_keys(
    source: HrFlowSource, vacancy: FlatchrVacancy, keys: Sequence[str]
) -> dict[str, Push]:
    """The push that stands in the way of each key, where there is one."""
    blocking = Push.objects.blocking().filter(source=source, vacancy=vacancy, profile_key__in=keys)
    return {push.profile_key: push for push in blocking.order_by("pk")}


def _new_push(run: Run, key: str, profile: Profile | None, repeat_of: Push | None = None) -> Push:
    assert run.source is not None and run.vacancy is not None
    return Push(
        run=run,
        source=run.source,
        vacancy=run.vacancy,
        profile_key=key,
        repeat_of=repeat_of,
        requested_by=run.requested_by,
        candidate_name=profile.full_name if profile else "",
        candidate_email=next(iter(addresses(profile.email)), "") if profile else "",
        deadline_at=timezone.now() + timedelta(seconds=settings.PUSH_DEADLINE_SECONDS),
    )


def close_if_empty(run: Run) -> None:
    """A run in which there is nothing to do is finished at once."""
    if not run.pushes.exists():
        Run.objects.filter(pk=run.pk).update(status=RunStatus.FINISHED, finished_at=Now())
        run.refresh_from_db()


def repeat(push: Push, *, requested_by: User | None) -> Push:
    """Push again on purpose what has succeeded; recorded, and once only for each push.

    Raises WrongStateError where the push has not succeeded, or was repeated already.
    """
    if push.status not in (PushStatus.SUCCEEDED, PushStatus.ALREADY_THERE):
        raise WrongStateError("only a push that ended in Flatchr can be repeated")
    try:
        with transaction.atomic():
            run = Run.objects.create(
                kind=RunKind.BATCH,
                source=push.source,
                vacancy=push.vacancy,
                requested_by=requested_by,
                started_at=Now(),
                logics=push.run.logics,
                format=push.run.format,
                resume_policy=push.run.resume_policy,
                answers=push.run.answers,
            )
            profile = Profile.objects.filter(source=push.source, key=push.profile_key).first()
            again = _new_push(run, push.profile_key, profile, repeat_of=push)
            again.known_applicants = [push.applicant_id] if push.applicant_id else []
            again.save(force_insert=True)
            notify.workers_after_commit()
    except IntegrityError:
        raise WrongStateError("it was repeated already, or another push is under way") from None
    return again


def retry_all(pushes: QuerySet[Push], *, user: User | None) -> tuple[int, int]:
    """Try again what was given up; returns how many, and how many were left (a newer push has
    taken their place, or they were not given up)."""
    done = left = 0
    for push in pushes.filter(status__in=RETRYABLE).order_by("pk").iterator(chunk_size=BATCH):
        try:
            with transaction.atomic():
                push.retry(user)
            done += 1
        except (WrongStateError, IntegrityError):
            left += 1
    if done:
        notify.workers_after_commit()
    return done, left


def cancel_all(pushes: QuerySet[Push], *, user: User | None) -> tuple[int, int]:
    """Cancel what waits and of which nothing was sent; returns how many, and how many were left."""
    done = left = 0
    for push in pushes.waiting().iterator(chunk_size=BATCH):  # type: ignore[attr-defined]
        try:
            push.cancel(user)
            done += 1
        except WrongStateError:
            left += 1
    Run.objects.finish_done()
    return done, left


def decide_all(pushes: QuerySet[Push], *, in_flatchr: bool, user: User | None) -> tuple[int, int]:
    """A person's word on unconfirmed pushes."""
    done = left = 0
    for push in pushes.filter(status=PushStatus.UNCONFIRMED).iterator(chunk_size=BATCH):
        try:
            push.confirm(user) if in_flatchr else push.push_again(user)
            done += 1
        except WrongStateError:
            left += 1
    if done and not in_flatchr:
        notify.workers_after_commit()
    return done, left


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
