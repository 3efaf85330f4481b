"""What stands in the way of a push: each reason, and who minds it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from sync.exceptions import PermanentError
from sync.mapping.consent import check_contact, read_contact
from sync.mapping.index_row import read_index_row
from sync.models import Profile, PurgedPush, Push
from sync.models.states import PushStatus
from sync.services.privacy import suppression
from sync.services.pushing import blocking
from sync.services.pushing.blocking import Blocker, blocked_keys, blocked_target, target_problem
from sync.services.selection import drafts
from sync.vocabulary import ErrorCode
from tests.cases import Case
from tests.cases.people import consent
from tests.desk import Desk, make_vacancy

S = PushStatus
pytestmark = pytest.mark.django_db
BY_STATUS = [
    (S.QUEUED, Blocker.PUSHED),
    (S.RUNNING, Blocker.PUSHED),
    (S.RETRYING, Blocker.PUSHED),
    (S.UNCONFIRMED, Blocker.PUSHED),
    (S.SUCCEEDED, Blocker.PUSHED),
    (S.ALREADY_THERE, Blocker.THERE),
    (S.CANCELLED, Blocker.CANCELLED),
    (S.FAILED, Blocker.FAILED),
    (S.DISCARDED, Blocker.FAILED),
]


def test_the_states_of_earlier_pushes_are_all_spoken_of() -> None:
    assert {status for status, _ in BY_STATUS} == set(S)
    told = [status for states in blocking.EARLIER.values() for status in states]
    assert sorted(told) == sorted(S)


@pytest.mark.parametrize(("status", "reason"), BY_STATUS)
def test_an_earlier_push_blocks_where_its_state_counts(status: S, reason: Blocker) -> None:
    desk = Desk()
    desk.push(status, profile_key="a")
    emails = {"a": "", "b": ""}
    for by in (blocking.ALWAYS, blocking.AT_UPDATES, blocking.AT_ARRIVALS):
        found = blocked_keys(desk.source, desk.vacancy, emails, by=by)
        assert found == ({"a": reason} if reason in by else {})


def test_a_push_to_another_vacancy_blocks_nothing() -> None:
    desk = Desk()
    desk.push(S.SUCCEEDED, profile_key="a")
    other = make_vacancy(desk.company, "Infirmier")
    assert blocked_keys(desk.source, other, {"a": ""}) == {}


def test_of_several_reasons_the_first_counts() -> None:
    desk = Desk()
    for status in (S.FAILED, S.ALREADY_THERE, S.SUCCEEDED, S.CANCELLED):
        desk.push(status, profile_key="a")
    emails = {"a": "ada@example.org"}

    def found() -> dict[str, Blocker]:
        return blocked_keys(desk.source, desk.vacancy, emails, by=list(Blocker))

    assert found() == {"a": Blocker.PUSHED}
    suppression.remember(["ada@example.org"], [], "receipt")
    assert found() == {"a": Blocker.ERASED}


def test_a_push_that_was_purged_blocks_dispatch_and_no_event() -> None:
    desk = Desk()
    push = desk.push(S.SUCCEEDED, profile_key="a")
    suppression.remember_pushed([(push.source_id, push.profile_key, push.vacancy_id)])
    Push.objects.all().delete()
    assert PurgedPush.objects.exists()
    assert blocked_keys(desk.source, desk.vacancy, {"a": ""}) == {"a": Blocker.PURGED}
    by = blocking.AT_ARRIVALS
    assert blocked_keys(desk.source, desk.vacancy, {"a": ""}, by=by) == {}


def test_a_target_that_takes_no_push_is_told_with_its_first_problem() -> None:
    desk = Desk()
    push = desk.push(S.QUEUED, profile_key="a")
    assert blocked_target(push) is None
    push.vacancy.is_open = False
    assert blocked_target(push) == ErrorCode.VACANCY_CLOSED
    push.profile_key = f"{suppression.ERASED_KEY}a"
    assert blocked_target(push) == ErrorCode.PERSON_ERASED
    push.source.is_active = False
    assert blocked_target(push) == ErrorCode.SOURCE_INACTIVE
    assert target_problem(push.vacancy) == ErrorCode.VACANCY_CLOSED, "what is given is checked"
    push.vacancy.company.is_active = False
    assert blocked_target(push) == ErrorCode.COMPANY_INACTIVE


@pytest.mark.parametrize("case", consent.CASES, ids=str)
def test_preview_and_push_agree_about_consent(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    midnight = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: midnight)
    desk = Desk()
    desk.company.contact_within_days = 30
    desk.company.save()
    tags = [{"name": name, "value": value} for name, value in case.input.items()]
    profile = {"key": "a", "info": {"full_name": "Zoé Riou"}, "tags": tags}
    row = Profile.objects.create(source=desk.source, key="a", **read_index_row(profile))
    row.has_resume = True
    row.save()
    run = drafts.begin(Profile.objects.all(), user=desk.user, vacancy=desk.vacancy)
    shown = drafts.rows(run).get().blocker
    try:
        check_contact(read_contact(profile), within_days=30, today=timezone.localdate())
        pushed = ""
    except PermanentError as error:
        pushed = error.code
    assert pushed == case.right
    assert shown == (Blocker.CONSENT if case.right else "")
