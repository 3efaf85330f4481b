from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sync.models import Push
from sync.services.reporting import statistics
from sync.services.reporting.statistics import Cause
from sync.vocabulary import ErrorCode
from tests.desk import (
    VIEW,
    Desk,
    S,
    client_of,
    make_company,
    make_user,
    make_vacancy,
    messages_of,
    text_of,
)

pytestmark = pytest.mark.django_db
INBOX = "/admin/sync/push/failures/"


def post(desk: Desk, verb: str, client: Any = None, **fields: str) -> Any:
    return (client or desk.client).post(f"{INBOX}{verb}/", fields, follow=True)


def groups() -> list[tuple[str, str, int]]:
    found = statistics.groups_of(statistics.to_deal_with(Push.objects.all()))
    return [(group.cause.code, group.cause.last, group.count) for group in found]


def test_pushes_are_grouped_by_cause_and_by_what_the_last_try_met() -> None:
    desk = Desk()
    for _ in range(2):
        desk.push(S.FAILED)
    for last in ("hrflow_fault", "flatchr_unreachable"):
        params = {"last": last, "attempts": "6"}
        desk.push(S.FAILED, error_code=ErrorCode.ATTEMPTS_EXHAUSTED, error_params=params)
    desk.push(S.UNCONFIRMED)
    assert groups()[0] == ("flatchr_ambiguous", "", 1)
    assert set(groups()) == {
        ("flatchr_ambiguous", "", 1),
        ("resume_missing", "", 2),
        ("attempts_exhausted", "hrflow_fault", 1),
        ("attempts_exhausted", "flatchr_unreachable", 1),
    }


def test_who_may_not_decide_is_told_whom_to_ask() -> None:
    desk = Desk()
    push = desk.push(S.UNCONFIRMED)
    recruiter = client_of(make_user("r", *VIEW, company=desk.company))
    for address in (INBOX, f"/admin/sync/push/{push.pk}/change/"):
        assert "tell your team lead" in text_of(recruiter.get(address))
        assert "tell your team lead" not in text_of(desk.client.get(address))


def test_the_inbox_says_what_happened_whose_side_it_is_on_and_what_to_do() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    text = text_of(desk.client.get(INBOX))
    assert "The profile has no CV, and this company wants one." in text
    assert "Side: the profile" in text
    assert "Add a CV to the profile in HrFlow" in text
    assert "Aviva" in text
    assert str(push) in text


def test_nothing_to_deal_with_is_said_so() -> None:
    desk = Desk()
    desk.push(S.SUCCEEDED)
    assert "Nothing waits for you" in text_of(desk.client.get(INBOX))


def test_a_failure_that_was_pushed_again_since_is_no_task_any_more() -> None:
    desk = Desk()
    failed = desk.push(S.FAILED)
    desk.push(S.SUCCEEDED, profile_key=failed.profile_key)
    assert groups() == []
    elsewhere = make_vacancy(desk.company, "Elsewhere")
    desk.push(S.FAILED, profile_key=failed.profile_key, vacancy=elsewhere)
    assert len(groups()) == 1


def test_an_old_failure_is_history_but_an_old_question_is_still_asked() -> None:
    desk = Desk()
    long_ago = timezone.now() - timedelta(days=statistics.INBOX_DAYS + 5)
    desk.push(S.FAILED, at=long_ago)
    desk.push(S.UNCONFIRMED, at=long_ago)
    assert [code for code, _last, _count in groups()] == ["flatchr_ambiguous"]


def test_one_click_retries_a_whole_group_and_nothing_else() -> None:
    desk = Desk()
    wanted = [desk.push(S.FAILED) for _ in range(3)]
    closed = desk.push(S.FAILED, error_code=ErrorCode.VACANCY_CLOSED)
    cancelled = desk.push(S.CANCELLED)
    response = post(desk, "retry", status=S.FAILED, code="resume_missing", last="")
    assert messages_of(response) == ["3 pushes will be tried again."]
    states = dict(Push.objects.values_list("pk", "status"))
    assert [states[push.pk] for push in wanted] == [S.QUEUED] * 3
    assert states[closed.pk] == S.FAILED
    assert states[cancelled.pk] == S.CANCELLED
    assert Push.objects.get(pk=wanted[0].pk).decided_by == desk.user


