"""The export of pushes as CSV."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admin.history.push_pages import LIST, tick
from tests.desk import VIEW, Desk, S, client_of, make_company, make_user, make_vacancy, text_of

pytestmark = pytest.mark.django_db


def csv_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def test_the_export_holds_the_filtered_list_all_its_pages() -> None:
    desk = Desk()
    for _ in range(60):
        desk.push(S.SUCCEEDED)
    failed = desk.push(S.FAILED)
    response = desk.client.get(f"{LIST}export/?state=succeeded&p=1")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="pushes-')
    text = csv_of(response)
    assert len(text.strip().splitlines()) == 61
    assert failed.candidate_email not in text
    [only] = csv_of(desk.client.get(f"{LIST}export/?q={failed.candidate_email}")).splitlines()[1:]
    assert failed.candidate_email in only


def test_the_export_holds_nothing_of_another_company() -> None:
    desk = Desk()
    mine = desk.push()
    theirs = desk.push(vacancy=make_vacancy(make_company("Nordique")))
    text = csv_of(desk.client.get(f"{LIST}export/"))
    assert mine.candidate_email in text
    assert theirs.candidate_email not in text
    assert "Nordique" not in text


def test_the_ticked_can_be_exported_alone() -> None:
    desk = Desk()
    ticked, other = desk.push(), desk.push()
    text = csv_of(tick(desk, "export", ticked))
    assert ticked.candidate_email in text
    assert other.candidate_email not in text


def test_an_export_needs_its_permission() -> None:
    desk = Desk()
    client = client_of(make_user("reader", *VIEW, company=desk.company))
    assert client.get(f"{LIST}export/").status_code == 403
    assert "Export" not in text_of(client.get(LIST))
    assert (
        f"{LIST}export/?state=failed"
        in desk.client.get(f"{LIST}?state=failed&p=0").content.decode()
    )
