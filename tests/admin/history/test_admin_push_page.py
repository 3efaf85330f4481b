"""The page of a push: what happened, what was sent, where the candidate is now."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sync.models import Profile, Push, PushAttempt
from sync.vocabulary import ErrorCode
from tests.admin.history.push_pages import LIST, deed, page
from tests.desk import VIEW, Desk, S, client_of, make_company, make_user, make_vacancy, text_of

pytestmark = pytest.mark.django_db


def attempt(push: Push, **more: Any) -> PushAttempt:
    exchange = {
        "service": "flatchr",
        "method": "POST",
        "url": "https://careers.example/vacancy/candidate/json",
        "status": 400,
        "duration_ms": 1234,
        "request_excerpt": "the-request-excerpt",
        "answer_excerpt": "the-answer-excerpt",
    }
    step = {
        "stage": "create",
        "outcome": "failed",
        "duration_ms": 1300,
        "message": "the-step-message",
        "exchanges": [exchange],
    }
    values = {"number": 1, "stage": "create", "outcome": "failed", "http_status": 400}
    return PushAttempt.objects.create(push=push, steps=[step], **values | more)


def test_the_page_tells_what_happened_whose_side_it_is_on_and_what_to_do() -> None:
    desk = Desk()
    text = text_of(desk.client.get(page(desk.push(S.FAILED))))
    assert "The profile has no CV, and this company wants one." in text
    assert "the profile" in text
    assert "Add a CV to the profile in HrFlow" in text


def test_an_open_page_asks_for_news_and_hears_of_them_only() -> None:
    desk = Desk()
    push = desk.push(S.QUEUED)
    address = f"{LIST}{push.pk}/change/"
    assert 'hx-get="?seen=queued-0"' in desk.client.get(address).content.decode()
    assert desk.client.get(address, {"seen": "queued-0"}).status_code == 204
    assert desk.client.get(address, {"seen": "running-1"})["HX-Refresh"] == "true"
    ended = desk.push(S.SUCCEEDED)
    assert "?seen=" not in desk.client.get(f"{LIST}{ended.pk}/change/").content.decode()


def test_the_timeline_shows_each_attempt_with_its_steps_duration_and_status() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    attempt(push, duration_ms=2100)
    attempt(push, number=2, outcome="unknown", http_status=None)
    text = text_of(desk.client.get(page(push)))
    for word in ("Attempt 1", "Attempt 2", "HTTP 400", "2.1 s", "Create the candidate"):
        assert word in text
    assert "the-request-excerpt" in text
    assert "the-answer-excerpt" in text


def test_what_was_sent_is_shown_to_those_with_the_permission_only() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    attempt(push)
    client = client_of(make_user("reader", *VIEW, company=desk.company))
    text = text_of(client.get(page(push)))
    assert "Create the candidate" in text
    assert "HTTP 400" in text
    for secret in ("the-request-excerpt", "the-answer-excerpt", "the-step-message", "careers.ex"):
        assert secret not in text


def test_what_a_peer_answered_is_read_nowhere_without_the_permission_for_it() -> None:
    desk = Desk()
    push = desk.push(
        S.FAILED,
        error_code=ErrorCode.FLATCHR_REJECTED,
        error_params={"status": 422, "answer": "canary answer"},
        enrichment_status="failed",
        enrichment_error="canary enrichment",
    )
    Profile.objects.create(source=desk.source, key=push.profile_key, full_name="Ada")
    rights = ("view_profile", "export_push", *VIEW)
    recruiter = client_of(make_user("plain", *rights, company=desk.company))
    profile = Profile.objects.get()
    for path in (
        page(push),
        f"/admin/sync/run/{push.run_id}/change/",
        f"/admin/sync/profile/{profile.pk}/change/",
        "/admin/sync/push/failures/",
        "/admin/sync/push/export/",
    ):
        text = recruiter.get(path).getvalue().decode()
        assert "HTTP 422" in text and "canary" not in text, path
    for path in (page(push), "/admin/sync/push/export/"):
        assert "canary answer" in desk.client.get(path).getvalue().decode(), path
    assert "canary enrichment" in text_of(desk.client.get(page(push)))


def test_an_answer_with_tags_in_it_is_shown_as_text() -> None:
    desk = Desk()
    push = desk.push(S.FAILED, candidate_name="<b>Ada</b>")
    made = attempt(push)
    made.steps[0]["exchanges"][0]["answer_excerpt"] = "<script>alert(1)</script>"
    made.save()
    html = desk.client.get(page(push)).content.decode()
    assert "<script>alert" not in html
    assert "<b>Ada" not in html


def test_where_the_candidate_stands_now_in_flatchr_and_since_when_we_know() -> None:
    desk = Desk()
    read = timezone.now()
    push = desk.push(S.SUCCEEDED, column="Entretien", applicant_id="z7gW", confirmed_at=read)
    text = text_of(desk.client.get(page(push)))
    assert "Entretien" in text
    assert "z7gW" in text
    assert "Read back" in text


def test_the_link_to_the_vacancy_is_the_public_page_that_flatchr_names() -> None:
    desk = Desk()
    push = desk.push(vacancy=make_vacancy(desk.company, "Job"))
    assert "its public page" not in desk.client.get(page(push)).content.decode()
    push.vacancy.apply_url = "https://careers.example/vacancy/job"
    push.vacancy.save()
    html = desk.client.get(page(push)).content.decode()
    assert 'href="https://careers.example/vacancy/job"' in html


def test_the_candidates_profile_is_linked_where_the_reader_may_see_it() -> None:
    desk = Desk()
    push = desk.push()
    profile = Profile.objects.create(source=desk.source, key=push.profile_key, full_name="Ada")
    link = f"/admin/sync/profile/{profile.pk}/change/"
    assert link in desk.client.get(page(push)).content.decode()
    desk.source.companies.clear()
    assert link not in desk.client.get(page(push)).content.decode()


def test_a_push_of_another_company_is_not_found() -> None:
    desk = Desk()
    theirs = desk.push(S.UNCONFIRMED, vacancy=make_vacancy(make_company("Nordique")))
    assert desk.client.get(page(theirs)).status_code == 404
    assert desk.client.post(deed(theirs, "confirm"), {"confirmed": "1"}).status_code == 404
    assert desk.client.get(f"{LIST}nonsense/change/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == S.UNCONFIRMED


def test_the_number_of_statements_of_a_page_does_not_grow_with_its_attempts() -> None:
    desk = Desk()
    push = desk.push(S.FAILED)
    attempt(push)
    desk.client.get(page(push))
    with CaptureQueriesContext(connection) as few:
        desk.client.get(page(push))
    for number in range(2, 20):
        attempt(push, number=number)
    with CaptureQueriesContext(connection) as many:
        desk.client.get(page(push))
    assert len(many) == len(few)