def test_a_group_can_be_narrowed_to_one_company() -> None:
    desk = Desk()
    second = make_company("Nordique")
    second.members.add(desk.user)
    here = desk.push(S.FAILED)
    there = desk.push(S.FAILED, vacancy=make_vacancy(second))
    fields = {"status": S.FAILED, "code": "resume_missing", "last": "", "company": str(second.pk)}
    post(desk, "retry", **fields)
    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.status, there.status) == (S.FAILED, S.QUEUED)


@pytest.mark.parametrize(("verb", "state"), [("confirm", S.SUCCEEDED), ("push_again", S.QUEUED)])
def test_a_decision_is_asked_about_before_it_is_taken(verb: str, state: str) -> None:
    desk = Desk()
    push = desk.push(S.UNCONFIRMED)
    fields = {"status": S.UNCONFIRMED, "code": "flatchr_ambiguous", "last": ""}
    asked = post(desk, verb, **fields)
    assert str(push) in text_of(asked)
    push.refresh_from_db()
    assert push.status == S.UNCONFIRMED
    post(desk, verb, confirmed="1", **fields)
    push.refresh_from_db()
    assert push.status == state


def test_another_company_is_neither_seen_nor_touched() -> None:
    desk = Desk()
    desk.push(S.FAILED)
    theirs = desk.push(S.FAILED, vacancy=make_vacancy(make_company("Nordique"), "Secret job"))
    assert "Nordique" not in text_of(desk.client.get(INBOX))
    post(desk, "retry", status=S.FAILED, code="resume_missing", last="")
    theirs.refresh_from_db()
    assert theirs.status == S.FAILED


def test_without_the_permission_no_button_and_no_deed() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    client = client_of(make_user("reader", *VIEW, company=desk.company))
    assert "Retry all" not in text_of(client.get(INBOX))
    fields = {"status": S.FAILED, "code": "resume_missing", "last": ""}
    assert post(desk, "retry", client, **fields).status_code == 403
    push.refresh_from_db()
    assert push.status == S.FAILED


@pytest.mark.parametrize(
    "fields", [{}, {"code": "resume_missing", "company": "x"}, {"company": "1"}]
)
def test_a_group_that_makes_no_sense_is_not_found(fields: dict[str, str]) -> None:
    assert post(Desk(), "retry", **fields).status_code == 404


def test_a_group_is_acted_on_by_post_only() -> None:
    desk = Desk()
    assert desk.client.get(f"{INBOX}retry/").status_code == 405
    assert post(desk, "explode", code="resume_missing").status_code == 404


def test_the_link_of_a_group_leads_to_its_pushes() -> None:
    desk = Desk()
    met = {"last": "hrflow_fault"}
    push = desk.push(S.FAILED, error_code=ErrorCode.ATTEMPTS_EXHAUSTED, error_params=met)
    desk.push(S.FAILED, error_code=ErrorCode.ATTEMPTS_EXHAUSTED, error_params={"last": "other"})
    desk.push(S.FAILED, error_code=ErrorCode.ATTEMPTS_EXHAUSTED)
    rows = [*desk.client.get(INBOX).context["failed"]]
    assert len(rows) == 3
    for row in rows:
        listed = desk.client.get(row.url).context["cl"]
        assert listed.result_count == row.count == 1
    [wanted] = [row for row in rows if row.cause.last == "hrflow_fault"]
    assert desk.client.get(wanted.url).context["cl"].result_list[0] == push


def test_a_cause_without_a_last_does_not_take_in_those_with_one() -> None:
    desk = Desk()
    code = ErrorCode.ATTEMPTS_EXHAUSTED
    plain = desk.push(S.FAILED, error_code=code)
    desk.push(S.FAILED, error_code=code, error_params={"last": "hrflow_fault"})
    assert list(Cause(S.FAILED, code, "").narrow(Push.objects.all())) == [plain]


def test_the_number_of_statements_does_not_grow_with_the_failures() -> None:
    desk = Desk()
    desk.push(S.FAILED)
    desk.push(S.UNCONFIRMED)
    desk.client.get(INBOX)
    with CaptureQueriesContext(connection) as few:
        desk.client.get(INBOX)
    for code in list(ErrorCode)[:12]:
        for _ in range(3):
            desk.push(S.FAILED, error_code=code)
    with CaptureQueriesContext(connection) as many:
        desk.client.get(INBOX)
    assert len(many) == len(few)
