"""One odd profile never stops an import or a workflow: it is left out, counted and named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DataError, OperationalError

from sync.mapping.index_row import read_index_row
from sync.models import HrFlowSource, Profile, Push, Workflow
from sync.services.intake import profiles
from sync.services.intake.profiles import import_profiles
from sync.services.intake.workflows import run_workflow
from sync.services.pushing.command import keys_of
from tests.cases import Case
from tests.cases.reading.odd_profiles import CASES, DEEP, KEY
from tests.desk import ALL, client_of, make_user
from tests.mapping.profiles import full_profile
from tests.raw_server import serving
from tests.rows import make_source, make_vacancy
from tests.services.intake.raw_hrflow import hrflow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_retention(settings: Any) -> None:
    settings.RETENTION_DAYS = 36_500


def entry(key: str, **more: Any) -> bytes:
    return json.dumps({**full_profile(), "key": key, **more}).encode()


def entries_with(case: Case) -> dict[str, bytes]:
    """The odd one between two usual ones."""
    odd = case.input
    if isinstance(odd, dict):
        odd = entry(**{"key": KEY, **odd}) if odd else json.dumps({"key": KEY}).encode()
    return {"a" * 40: entry("a" * 40), KEY: odd, "b" * 40: entry("b" * 40)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_odd_profile_spoils_only_itself(
    case: Case, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_source()
    with serving(hrflow(entries_with(case))) as server:
        settings.HRFLOW_API_URL = f"{server.url}/v1"
        found = import_profiles(source)
    assert (found.created, found.odd) == ((3, 0) if case.right else (2, 1))
    kept = set(Profile.objects.filter(source=source).values_list("key", flat=True))
    assert kept == {"a" * 40, "b" * 40, *([KEY] if case.right else [])}
    source.refresh_from_db()
    assert (source.import_left_out, source.last_error) == (0 if case.right else 1, "")
    assert case.right or "left out" in caplog.text


def test_a_profile_that_cannot_be_parsed_is_named(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    source, entries = make_source(), {KEY: DEEP, "a" * 40: entry("a" * 40)}
    with serving(hrflow(entries)) as server:
        settings.HRFLOW_API_URL = f"{server.url}/v1"
        import_profiles(source)
        assert keys_of(source) == ["a" * 40]
        workflow = Workflow.objects.create(workflow_id="w", source=source, vacancy=make_vacancy())
        run_workflow(workflow)
    assert KEY in caplog.text
    assert Push.objects.get().profile_key == "a" * 40


def test_a_profile_that_turned_odd_is_not_gone(settings: Any) -> None:
    source, usual = make_source(), {key * 40: entry(key * 40) for key in "abc"}
    with serving(hrflow(usual)) as server:
        settings.HRFLOW_API_URL = f"{server.url}/v1"
        import_profiles(source)
        server.answer_with(hrflow({**usual, "b" * 40: DEEP}))
        found = import_profiles(source, full=True)
    assert (found.odd, found.gone) == (1, 0)
    assert Profile.objects.present().count() == 3


def test_what_nobody_foresaw_spoils_one_profile(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(profile: Any) -> Any:
        if profile["key"] == KEY:
            raise ZeroDivisionError("secret words of the profile")
        return read_index_row(profile)

    monkeypatch.setattr(profiles, "read_index_row", read)
    source = make_source()
    with serving(hrflow({KEY: entry(KEY), "a" * 40: entry("a" * 40)})) as server:
        settings.HRFLOW_API_URL = f"{server.url}/v1"
        found = import_profiles(source)
    assert (found.created, found.odd) == (1, 1)
    assert f"profile {KEY} left out of the import: ZeroDivisionError" in caplog.text
    assert "secret words" not in caplog.text


def test_what_the_database_refuses_spoils_one_profile(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Profile.objects.bulk_create

    def refuse(rows: Any, **options: Any) -> Any:
        if any(row.key == KEY for row in rows):
            raise DataError("out of range")
        return write(rows, **options)

    monkeypatch.setattr(
        type(Profile.objects), "bulk_create", lambda _self, *a, **o: refuse(*a, **o)
    )
    source = make_source()
    with serving(hrflow({KEY: entry(KEY), "a" * 40: entry("a" * 40)})) as server:
        settings.HRFLOW_API_URL = f"{server.url}/v1"
        found = import_profiles(source)
        assert (found.created, found.odd) == (1, 1)

        def away(*_args: Any, **_options: Any) -> Any:
            raise OperationalError("database is locked")

        monkeypatch.setattr(type(Profile.objects), "bulk_create", away)
        with pytest.raises(OperationalError):
            import_profiles(source)


def test_an_odd_date_at_the_top_does_not_end_a_reading(settings: Any) -> None:
    """One profile of 1901 on a page of new ones: the pages after it are read all the same."""
    source = make_source()
    rows = {f"{n:040d}": entry(f"{n:040d}") for n in range(150)}
    with serving(hrflow(rows)) as server:
        settings.HRFLOW_API_URL = f"{server.url}/v1"
        import_profiles(source)
        soon = "2030-01-01T00:00:00Z"
        new = {f"{n:040d}": entry(f"{n:040d}", updated_at=soon) for n in range(150, 280)}
        new[f"{200:040d}"] = entry(f"{200:040d}", updated_at="1901-01-01T00:00:00Z")
        server.answer_with(hrflow({**new, **rows}))
        source.refresh_from_db()
        found = import_profiles(source)
    assert (found.full, found.created) == (False, 130)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59"])
def test_no_page_fails_in_any_time_zone(settings: Any, zone: str, at: str) -> None:
    settings.TIME_ZONE = zone
    source = make_source()
    dates = dict.fromkeys(("created_at", "updated_at", "archived_at"), at)
    with serving(hrflow({KEY: entry(KEY, **dates)})) as server:
        settings.HRFLOW_API_URL = f"{server.url}/v1"
        import_profiles(source)
        user = make_user("recruiter", *ALL, "view_profile")
        user.is_superuser = True
        user.save()
        client, profile = client_of(user), Profile.objects.get()
        for path in ("", "?o=1", f"{profile.pk}/change/"):
            assert client.get(f"/admin/sync/profile/{path}").status_code == 200, path


def test_people_are_told_how_many_were_left_out(settings: Any) -> None:
    source = make_source()
    with serving(hrflow({KEY: DEEP, "a" * 40: entry("a" * 40)})) as server:
        settings.HRFLOW_API_URL = f"{server.url}/v1"
        import_profiles(source)
    user = make_user("operator")
    user.is_superuser = True
    user.save()
    page = client_of(user).get(f"/admin/sync/hrflowsource/{source.pk}/change/").content.decode()
    assert "1 profile could not be read" in page
    HrFlowSource.objects.update(import_left_out=3)
    page = client_of(user).get(f"/admin/sync/hrflowsource/{source.pk}/change/").content.decode()
    assert "3 profiles could not be read" in page
