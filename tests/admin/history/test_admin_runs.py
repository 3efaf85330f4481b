from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sync.admin.history import runs as admin_runs
from sync.models import Push, Run, RunStatus
from sync.services.reporting import statistics
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


def page(run: Run) -> str:
    return f"/admin/sync/run/{run.pk}/change/"


def live(run: Run) -> str:
    return f"/admin/sync/run/{run.pk}/progress/"


def deed(run: Run, verb: str) -> str:
    return f"/admin/sync/run/{run.pk}/do/{verb}/"


def test_a_running_run_asks_for_news_and_a_finished_one_stops() -> None:
    desk = Desk()
    run = desk.run()
    push = desk.push(S.QUEUED, run=run)
    html = desk.client.get(page(run)).content.decode()
    assert f'hx-get="{live(run)}"' in html
    assert 'hx-trigger="every 2s"' in html
    assert '<noscript><meta http-equiv="refresh"' in html
    Push.objects.filter(pk=push.pk).update(
        status=S.CANCELLED, next_attempt_at=None, closed_at=timezone.now()
    )
    for address in (page(run), live(run)):
        html = desk.client.get(address).content.decode()
        assert "hx-trigger" not in html
        assert "http-equiv" not in html
    assert "The run is finished." in html


def test_a_row_of_the_list_lives_until_its_run_is_over() -> None:
    desk = Desk()
    run = desk.run()
    push = desk.push(S.QUEUED, run=run)
    row = f"/admin/sync/run/{run.pk}/row/"
    for address in ("/admin/sync/run/", row):
        assert f'hx-get="{row}"' in desk.client.get(address).content.decode()
    Push.objects.filter(pk=push.pk).update(
        status=S.CANCELLED, next_attempt_at=None, closed_at=timezone.now()
    )
    cells = desk.client.get(row)
    assert "hx-get" not in cells.content.decode()
    assert text_of(cells).split() == ["1", "/", "1", "1", "/", "1", "finished", "—"]


def test_the_living_part_is_a_part_and_not_a_page() -> None:
    desk = Desk()
    run = desk.run()
    desk.push(S.QUEUED, run=run)
    html = desk.client.get(live(run)).content.decode()
    assert "<html" not in html
    assert 'id="run-progress"' in html


def test_it_counts_by_state_and_each_count_leads_to_its_pushes() -> None:
    desk = Desk()
    run = desk.run()
    for state, count in ((S.SUCCEEDED, 3), (S.FAILED, 2), (S.QUEUED, 1)):
        for _ in range(count):
            desk.push(state, run=run)
    desk.push(S.FAILED)
    response = desk.client.get(page(run))
    assert "5 of 6 pushes done" in text_of(response)
    states = {state["value"]: state for state in response.context["states"]}
    assert {value: state["count"] for value, state in states.items()} == {
        "succeeded": 3,
        "failed": 2,
        "queued": 1,
    }
    for state in states.values():
        listed = desk.client.get(state["url"])
        assert listed.context["cl"].result_count == state["count"]


def test_failures_are_shown_with_why_and_what_to_do() -> None:
    desk = Desk()
    run = desk.run()
    failed = desk.push(S.FAILED, run=run)
    unconfirmed = desk.push(S.UNCONFIRMED, run=run)
    fine = desk.push(S.SUCCEEDED, run=run)
    response = desk.client.get(live(run))
    assert set(response.context["troubles"]) == {failed, unconfirmed}
    text = text_of(response)
    assert "The profile has no CV, and this company wants one." in text
    assert "Add a CV to the profile in HrFlow" in text
    assert fine.candidate_name not in text


def test_the_time_left_follows_from_the_rate_so_far() -> None:
    desk = Desk()
    run = desk.run()
    for _ in range(10):
        desk.push(S.SUCCEEDED, run=run)
    for _ in range(20):
        desk.push(S.QUEUED, run=run)
    run.started_at = timezone.now() - timedelta(seconds=30)
    found = statistics.progress(run, Push.objects.all())
    assert found.seconds_left == pytest.approx(60, abs=2)


def test_there_is_no_guess_before_there_is_a_rate_nor_after_the_end() -> None:
    desk = Desk()
    run = desk.run()
    desk.push(S.QUEUED, run=run)
    assert statistics.progress(run, Push.objects.all()).seconds_left is None
    Push.objects.update(status=S.CANCELLED, next_attempt_at=None, closed_at=timezone.now())
    over = statistics.progress(run, Push.objects.all())
    assert (over.is_over, over.seconds_left) == (True, None)


def test_a_source_that_is_still_being_read_is_not_over() -> None:
    desk = Desk()
    run = desk.run(is_complete=False)
    desk.push(S.SUCCEEDED, run=run)
    assert not statistics.progress(run, Push.objects.all()).is_over


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (1, "about 1 second left"),
        (45, "about 45 seconds left"),
        (100, "about 2 minutes left"),
        (3600, "about 60 minutes left"),
        (4 * 3600, "about 4 hours left"),
    ],
)
def test_the_time_left_is_rounded_as_people_say_it(seconds: int | None, words: str) -> None:
    assert admin_runs.time_left(seconds) == words


