"""Texts in an event that JSON can write and no database can look for."""

from __future__ import annotations

import pytest

from tests.desk import Desk
from tests.web.webhook_calls import desk, fresh_limits, tell_flatchr

pytestmark = pytest.mark.django_db
__all__ = ["desk", "fresh_limits"]


@pytest.mark.parametrize("odd", ["\ud800", "a\udfff@x.fr", "a\0@x.fr"])
@pytest.mark.parametrize("place", ["slug", "email"])
def test_an_event_of_odd_texts_is_acknowledged_and_looks_for_nobody(
    desk: Desk, place: str, odd: str
) -> None:
    told = {"slug": desk.vacancy.slug, "email": "zoe@example.org", place: odd}
    data = {
        "vacancy": {"slug": told["slug"]},
        "candidate": {"email": told["email"]},
        "applicant": {},
    }
    event = {"event": "new_applicant", "data": data}
    assert tell_flatchr(desk, event).status_code == 200
