"""A draft in two tabs: what is clicked in one after the other has ended it gets a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from sync.admin.push.flow import PushFlow
from sync.models import Profile, Push, Run, RunProfile, RunStatus
from sync.services.pushing import dispatch
from sync.services.selection import drafts
from tests.admin.push.profile_pages import LIST, make_profile
from tests.admin.push.push_flow import begin, choose, desk, tick, url
from tests.desk import Desk, messages_of, text_of

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
ENDS = ("confirm", "discard")
CLICKS = ("choose", "take", "confirm", "discard", "exact", "vacancies", "draft")
GONE = "This selection was pushed or discarded already."


def drafted(desk: Desk) -> tuple[Run, Profile]:
    ada = make_profile(desk.source, "Ada")
    run = begin(desk, ada)
    choose(desk, run)
    return run, ada


def click(desk: Desk, name: str, run: Run, profile: Profile, *, htmx: bool = False) -> Any:
    address = url(name, run, profile.pk) if name == "exact" else url(name, run)
    headers = {"HX-Request": "true"} if htmx else {}
    if name in ("exact", "vacancies", "draft"):
        return desk.client.get(address, headers=headers)
    form = {"vacancy": desk.vacancy.pk, "shown": [1], "take": [1]}
    return desk.client.post(address, form, headers=headers)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", CLICKS)
def test_a_click_after_the_end_leads_to_what_became_of_it(desk: Desk, name: str, end: str) -> None:
    run, ada = drafted(desk)
    click(desk, end, run, ada)
    assert Push.objects.count() == (end == "confirm")
    response = click(desk, name, run, ada)
    made = Run.objects.filter(kind="batch").first()
    here = reverse("admin:sync_run_change", args=[made.pk]) if made else LIST
    assert (response.status_code, response["Location"]) == (302, here)
    if end == "discard":
        assert GONE in text_of(desk.client.get(here))
    assert Push.objects.count() == (end == "confirm")


@pytest.mark.parametrize("name", CLICKS)
def test_a_part_of_the_page_leads_there_too(desk: Desk, name: str) -> None:
    run, ada = drafted(desk)
    click(desk, "discard", run, ada)
    response = click(desk, name, run, ada, htmx=True)
    assert (response.status_code, response["HX-Redirect"]) == (200, LIST)


@pytest.fixture
def ended_meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The other tab ends the draft after this request has found it."""

    def begin_to() -> None:
        found = PushFlow._draft

        def then_gone(self: Any, request: Any, run_id: int) -> Run | None:
            run = found(self, request, run_id)
            Run.objects.filter(pk=run_id, status=RunStatus.DRAFT).delete()
            return run

        monkeypatch.setattr(PushFlow, "_draft", then_gone)

    return begin_to


@pytest.mark.parametrize("name", ["choose", "take", "confirm", "discard", "exact"])
def test_a_draft_that_ends_during_a_request_gets_a_sentence(
    desk: Desk, ended_meanwhile: Callable[[], None], name: str
) -> None:
    run, ada = drafted(desk)
    ended_meanwhile()
    response = click(desk, name, run, ada)
    assert response.status_code == 302
    text = text_of(desk.client.get(LIST))
    assert GONE in text
    assert "discarded. Nothing was sent." not in text
    assert not Push.objects.exists() and not RunProfile.objects.exists()


def test_what_is_added_to_a_draft_that_ends_meanwhile_begins_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ada = drafted(desk)
    bob = make_profile(desk.source, "Bob")
    gone = drafts.newest(desk.user)
    Run.objects.filter(pk=run.pk).delete()
    monkeypatch.setattr(drafts, "newest", lambda user: gone)
    response = tick(desk.client, bob, action="add_to_selection")
    assert response.status_code == 302
    assert [row.profile for row in RunProfile.objects.all()] == [bob]


def test_a_profile_lost_to_a_race_is_told_and_no_success(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, ada = drafted(desk)
    monkeypatch.setattr(dispatch, "blocked_keys", lambda *args, **more: {})
    monkeypatch.setattr(drafts, "FINAL", frozenset())
    # A colleague's click, between this one's look and its insert.
    desk.push("queued", profile_key=ada.key)
    monkeypatch.setattr(drafts, "sent", drafts.rows)
    response = desk.client.post(url("confirm", run), follow=True)
    assert Push.objects.count() == 1
    assert messages_of(response) == ["1 was left out: somebody else pushed it meanwhile."]
