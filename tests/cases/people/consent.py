"""May a person be contacted? At 00:30 of 1 April 2026 in Paris, which is 31 March in UTC, by a
company whose last contact must be at most 30 days old. The preview and the push say the same."""

from __future__ import annotations

from tests.cases import Case

_TEST = "services/pushing/test_blocking.py::test_preview_and_push_agree_about_consent"


def _case(name: str, right: str, **noted: str) -> Case:
    """`right`: the error of a push, empty where it may be sent."""
    return Case("consent", name, noted, right, _TEST)


CASES: list[Case] = [
    _case("consent until today", "", consent_until="2026-04-01"),
    _case(
        "consent until yesterday, which is today in UTC",
        "consent_ended",
        consent_until="2026-03-31",
    ),
    _case(
        "consent until a moment that is today here and yesterday in UTC",
        "",
        consent_until="2026-03-31T22:30:00Z",
    ),
    _case("consent until midnight elsewhere", "", consent_until="2026-04-01T00:00:00-05:00"),
    _case(
        "consent until the last second of yesterday",
        "consent_ended",
        consent_until="2026-03-31T23:59:59+02:00",
    ),
    _case(
        "consent that ended, contact of today",
        "consent_ended",
        consent_until="2026-03-30",
        last_contact="2026-04-01T00:10:00+02:00",
    ),
    _case(
        "consent that holds, contact of long ago",
        "",
        consent_until="2026-12-31",
        last_contact="2020-01-01",
    ),
    _case(
        "contact in the first minute of the first day", "", last_contact="2026-03-02T00:00:00+01:00"
    ),
    _case("contact in the first minute, written in UTC", "", last_contact="2026-03-01T23:00:00Z"),
    _case(
        "contact a minute before the first day",
        "contact_too_old",
        last_contact="2026-03-01T23:59:00+01:00",
    ),
    _case("contact later in the first day than now", "", last_contact="2026-03-02T18:00:00+01:00"),
    _case("contact noted as a day", "", last_contact="2026-03-02"),
    _case(
        "contact noted as the day before the first", "contact_too_old", last_contact="2026-03-01"
    ),
    _case("contact at the first moment of all", "contact_too_old", last_contact="0001-01-02"),
    _case("no contact known", "contact_too_old"),
]
