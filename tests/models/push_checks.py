"""What holds of the rows of pushes at every moment, whatever was done to them."""

from __future__ import annotations

from collections import Counter

from sync.models import Push
from sync.models.states import BLOCKING, OPEN, WAITING, WITH_INTENT, PushStatus

S = PushStatus


def check_one_push_a_wish(pushes: list[Push]) -> None:
    """At most one that is open or has succeeded."""
    wishes = Counter(
        (push.source_id, push.profile_key, push.vacancy_id, push.repeat_of_id)
        for push in pushes
        if push.status in BLOCKING
    )
    assert all(count == 1 for count in wishes.values()), wishes


def check_intent(push: Push, *, unknown: bool) -> None:
    """An unknown outcome is never forgotten, and never made up."""
    if unknown:
        assert push.create_started_at is not None and push.status in OPEN
    elif push.status != S.SUCCEEDED:
        assert push.create_started_at is None
    if push.create_started_at is not None:
        assert push.status in WITH_INTENT


def check_claim_and_times(push: Push) -> None:
    assert (push.status == S.RUNNING) == (push.claim_token is not None)
    assert (push.status == S.RUNNING) == (push.lease_expires_at is not None)
    assert (push.status in WAITING) == (push.next_attempt_at is not None)
    assert (push.status in OPEN) == (push.closed_at is None), push.status


def check_words(push: Push) -> None:
    if push.status in (S.FAILED, S.DISCARDED, S.CANCELLED, S.UNCONFIRMED):
        assert push.error_code and push.explanation and push.next_step
    if push.status in (S.SUCCEEDED, S.ALREADY_THERE):
        assert push.error_code == ""
