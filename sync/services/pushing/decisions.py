"""What people decide about pushes that exist: again on purpose, retry, cancel, a word on the
unconfirmed and on those that look like somebody on the vacancy.

Each is a verb of `Push`; here it is applied to many, and workers are notified.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from sync.models import EnrichmentStatus, Profile, Push, Run, RunKind, WrongStateError
from sync.models.states import RETRYABLE, WAITING, PushStatus
from sync.services.pushing.dispatch import BATCH, new_push
from sync.services.queue import notify
from sync.vocabulary import ErrorCode

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def repeat(push: Push, *, requested_by: User | None) -> Push:
    """Push again on purpose what is in Flatchr; recorded, and once only for each push.

    Raises WrongStateError where the push did not end in Flatchr, or was repeated already.
    """
    if push.status not in (PushStatus.SUCCEEDED, PushStatus.ALREADY_THERE):
        raise WrongStateError("only a push that ended in Flatchr can be repeated")
    profile = Profile.objects.filter(source=push.source, key=push.profile_key).first()
    # Or a reconciliation would take the applicant of the first push for that of the second.
    known_applicants = [push.applicant_id] if push.applicant_id else []
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
            again = new_push(
                run,
                push.profile_key,
                profile,
                repeat_of=push,
                known_applicants=known_applicants,
            )
            again.save(force_insert=True)
            notify.workers_after_commit()
    except IntegrityError:
        raise WrongStateError("it was repeated already, or another push is under way") from None
    return again


def retry_enrichment_all(pushes: QuerySet[Push], *, user: User | None) -> tuple[int, int]:
    """Try the enrichment again where it failed: it alone, the create never is.

    Returns how many, and how many of them were left because they have moved on.
    """
    failed = pushes.filter(enrichment_status=EnrichmentStatus.FAILED)
    done, left = each(failed, lambda push: push.retry_enrichment(user))
    transaction.on_commit(lambda: notify.task(notify.FOLLOW_UP) and None)
    return done, left


def retry_all(pushes: QuerySet[Push], *, user: User | None) -> tuple[int, int]:
    """Try again those that were given up; returns how many, and how many of them were left because
    a newer push has taken their place or they have moved on."""
    given_up = pushes.filter(status__in=RETRYABLE).order_by("pk")
    done, left = each(given_up, lambda push: push.retry(user))
    if done:
        notify.workers_after_commit()
    return done, left


def cancel_all(pushes: QuerySet[Push], *, user: User | None) -> tuple[int, int]:
    """Cancel those that wait; returns how many, and how many of them were left because they may
    have been sent or have moved on."""
    waiting = pushes.filter(status__in=WAITING)
    done, left = each(waiting, lambda push: push.cancel(user))
    Run.objects.finish_done()
    return done, left


def decide_all(pushes: QuerySet[Push], *, in_flatchr: bool, user: User | None) -> tuple[int, int]:
    """Note of the unconfirmed that they are in Flatchr, or push them again; returns how many, and
    how many of them were left because they have moved on."""
    unconfirmed = pushes.filter(status=PushStatus.UNCONFIRMED)
    done, left = each(
        unconfirmed, lambda push: push.confirm(user) if in_flatchr else push.push_again(user)
    )
    if done and not in_flatchr:
        notify.workers_after_commit()
    return done, left


def settle_all(pushes: QuerySet[Push], *, same: bool, user: User | None) -> tuple[int, int]:
    """Of those that look like somebody on their vacancy: note that it is the same person, or push
    them anyway; returns how many, and how many of them were left because they have moved on."""
    held = pushes.filter(status=PushStatus.FAILED, error_code=ErrorCode.LOOKALIKE).order_by("pk")
    done, left = each(
        held, lambda push: push.mark_same_person(user) if same else push.push_anyway(user)
    )
    if done and not same:
        notify.workers_after_commit()
    return done, left


def each(pushes: QuerySet[Push], verb: Callable[[Push], object]) -> tuple[int, int]:
    """Apply the verb to each, in a transaction of its own; returns how many took it, and how many
    refused it."""
    done = left = 0
    for push in pushes.iterator(chunk_size=BATCH):
        try:
            with transaction.atomic():
                verb(push)
            done += 1
        except (WrongStateError, IntegrityError):
            left += 1
    return done, left
