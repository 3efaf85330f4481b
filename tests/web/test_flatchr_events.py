"""What an event of Flatchr does: it says where to look, and nothing in it is believed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from sync.models import Push
from sync.services.reconciling import follow_up
from tests.conftest import World
from tests.desk import Desk, S, make_company, make_vacancy
from tests.notifications import Notifications
from tests.web.webhook_calls import desk, fresh_limits, headers_of, tell_flatchr

pytestmark = pytest.mark.django_db
__all__ = ["desk", "fresh_limits"]


def hint(desk: Desk, kind: str = "new_applicant", **data: Any) -> dict[str, Any]:
    about = {
        "applicant": {"id": 12},
        "candidate": {"email": "Ada@Example.com"},
        "vacancy": {"slug": desk.vacancy.slug, "id": "abc"},
        "column": "Refusé",
        "applicant_id": 12,
        **data,
    }
    return {"event": kind, "company_id": 59, "data": about}


def pushed(desk: Desk, **more: Any) -> Push:
    long_ago = timezone.now() - timedelta(hours=1)
    values: dict[str, Any] = {"candidate_email": "ada@example.com", "at": long_ago}
    return desk.push(S.SUCCEEDED, **values | more)


def is_due(push: Push) -> bool:
    return Push.objects.to_confirm().filter(pk=push.pk).exists()


@pytest.mark.parametrize("kind", ["new_applicant", "drag_applicant"])
def test_a_hint_makes_the_push_be_read_back(
    desk: Desk, kind: str, notifications: Notifications, django_capture_on_commit_callbacks: Any
) -> None:
    push = pushed(desk, confirm_after=timezone.now() + timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_flatchr(desk, hint(desk, kind)).status_code == 200
    assert is_due(push)
    assert [name for name, _ in notifications.take()] == ["sync.tasks.follow_up"]


def test_nothing_in_a_hint_is_believed_or_kept(desk: Desk) -> None:
    push = pushed(desk, column="Nouveau", applicant_id="x1")
    before = Push.objects.filter(pk=push.pk).values().get()
    tell_flatchr(desk, hint(desk, "drag_applicant"))
    after = Push.objects.filter(pk=push.pk).values().get()
    assert {name for name in before if before[name] != after[name]} == {"confirm_after"}


def test_a_hint_reaches_only_its_own_company_vacancy_person_and_state(desk: Desk) -> None:
    other = make_company("Other")
    strangers = [
        pushed(desk, vacancy=make_vacancy(other)),
        pushed(desk, vacancy=make_vacancy(desk.company)),
        pushed(desk, candidate_email="bob@example.com"),
        desk.push(S.FAILED, candidate_email="ada@example.com"),
        desk.push(S.UNCONFIRMED, candidate_email="ada@example.com"),
    ]
    for slug in {push.vacancy.slug for push in strangers[:1]} | {desk.vacancy.slug}:
        tell_flatchr(desk, hint(desk, vacancy={"slug": slug}))
    assert not any(is_due(push) for push in strangers)
    assert Push.objects.exclude(confirm_after=None).count() == 0


def test_a_repeated_hint_makes_nobody_look_more_often(desk: Desk) -> None:
    push = pushed(desk)
    Push.objects.filter(pk=push.pk).update(updated_at=Now())
    for _ in range(5):
        assert tell_flatchr(desk, hint(desk)).status_code == 200
    push.refresh_from_db()
    assert not is_due(push)
    assert push.confirm_after is not None
    assert push.confirm_after - push.updated_at == timedelta(seconds=60)


STRANGE = [
    {},
    {"event": "new_applicant", "data": {"vacancy": {}, "candidate": {}}},
    {"event": "new_applicant", "data": {"vacancy": {"slug": 7}, "candidate": {"email": ["a"]}}},
    {"event": ["new_applicant"], "data": 7},
    {"event": "other", "data": None},
]


@pytest.mark.parametrize("what", STRANGE)
def test_a_strange_hint_harms_nothing(desk: Desk, what: Any) -> None:
    pushed(desk)
    assert tell_flatchr(desk, what).status_code in (200, 400)
    assert Push.objects.exclude(confirm_after=None).count() == 0


def test_an_answer_does_not_tell_whether_a_candidate_is_known(desk: Desk) -> None:
    pushed(desk)
    known = tell_flatchr(desk, hint(desk))
    unknown = tell_flatchr(desk, hint(desk, candidate={"email": "nobody@example.com"}))
    assert known.content == unknown.content
    assert headers_of(known) == headers_of(unknown)


def test_a_dragged_applicant_shows_its_new_column(world: World) -> None:
    """The column comes from Flatchr's answer, not from the event."""
    push = world.push(world.keys(1)[0], source=world.bulk)
    follow_up.follow_up(5)
    push.refresh_from_db()
    assert push.applicant_id
    client_moves(world, push, column=1)
    Push.objects.update(updated_at=Now() - timedelta(hours=1))
    body = {
        "event": "drag_applicant",
        "data": {
            "vacancy": {"slug": push.vacancy.slug},
            "candidate": {"email": push.candidate_email},
            "column": "Made up",
        },
    }
    url = f"/hooks/flatchr/{world.company.webhook_token}/"
    assert Client().post(url, body, content_type="application/json").status_code == 200
    follow_up.follow_up(5)
    before = push.column
    push.refresh_from_db()
    assert push.column not in (before, "Made up", "")
    assert (push.confirm_after, push.error_code) == (None, "")


def test_an_archived_applicant_is_no_failure_of_its_push(world: World) -> None:
    push = world.push(world.keys(1)[0], source=world.bulk)
    follow_up.follow_up(5)
    push.refresh_from_db()
    world.sandbox.remove_applicant(push.applicant_id)
    Push.objects.update(confirm_after=Now())
    follow_up.follow_up(5)
    push.refresh_from_db()
    assert (push.status, push.error_code, push.confirm_after) == (S.SUCCEEDED, "", None)


def client_moves(world: World, push: Push, *, column: int) -> None:
    """As a recruiter does in Flatchr."""
    from sync.services.peers.client_factory import flatchr_client

    flatchr = flatchr_client(world.company)
    stage = flatchr.list_columns()[column]
    flatchr.move_applicant(push.vacancy.remote_id, push.applicant_id, stage.id)
