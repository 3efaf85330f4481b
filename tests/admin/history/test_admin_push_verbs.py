"""What can be done on the page of a push: offered, permitted, done, noted."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from sync.admin.history import actions
from sync.models import Push
from tests.admin.history.push_pages import deed, page
from tests.desk import ALL, Desk, S, client_of, make_user, messages_of, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "more", "expected"),
    [
        (S.QUEUED, {}, {"cancel"}),
        (S.RETRYING, {}, {"cancel"}),
        (S.RETRYING, {"create_started_at": timezone.now()}, set()),
        (S.RUNNING, {}, set()),
        (S.UNCONFIRMED, {}, {"confirm", "push_again"}),
        (S.FAILED, {}, {"retry"}),
        (S.FAILED, {"error_code": "lookalike"}, {"retry", "same_person", "push_anyway"}),
        (S.CANCELLED, {}, {"retry"}),
        (S.DISCARDED, {}, {"retry"}),
        (S.SUCCEEDED, {}, {"repeat"}),
        (S.SUCCEEDED, {"enrichment_status": "failed"}, {"repeat", "retry_enrichment"}),
        (S.ALREADY_THERE, {}, {"repeat"}),
    ],
)
def test_only_what_makes_sense_is_offered(
    state: str, more: dict[str, Any], expected: set[str]
) -> None:
    desk = Desk()
    push = desk.push(state, **more)
    response = desk.client.get(page(push))
    assert {verb.name for verb in response.context["verbs"]} == expected
    for name in expected:
        assert deed(push, name) in response.content.decode()


@pytest.mark.parametrize("name", list(actions.ACTIONS))
def test_a_verb_without_its_permission_is_neither_offered_nor_done(name: str) -> None:
    desk = Desk()
    verb = actions.ACTIONS[name]
    missing = verb.permission.removeprefix("sync.")
    others = [permission for permission in ALL if permission != missing]
    client = client_of(make_user("other", *others, company=desk.company))
    state = {"retry": S.FAILED, "cancel": S.QUEUED, "repeat": S.SUCCEEDED}.get(name, S.UNCONFIRMED)
    more = {}
    if name in ("same_person", "push_anyway"):
        state, more = S.FAILED, {"error_code": "lookalike"}
    if name == "retry_enrichment":
        state, more = S.SUCCEEDED, {"enrichment_status": "failed"}
    push = desk.push(state, **more)
    offered = {verb.name for verb in client.get(page(push)).context["verbs"]}
    assert name not in offered
    assert client.get(deed(push, name)).status_code == 403
    assert client.post(deed(push, name), {"confirmed": "1"}).status_code == 403
    push.refresh_from_db()
    assert (push.status, push.repeats.count()) == (state, 0)


@pytest.mark.parametrize(
    ("state", "name", "after"),
    [
        (S.UNCONFIRMED, "confirm", S.SUCCEEDED),
        (S.UNCONFIRMED, "push_again", S.QUEUED),
        (S.FAILED, "retry", S.QUEUED),
        (S.QUEUED, "cancel", S.CANCELLED),
    ],
)
def test_a_verb_is_done_by_post_and_noted_with_who_did_it(
    state: str, name: str, after: str
) -> None:
    desk = Desk()
    push = desk.push(state)
    assert desk.client.get(deed(push, name)).status_code == 200
    push.refresh_from_db()
    assert push.status == state
    response = desk.client.post(deed(push, name), {"confirmed": "1"}, follow=True)
    assert len(messages_of(response)) == 1
    push.refresh_from_db()
    assert (push.status, push.decided_by) == (after, desk.user)


@pytest.mark.parametrize("name", ["confirm", "push_again"])
def test_a_decision_needs_a_second_click(name: str) -> None:
    desk = Desk()
    push = desk.push(S.UNCONFIRMED)
    response = desk.client.post(deed(push, name))
    assert actions.ACTIONS[name].question % {"count": 1} in text_of(response)
    push.refresh_from_db()
    assert push.status == S.UNCONFIRMED


def test_pushing_again_on_purpose_makes_a_new_push_and_leads_to_it() -> None:
    desk = Desk()
    push = desk.push(S.SUCCEEDED, applicant_id="a1")
    response = desk.client.post(deed(push, "repeat"), {"confirmed": "1"})
    again = push.repeats.get()
    assert response["Location"] == page(again)
    assert (again.status, again.known_applicants) == (S.QUEUED, ["a1"])
    assert again.requested_by == desk.user
    # A second time is refused, and said so.
    second = desk.client.post(deed(push, "repeat"), {"confirmed": "1"}, follow=True)
    assert push.repeats.count() == 1
    assert "left as it is" in messages_of(second)[-1]


SENDING: dict[str, dict[str, Any]] = {
    "retry": {"status": S.FAILED},
    "push_again": {"status": S.UNCONFIRMED},
    "push_anyway": {"status": S.FAILED, "error_code": "lookalike"},
    "repeat": {"status": S.SUCCEEDED},
    "retry_enrichment": {"status": S.SUCCEEDED, "enrichment_status": "failed"},
}


@pytest.mark.parametrize("name", SENDING)
def test_nothing_is_sent_from_a_source_that_was_closed_to_the_person(name: str) -> None:
    desk = Desk()
    push = desk.push(**SENDING[name])
    before = Push.objects.values().get()
    assert name in {verb.name for verb in desk.client.get(page(push)).context["verbs"]}
    desk.source.companies.clear()
    assert name not in {verb.name for verb in desk.client.get(page(push)).context["verbs"]}
    desk.client.post(deed(push, name), {"confirmed": "1"})
    form = {"action": name, "index": "0", "_selected_action": push.pk, "confirmed": "1"}
    desk.client.post("/admin/sync/push/", form)
    assert Push.objects.values().get() == before


def test_what_sends_nothing_is_still_done_after_its_source_was_closed() -> None:
    desk = Desk()
    waiting, unsure = desk.push(S.QUEUED), desk.push(S.UNCONFIRMED)
    desk.source.companies.clear()
    desk.client.post(deed(waiting, "cancel"))
    desk.client.post(deed(unsure, "confirm"), {"confirmed": "1"})
    assert set(Push.objects.values_list("status", flat=True)) == {S.CANCELLED, S.SUCCEEDED}


def test_a_verb_that_came_too_late_is_said_so() -> None:
    desk = Desk()
    push = desk.push(S.SUCCEEDED)
    response = desk.client.post(deed(push, "retry"), follow=True)
    assert "Nothing to do" in messages_of(response)[0]
    assert desk.client.post(deed(push, "explode")).status_code == 404
