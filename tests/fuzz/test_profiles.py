"""Whatever HrFlow sends as a profile: a candidate that Flatchr can take, or a clear error."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.exceptions import FormattingError, PermanentError
from sync.mapping.candidate import check_candidate, choose_resume, format_profile
from sync.mapping.consent import check_contact, is_over, read_contact
from sync.mapping.enrichment import format_enrichment
from sync.mapping.generated_cv.document import generate_resume
from sync.mapping.index_row import read_index_row
from sync.mapping.pipeline import run_format, run_logics
from sync.mapping.registry import resolve_format, resolve_logics
from tests.fuzz.budget import check_told, fuzz
from tests.fuzz.json_shapes import anything, mostly
from tests.fuzz.peers import profiles

pytestmark = pytest.mark.once

TEXTS = frozenset({"firstname", "lastname", "email", "phone", "comment", "type", "resume"})
SERVICES = frozenset({"facebook", "linkedin", "twitter", "other"})
RULES = ("has_email", "has_phone", "has_resume", "not_refused")
# Columns of the index, and how much each holds.
COLUMNS = {"reference": 255, "full_name": 255, "email": 254, "headline": 255, "location": 255}
# The first and last days that every time zone can express.
TODAY = date(2026, 7, 1)


def check_wire(body: dict[str, Any]) -> None:
    """The documented types of the create call, and nothing that no JSON or no row can hold."""
    assert set(body) <= {*TEXTS, "urls"}
    for name in TEXTS & body.keys():
        assert isinstance(body[name], str) and body[name].strip(), name
    for name in ("firstname", "lastname"):
        assert re.search("[A-Za-z]", body[name]) and "\n" not in body[name]
    assert body.get("type") == ("link" if "resume" in body else None)
    urls = body.get("urls", {})
    assert set(urls) <= SERVICES
    assert all(re.fullmatch(r"https?://\S+", url) and url.isascii() for url in urls.values())
    assert "\0" not in json.dumps(body, allow_nan=False, ensure_ascii=False).encode().decode()


@fuzz(150)
@given(mostly(profiles))
def test_a_profile_gives_a_candidate_within_the_documented_types_or_a_formatting_error(
    profile: Any,
) -> None:
    try:
        body = format_profile(profile)
        check_candidate(run_format(profile, resolve_format("")))
    except FormattingError as error:
        check_told(error)
    else:
        check_wire(body)


@fuzz(60)
@given(profiles)
def test_an_enrichment_is_json_whatever_the_profile_holds(profile: Any) -> None:
    value = format_enrichment(profile)
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


@fuzz(60)
@given(profiles)
def test_the_index_has_a_row_for_every_profile_and_each_text_fits_its_column(profile: Any) -> None:
    row = dict(read_index_row(profile))
    for name, longest in COLUMNS.items():
        text = row[name]
        assert isinstance(text, str) and len(text.encode().decode()) <= longest and "\0" not in text
    years = row["experience_years"]
    assert years is None or (isinstance(years, int | float) and abs(years) < 1e6)
    moments = [value for name, value in row.items() if name.endswith("_at") and value]
    assert all(isinstance(moment, datetime) and moment.tzinfo for moment in moments)
    resume = choose_resume(profile)
    assert row["has_resume"] is (resume is not None)


@fuzz(60)
@given(profiles, st.sampled_from([None, 0, 730]))
def test_the_rule_of_consent_says_yes_or_a_reason(profile: Any, days: int | None) -> None:
    contact = read_contact(profile)
    now = datetime(2026, 7, 1, tzinfo=contact.last_contact.tzinfo if contact.last_contact else None)
    is_over(contact, retention_days=730, now=now)
    try:
        check_contact(contact, within_days=days, today=TODAY)
    except PermanentError as error:
        check_told(error)


@fuzz(60)
@given(profiles)
def test_no_shipped_rule_breaks_on_a_profile(profile: Any) -> None:
    try:
        candidate = run_format(profile, resolve_format(""))
    except FormattingError:
        return
    outcome = run_logics(candidate, resolve_logics(list(RULES)))
    assert outcome.candidate is None or outcome.candidate["firstname"]
    assert bool(outcome.discarded_by) is (outcome.candidate is None)


@fuzz(6)
@given(profiles, anything)
def test_a_cv_can_be_made_of_every_profile(profile: Any, odd: Any) -> None:
    data = generate_resume(profile, {"firstname": "Zoé", "lastname": odd})
    assert data.startswith(b"%PDF-") and b"%%EOF" in data[-32:]
