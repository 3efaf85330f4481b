"""Actions on the ticked pushes."""

from __future__ import annotations

import pytest

from sync.admin.history import actions
from sync.models import Push
from tests.admin.history.push_pages import LIST, tick
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


def test_an_action_on_the_ticked_is_asked_about_then_done() -> None:
    desk = Desk()
    failed, succeeded, unticked = desk.push(S.FAILED), desk.push(S.SUCCEEDED), desk.push(S.FAILED)
    asked = tick(desk, "retry", failed, succeeded)
    text = text_of(asked)
    assert "Try this push again?" in text
    assert "1 more that you chose is not in a state for this" in text
    assert f'name="_selected_action" value="{failed.pk}"' in asked.content.decode()
    tick(desk, "retry", failed, succeeded, confirmed="1")
    states = dict(Push.objects.values_list("pk", "status"))
    assert states == {failed.pk: S.QUEUED, succeeded.pk: S.SUCCEEDED, unticked.pk: S.FAILED}


def test_select_all_means_all_that_the_filter_shows() -> None:
    desk = Desk()
    for _ in range(3):
        desk.push(S.QUEUED)
    elsewhere = desk.push(S.QUEUED, vacancy=make_vacancy(desk.company, "Other"))
    first = Push.objects.order_by("-pk").first()
    assert first is not None
    query = f"vacancy={desk.vacancy.pk}"
    across = {"select_across": "1", "confirmed": "1"}
    tick(desk, "cancel", first, query=query, **across)
    assert Push.objects.filter(status=S.CANCELLED).count() == 3
    elsewhere.refresh_from_db()
    assert elsewhere.status == S.QUEUED


def test_many_are_done_in_goes_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(actions, "BATCH", 2)
    desk = Desk()
    pushes = [desk.push(S.QUEUED) for _ in range(5)]
    tick(desk, "cancel", *pushes, confirmed="1")
    response = desk.client.get(LIST)
    assert messages_of(response) == [
        "3 pushes were cancelled.",
        "2 more are left: do it again for those.",
    ]
    assert Push.objects.filter(status=S.CANCELLED).count() == 3


def test_a_retry_whose_place_a_newer_push_has_taken_is_left_and_told() -> None:
    desk = Desk()
    old = desk.push(S.FAILED)
    desk.push(S.QUEUED, profile_key=old.profile_key)
    free = desk.push(S.FAILED)
    tick(desk, "retry", old, free, confirmed="1")
    told = messages_of(desk.client.get(LIST))
    assert told[0] == "1 push will be tried again."
    assert "1 push was left as it is" in told[1]
    old.refresh_from_db()
    free.refresh_from_db()
    assert (old.status, free.status) == (S.FAILED, S.QUEUED)


def test_actions_are_offered_by_permission() -> None:
    desk = Desk()
    desk.push()
    assert "Retry" in text_of(desk.client.get(LIST))
    client = client_of(make_user("reader", *VIEW, company=desk.company))
    html = client.get(LIST).content.decode()
    for name in ("retry", "cancel", "confirm", "push_again", "export"):
        assert f'value="{name}"' not in html


def test_a_push_of_another_company_cannot_be_ticked() -> None:
    desk = Desk()
    desk.push(S.FAILED)
    theirs = desk.push(S.FAILED, vacancy=make_vacancy(make_company("Nordique")))
    tick(desk, "retry", theirs, confirmed="1")
    theirs.refresh_from_db()
    assert theirs.status == S.FAILED
