"""Transitions of many pushes at once: claims of workers, and what the sweep puts right."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Now

from sync.exceptions import SyncError
from sync.models.push.attempts import AttemptOutcome, PushAttempt
from sync.models.push.queryset import HELD_BY, PushQuerySet
from sync.models.push.values import NO_CLAIM, error_fields, in_seconds
from sync.models.states import WAITING, PushStatus
from sync.vocabulary import ErrorCode, Event

S = PushStatus
P = TypeVar("P", bound=models.Model)


class PushRows(PushQuerySet[P]):
    """`Push.objects`: the queries of `PushQuerySet`, and the transitions of many rows at once."""

    def claim(self, limit: int, *, lease: float | None = None) -> list[P]:
        """queued, retrying → running: up to `limit` due pushes, under one new token; `lease` in
        seconds. Suspects are left out: they are claimed alone."""
        return self._claim(self.due().exclude(self.suspected()), limit, lease)

    def claim_suspect(self) -> list[P]:
        """queued, retrying → running: one push whose tries have lost their worker again and again,
        to be tried with no other beside it: if it kills its worker, no other is lost with it."""
        return self._claim(self.due().filter(self.suspected()), 1, None)

    def _claim(self, due: PushQuerySet[P], limit: int, lease: float | None) -> list[P]:
        token = uuid.uuid4().hex
        lease = settings.PUSH_LEASE_SECONDS if lease is None else lease
        with transaction.atomic():
            due = due.order_by("next_attempt_at", "pk")
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True, of=("self",))
            keys = list(due.values_list("pk", flat=True)[:limit])
            if not keys:
                return []
            self.filter(pk__in=keys, status__in=WAITING).update(
                status=S.RUNNING,
                claim_token=token,
                lease_expires_at=in_seconds(lease),
                next_attempt_at=None,
                # Looking up an unknown outcome costs no attempt.
                attempts=F("attempts") + Case(When(create_started_at=None, then=1), default=0),
                updated_at=Now(),
            )
        claimed = self.filter(claim_token=token, status=S.RUNNING).order_by("pk")
        # Few runs share many pushes: one object each, its secrets decrypted once.
        return list(claimed.prefetch_related("run", "source", "vacancy__company"))

    def renew(self, tokens: list[str], *, lease: float | None = None) -> int:
        """A living worker keeps its claims for another `lease` (seconds, by default the whole of
        it); returns how many pushes. A claim whose lease has run out is not renewed: the sweep may
        have released it."""
        lease = settings.PUSH_LEASE_SECONDS if lease is None else lease
        held = self.filter(claim_token__in=tokens, status=S.RUNNING, lease_expires_at__gt=Now())
        return int(held.update(lease_expires_at=in_seconds(lease)))

    def release_expired(self) -> int:
        """running → retrying, failed: the claims of dead workers; returns how many.

        Without an intent nothing was sent: due at once, unless it was their last try (one that
        kills its worker would go on killing). With one, the request may have been on its way for
        `HTTP_TIMEOUT_SECONDS` after the lease: it is looked up, but not before Flatchr's search
        has settled.
        """
        PushAttempt.objects.filter(push__in=self.expired(), finished_at=None).update(
            outcome=AttemptOutcome.LOST, finished_at=Now(), error_code=ErrorCode.WORKER_LOST
        )
        given_up = _give_up(self.expired(), last=ErrorCode.WORKER_LOST)
        travelled = settings.HTTP_TIMEOUT_SECONDS + settings.PUSH_SETTLE_SECONDS
        settled = Greatest(F("lease_expires_at") + timedelta(seconds=travelled), Now())
        unsent = Q(create_started_at=None)
        code = Case(
            When(unsent, then=Value(ErrorCode.WORKER_LOST.value)),
            default=Value(ErrorCode.FLATCHR_FAULT.value),
        )
        released = self.expired().update(
            status=S.RETRYING,
            next_attempt_at=Case(When(unsent, then=Now()), default=settled),
            error_code=code,
            error_params={},
            updated_at=Now(),
            **NO_CLAIM,
        )
        return given_up + int(released)

    def note_held(self) -> int:
        """Tell people why what is held waits; returns of how many pushes it is told anew."""
        told, stronger = 0, Q(pk=None)
        if not self.held().exists():  # As nearly always, and a third of the work.
            return told
        for code, applies in HELD_BY.items():
            held = self.held().filter(applies & ~stronger).exclude(error_code=code)
            rows = self.filter(pk__in=held.values("pk"), status__in=WAITING)
            told += rows.update(updated_at=Now(), **error_fields(SyncError(code)))
            stronger |= applies
        return told

    def give_up_overdue(self) -> int:
        """queued, retrying → failed, unconfirmed: what a paused account, one that is switched off
        or a closed vacancy has held past its deadline; returns how many.

        Only that: what waits because no worker was there is still worth a try.
        """
        paused = Q(source__paused_until__isnull=False)
        paused |= Q(vacancy__company__paused_until__isnull=False)
        late = self.waiting().filter(deadline_at__lte=Now())
        overdue = (late.filter(paused) | late.held()).values("pk")
        rows = self.filter(pk__in=overdue, status__in=WAITING)
        undecided = rows.exclude(create_started_at=None).update(
            status=S.UNCONFIRMED,
            next_attempt_at=None,
            updated_at=Now(),
            **error_fields(SyncError(ErrorCode.FLATCHR_AMBIGUOUS)),
        )
        codes = list(rows.values_list("error_code", flat=True).distinct())
        return int(undecided) + sum(_give_up(rows.filter(error_code=c), last=c) for c in codes)

    def wait_after_restore(self, seconds: float) -> int:
        """running, queued, retrying → retrying, queued: the database came from a backup, so any of
        these may have been sent since. Claims end, and nothing is due before `seconds` from now;
        returns how many wait."""
        moment = in_seconds(seconds)
        claimed = self.filter(status=S.RUNNING)
        PushAttempt.objects.filter(push__in=claimed, finished_at=None).update(
            outcome=AttemptOutcome.LOST, finished_at=Now(), error_code=ErrorCode.WORKER_LOST
        )
        ended = claimed.update(
            status=S.RETRYING, next_attempt_at=moment, updated_at=Now(), **NO_CLAIM
        )
        waiting = self.waiting().filter(next_attempt_at__lt=moment)
        waiting.update(next_attempt_at=moment, updated_at=Now())
        return int(ended) + self.waiting().count()

    # --- after a success ------------------------------------------------------------------------

    def claim_follow_up(self, moment: str, limit: int) -> list[P]:
        """At most `limit` of these pushes, those that are due the longest first, claimed by moving
        their `moment` ahead: no other machine takes them now, and they are due again if this one
        dies. `moment`: `confirm_after` for a read-back, `enrichment_after` for an enrichment."""
        due = self.select_related("run", "source", "vacancy__company").order_by(moment)[:limit]
        every = self.model._default_manager
        later = in_seconds(5 * settings.HTTP_TIMEOUT_SECONDS)
        return [
            push
            for push in list(due)
            if every.filter(pk=push.pk, **{f"{moment}__lte": Now()}).update(**{moment: later})
        ]

    def look_sooner(self, pause: timedelta) -> int:
        """Something has changed in Flatchr: the applicants of those of these pushes that succeeded
        are looked for now, but not within `pause` of the row's last change. Returns how many were
        to be looked for later, or not at all."""
        soon = Greatest(Now(), F("updated_at") + pause)
        rows = self.filter(status=S.SUCCEEDED).exclude(confirm_after__lte=soon)
        return int(rows.update(confirm_after=soon))

    # --- before a success -----------------------------------------------------------------------

    def announce_again(self) -> int:
        """HrFlow spoke once more of profiles that it did not know yet: they are due now, and as if
        asked for now. Returns how many."""
        unknown = self.waiting().filter(create_started_at=None)
        rows = unknown.filter(error_code=ErrorCode.PROFILE_NOT_FOUND)
        deadline = in_seconds(settings.PUSH_DEADLINE_SECONDS)
        return int(rows.update(next_attempt_at=Now(), deadline_at=deadline, updated_at=Now()))

    # --- privacy --------------------------------------------------------------------------------

    def forget_person(self, *, profile_key: str) -> None:
        """These pushes, of one person who was erased, keep their state and nothing to know the
        person by; `profile_key` takes the place of the key."""
        PushAttempt.objects.filter(push__in=self).update(steps=[], message="")
        self.update(
            profile_key=profile_key,
            candidate_name="",
            candidate_lastname="",
            candidate_email="",
            candidate_phone="",
            known_applicants=[],
        )


def _give_up(pushes: PushQuerySet[Any], *, last: str) -> int:
    """→ failed: those of which nothing was sent and that may not be tried again; returns how many.

    `last`: the error code of the last try.
    """
    unsent = pushes.filter(create_started_at=None)
    tries = settings.PUSH_MAX_ATTEMPTS
    exhausted = SyncError(ErrorCode.ATTEMPTS_EXHAUSTED, attempts=tries, last=last)
    late = SyncError(ErrorCode.DEADLINE_PASSED, last=last)
    failed = 0
    for rows, error in (
        (unsent.filter(attempts__gte=tries), exhausted),
        (unsent.filter(deadline_at__lte=Now()), late),
    ):
        failed += rows.update(
            status=S.FAILED,
            event=Event.WRITE_FAILURE,
            next_attempt_at=None,
            closed_at=Now(),
            updated_at=Now(),
            **NO_CLAIM,
            **error_fields(error),
        )
    return failed