def test_retry_failed_leaves_the_cancelled_and_other_runs_alone() -> None:
    desk = Desk()
    run = desk.run(status=RunStatus.FINISHED)
    failed, cancelled = desk.push(S.FAILED, run=run), desk.push(S.CANCELLED, run=run)
    other = desk.push(S.FAILED)
    response = desk.client.post(deed(run, "retry"), follow=True)
    assert messages_of(response) == ["1 push will be tried again."]
    states = dict(Push.objects.values_list("pk", "status"))
    assert states == {failed.pk: S.QUEUED, cancelled.pk: S.CANCELLED, other.pk: S.FAILED}
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING


def test_cancel_the_rest_gives_up_what_waits_and_ends_the_run() -> None:
    desk = Desk()
    run = desk.run()
    waiting = [desk.push(S.QUEUED, run=run), desk.push(S.RETRYING, run=run)]
    done, other = desk.push(S.SUCCEEDED, run=run), desk.push(S.QUEUED)
    desk.client.post(deed(run, "cancel"))
    states = dict(Push.objects.values_list("pk", "status"))
    assert [states[push.pk] for push in waiting] == [S.CANCELLED] * 2
    assert (states[done.pk], states[other.pk]) == (S.SUCCEEDED, S.QUEUED)
    run.refresh_from_db()
    assert run.status == RunStatus.FINISHED


def test_what_may_have_been_sent_is_not_cancelled() -> None:
    desk = Desk()
    run = desk.run()
    sent = desk.push(S.RETRYING, run=run, create_started_at=timezone.now())
    desk.client.post(deed(run, "cancel"))
    sent.refresh_from_db()
    assert sent.status == S.RETRYING


def test_deeds_are_by_post_with_permission_on_ones_own_runs_only() -> None:
    desk = Desk()
    run = desk.run()
    desk.push(S.FAILED, run=run)
    assert desk.client.get(deed(run, "retry")).status_code == 405
    assert desk.client.post(deed(run, "explode")).status_code == 404
    reader = client_of(make_user("reader", *VIEW, company=desk.company))
    assert reader.post(deed(run, "retry")).status_code == 403
    assert "Retry failed" not in text_of(reader.get(page(run)))
    stranger = client_of(make_user("stranger", *VIEW, "retry_push", company=make_company("N")))
    for address in (page(run), live(run)):
        assert stranger.get(address).status_code == 404
    assert stranger.post(deed(run, "retry")).status_code == 404
    assert Push.objects.get().status == S.FAILED


def test_a_draft_is_listed_for_its_maker_who_asks_for_drafts() -> None:
    desk = Desk()
    draft = desk.run(status=RunStatus.DRAFT, requested_by=desk.user)
    other = client_of(make_user("colleague", *VIEW, company=desk.company))
    for client, query, shown in (
        (desk.client, "", []),
        (desk.client, "?status__exact=draft", [draft]),
        (other, "?status__exact=draft", []),
    ):
        found = client.get(f"/admin/sync/run/{query}")
        assert list(found.context["cl"].result_list) == shown


def test_a_draft_leads_to_its_preview() -> None:
    desk = Desk()
    draft = desk.run(status=RunStatus.DRAFT)
    response = desk.client.get(page(draft))
    assert response.status_code == 302
    assert response["Location"] == reverse("admin:sync_push_draft", args=[draft.pk])


def test_the_list_says_how_far_each_run_has_come() -> None:
    desk = Desk()
    run = desk.run()
    desk.push(S.SUCCEEDED, run=run)
    desk.push(S.FAILED, run=run)
    desk.push(S.QUEUED, run=run)
    text = text_of(desk.client.get("/admin/sync/run/"))
    assert "2 / 3" in text
    assert "1 in Flatchr · 1 failed" in text


def test_runs_are_read_only() -> None:
    desk = Desk()
    run = desk.run()
    desk.user.is_superuser = True
    desk.user.save()
    assert desk.client.get("/admin/sync/run/add/").status_code == 403
    assert desk.client.post(f"/admin/sync/run/{run.pk}/delete/").status_code == 403


def test_the_list_shows_runs_of_ones_own_companies_only() -> None:
    desk = Desk()
    mine, theirs = desk.run(), desk.run(vacancy=make_vacancy(make_company("Nordique"), "Secret"))
    listed = set(desk.client.get("/admin/sync/run/").context["cl"].result_list)
    assert (mine in listed, theirs in listed) == (True, False)


@pytest.mark.parametrize("address", ["page", "live", "list"])
def test_the_number_of_statements_does_not_grow(address: str) -> None:
    desk = Desk()
    run = desk.run()
    desk.push(S.FAILED, run=run)
    desk.push(S.QUEUED, run=run)
    url = {"page": page(run), "live": live(run), "list": "/admin/sync/run/"}[address]
    desk.client.get(url)
    with CaptureQueriesContext(connection) as few:
        desk.client.get(url)
    for number in range(20):
        desk.push(list(S)[number % len(S)], run=run)
        desk.push(S.FAILED)
    with CaptureQueriesContext(connection) as many:
        desk.client.get(url)
    assert len(many) == len(few)


def test_a_run_without_a_vacancy_is_shown_all_the_same() -> None:
    desk = Desk()
    desk.user.is_superuser = True
    desk.user.save()
    run: Any = Run.objects.create(kind="command", status=RunStatus.FINISHED)
    assert desk.client.get(page(run)).status_code == 200
    assert desk.client.get("/admin/sync/run/").status_code == 200
