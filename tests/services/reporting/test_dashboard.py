from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from sync.admin import dashboard
from sync.models import FlatchrCompany, HrFlowSource, Push, WorkerGroup
from sync.services.reporting import statistics
from sync.services.reporting.statistics import Day, Tally
from sync.templatetags import desk as parts
from tests.desk import VIEW, Desk, S, client_of, make_company, make_user, make_vacancy, text_of

pytestmark = pytest.mark.django_db


def board(desk: Desk, client: Any = None) -> dict[str, Any]:
    response = (client or desk.client).get("/admin/")
    assert response.status_code == 200
    found: dict[str, Any] = response.context["board"]
    return found


def noon(days_ago: int) -> datetime:
    day = timezone.localdate() - timedelta(days=days_ago)
    return statistics.midnight(day) + timedelta(hours=12)


def test_a_day_begins_at_midnight_where_people_live() -> None:
    desk = Desk()
    today = statistics.midnight(timezone.localdate())
    desk.push(at=today)
    desk.push(at=today - timedelta(seconds=1))
    days = statistics.by_day(Push.objects.all(), 2)
    assert [day.tally.total for day in days] == [1, 1]


def test_a_day_of_twenty_five_hours_is_one_day(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    with timezone.override("Europe/Paris"):
        day = date(2026, 10, 25)
        begin, end = statistics.midnight(day), statistics.after(day)
        assert end.timestamp() - begin.timestamp() == 25 * 3600


def test_pushes_older_than_the_chart_are_not_counted() -> None:
    desk = Desk()
    desk.push(at=noon(statistics.CHART_DAYS))
    desk.push(S.FAILED, at=noon(statistics.CHART_DAYS - 1))
    days = statistics.by_day(Push.objects.all())
    assert len(days) == statistics.CHART_DAYS
    assert days[0].tally.counts == {"failed": 1}
    assert statistics.add(day.tally for day in days).total == 1


def test_the_success_rate_counts_neither_the_cancelled_nor_the_left_out() -> None:
    counts = {"succeeded": 2, "already_there": 1, "failed": 1, "cancelled": 5, "discarded": 5}
    assert Tally(counts).success_rate == 75
    assert Tally({"cancelled": 1}).success_rate is None


def test_every_number_leads_to_as_many_rows_as_it_says() -> None:
    desk = Desk()
    other = make_vacancy(desk.company, "Infirmier")
    for number, state in enumerate(S):
        desk.push(state, at=noon(number) if number else timezone.now())
        desk.push(state, vacancy=other)
    old = desk.push(S.FAILED, at=noon(60))
    html = desk.client.get("/admin/").content.decode()
    links = re.findall(r'<a[^>]*href="(/admin/sync/push/\?[^"]*)"[^>]*>\s*(\d+)\s*</a>', html)
    stats = re.findall(
        r'<a class="stat[^"]*" href="(/admin/sync/push/\?[^"]*)">.*?stat__number">(\d+)<', html
    )
    assert len(links) > 20
    assert len(stats) == 3  # Today, seven days, on their way; the rate is no count.
    for url, number in links + stats:
        response = desk.client.get(unescape(url))
        assert response.context["cl"].result_count == int(number), url
    assert old.status == S.FAILED


def test_the_number_of_those_that_need_a_person_is_that_of_the_inbox() -> None:
    desk = Desk()
    desk.push(S.FAILED)
    desk.push(S.UNCONFIRMED)
    desk.push(S.FAILED, at=noon(statistics.INBOX_DAYS + 1))
    found = board(desk)
    assert (found["to_deal_with"], found["undecided"]) == (2, 1)
    listed = desk.client.get("/admin/sync/push/?state=todo")
    assert listed.context["cl"].result_count == 2


def test_a_member_sees_the_numbers_of_their_companies_only() -> None:
    desk = Desk()
    desk.push(S.FAILED)
    elsewhere = make_vacancy(make_company("Nordique"), "Elsewhere")
    for state in (S.SUCCEEDED, S.FAILED, S.QUEUED, S.UNCONFIRMED):
        desk.push(state, vacancy=elsewhere)
    found = board(desk)
    assert found["today"].counts == {"failed": 1}
    assert (found["waiting"], found["to_deal_with"]) == (0, 1)
    assert [top["vacancy"] for top in found["top"]] == [desk.vacancy]
    assert [company.name for company in found["companies"]] == ["Aviva"]
    assert "Nordique" not in text_of(desk.client.get("/admin/"))


def test_the_number_of_statements_does_not_grow_with_the_history() -> None:
    desk = Desk()
    WorkerGroup.objects.create(worker_id="w", host="h", beat_at=timezone.now())
    desk.push()
    desk.client.get("/admin/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        desk.client.get("/admin/")
    for number in range(30):
        vacancy = make_vacancy(desk.company, f"Job {number}")
        desk.push(list(S)[number % len(S)], vacancy=vacancy, at=noon(number))
    with CaptureQueriesContext(connection) as many:
        desk.client.get("/admin/")
    # The newest push of each cause is one more, as soon as there is a cause.
    assert len(many) <= len(few) + 1
    assert len(many) <= 20


def test_the_chart_is_also_a_table_with_the_same_numbers() -> None:
    desk = Desk()
    desk.push(S.SUCCEEDED)
    desk.push(S.FAILED)
    html = desk.client.get("/admin/").content.decode()
    chart = html[html.index('<svg class="chart"') : html.index('<ul class="legend">')]
    assert "bar__fill--succeeded" in chart
    assert "bar__fill--failed" in chart
    assert "style=" not in chart
    rows = html[html.index("chart-table") :].split("<tbody>")[1].split("</tbody>")[0]
    assert rows.count("<tr>") == statistics.CHART_DAYS


@pytest.mark.parametrize("highest", [0, 1, 9, 10, 11, 99, 124, 501, 76_000])
def test_no_bar_is_higher_than_the_chart(highest: int) -> None:
    counts = {"succeeded": highest - highest // 3, "failed": highest // 3}
    drawn = dashboard.chart([Day(date(2026, 11, 23), Tally(counts))])
    assert dashboard.ceiling(highest) >= max(highest, 1)
    for segment in drawn.bars[0].segments:
        assert segment.y >= 0
        assert segment.height >= 0
        assert segment.y + segment.height <= dashboard.HEIGHT + 0.1


def test_it_says_which_account_is_unwell_and_why() -> None:
    desk = Desk()
    today, now = timezone.localdate(), timezone.now()
    make_company("Expired", auth_expires_on=today - timedelta(days=1))
    make_company("Soon", auth_expires_on=today + timedelta(days=9))
    paused = make_company("Paused")
    FlatchrCompany.objects.filter(pk=paused.pk).update(
        paused_until=now + timedelta(hours=1), pause_code="flatchr_credentials"
    )
    HrFlowSource.objects.update(imported_at=now, last_error="HrFlow could not be reached.")
    everyone = make_user("operator", *VIEW, "see_all_companies")
    found = board(desk, client_of(everyone))
    levels = {company.name: (company.level, company.words) for company in found["companies"]}
    assert levels == {
        "Expired": ("error", "The API key has expired"),
        "Paused": ("error", "Paused: Flatchr refused the API key"),
        "Soon": ("warning", "The API key expires soon"),
        "Aviva": ("ok", "Works"),
    }
    assert list(levels) == ["Expired", "Paused", "Soon", "Aviva"]
    assert [one.detail for one in found["companies"]][2] == "9 days"
    assert [(s.level, s.words) for s in found["sources"]] == [
        ("error", "HrFlow could not be reached.")
    ]


def test_a_worker_is_alive_only_while_its_heart_beats() -> None:
    desk = Desk()
    assert board(desk)["worker"]["is_alive"] is False
    group = WorkerGroup.objects.create(worker_id="w", host="h", beat_at=timezone.now())
    assert board(desk)["worker"]["is_alive"] is True
    group.beat_at = timezone.now() - timedelta(hours=1)
    group.save()
    assert board(desk)["worker"]["is_alive"] is False


def test_an_empty_installation_shows_no_empty_tables() -> None:
    client = client_of(make_user("operator", *VIEW, "see_all_companies"))
    html = client.get("/admin/").content.decode()
    assert '<svg class="chart"' not in html
    assert "stat__number" not in html


def test_who_may_not_see_pushes_gets_the_menu_and_no_numbers() -> None:
    desk = Desk()
    desk.push()
    client = client_of(make_user("clerk", "view_run", company=desk.company))
    response = client.get("/admin/")
    assert "board" not in response.context
    assert "Runs" in text_of(response)


@pytest.mark.parametrize(
    ("language", "written"), [("fr", "12\N{NO-BREAK SPACE}345"), ("en", "12,345")]
)
def test_thousands_stand_apart_as_the_readers_language_has_it(language: str, written: str) -> None:
    with translation.override(language):
        assert parts.number(12345) == written
