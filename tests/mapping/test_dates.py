"""A date that cannot be is left out; the rest of the profile is read, shown and pushed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.mapping.candidate import choose_resume
from sync.mapping.consent import Contact, check_contact, is_over, read_contact
from sync.mapping.enrichment import years_of_experience
from sync.mapping.index_row import read_index_row
from sync.mapping.profile import archived_at, content_mark, day, moment
from tests.cases import Case
from tests.cases.reading.dates import CASES
from tests.mapping.profiles import full_profile

ZONES = ("Pacific/Kiritimati", "Etc/GMT+12", "Europe/Paris")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_date_is_read_or_left_out(case: Case) -> None:
    found = moment(case.input)
    assert found == (datetime.fromisoformat(case.right) if case.right else None)
    if found:
        assert [found.astimezone(ZoneInfo(zone)) for zone in ZONES]
        assert found.astimezone(UTC)
    assert (day(case.input) is not None) == (found is not None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_profile_full_of_such_a_date_is_read(case: Case) -> None:
    profile: dict[str, Any] = full_profile()
    fields = ("created_at", "updated_at", "archived_at")
    profile |= dict.fromkeys(fields, case.input) | {"experiences_duration": None}
    profile["tags"] = [{"name": "consent_until", "value": case.input}]
    for one in [*profile["experiences"], *profile["educations"]]:
        one |= {"date_start": case.input, "date_end": case.input}
    for one in profile["attachments"]:
        one["created_at"] = case.input
    row = read_index_row(profile)
    assert (row["full_name"], row["email"]) == ("Élodie Marchand", "elodie.marchand@exemple.fr")
    assert row["remote_updated_at"] == moment(case.input)
    assert choose_resume(profile) is not None
    assert years_of_experience(profile) in (None, 0)
    assert read_contact(profile).last_contact == moment(case.input)


@pytest.mark.parametrize("seconds", [1717243200, 1717243200000, 1717243200.5, "2024-06-01T12:00"])
def test_an_archived_profile_is_archived_however_the_date_is_written(seconds: object) -> None:
    found = archived_at({"archived_at": seconds})
    assert found and found.replace(microsecond=0) == datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, "", 0, -1, 10**40, float("nan"), False, [], {}, "0001-01-01T00:00:00"]
)
def test_no_date_of_archiving_is_no_archiving(value: object) -> None:
    assert archived_at({"archived_at": value}) is None


def test_a_state_of_a_profile_is_told_by_its_content_not_by_signatures() -> None:
    address = "https://files.example/cv.pdf"
    first, second = ({"attachments": [{"public_url": f"{address}?s={n}"}]} for n in (1, 2))
    assert content_mark(first) == content_mark(second)
    assert content_mark({"attachments": [{"public_url": f"{address}.new"}]}) != content_mark(first)
    assert content_mark({"info": {"summary": "why? a"}}) != content_mark({"info": {"summary": "b"}})
    assert content_mark({"odd": float("nan"), "half": "\ud800"})


def test_a_rule_of_more_days_than_the_calendar_has_lets_everybody_through() -> None:
    contact = Contact(datetime(1990, 1, 1, tzinfo=UTC), None)
    check_contact(contact, within_days=2_000_000_000, today=date(2024, 1, 1))
    assert not is_over(contact, retention_days=900_000, now=datetime(2024, 1, 1, tzinfo=UTC))
