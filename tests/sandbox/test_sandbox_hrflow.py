"""The sandbox as HrFlow keeps to the reference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from sandbox.data.profiles import FIRST_DAY
from tests.sandbox.sandbox_calls import Caller, caller, cv_file, running, sandbox
from tests.sandbox_fixture import SandboxHandle, start_sandbox

__all__ = ["caller", "running", "sandbox"]


def test_it_accepts_the_right_credentials(caller: Caller) -> None:
    assert caller.hrflow("auth").json()["code"] == 200


def test_a_401_repeats_the_key_that_was_sent(sandbox: SandboxHandle) -> None:
    headers = {"X-API-KEY": "ask_wrong", "X-USER-EMAIL": sandbox.api_user}
    answer = requests.get(sandbox.hrflow_url + "auth", headers=headers, timeout=5)
    assert answer.status_code == 401
    assert answer.json()["code"] == 401
    assert "ask_wrong" in answer.json()["message"]


def test_it_refuses_the_key_of_another_user(sandbox: SandboxHandle) -> None:
    headers = {"X-API-KEY": sandbox.api_secret, "X-USER-EMAIL": "other@example.com"}
    assert requests.get(sandbox.hrflow_url + "auth", headers=headers, timeout=5).status_code == 401


def test_it_reads_a_profile_by_key_and_by_reference(caller: Caller) -> None:
    profile = caller.read(caller.sandbox.troubles["dates_1969"])
    source_key = caller.sandbox.source_keys["main"]
    again = caller.hrflow(
        "profile/indexing", source_key=source_key, reference=profile["reference"]
    ).json()
    assert again["data"] == profile
    assert again["code"] == 200


@pytest.mark.parametrize(("source_key", "key"), [(None, "0" * 40), ("0" * 40, None)])
def test_an_unknown_key_is_a_400(caller: Caller, source_key: str | None, key: str | None) -> None:
    sandbox = caller.sandbox
    answer = caller.hrflow(
        "profile/indexing",
        source_key=source_key or sandbox.source_keys["main"],
        key=key or sandbox.troubles["no_email"],
    )
    assert answer.status_code == 400
    assert "Unable to find object" in answer.json()["message"]


def test_paging_shows_every_profile_once(caller: Caller) -> None:
    pages = [caller.list(page=page, limit=25) for page in (1, 2, 3, 4)]
    keys = [entry["key"] for page in pages for entry in page["data"]]
    assert len(keys) == len(set(keys)) == 60
    assert pages[2]["meta"] == {"page": 3, "maxPage": 3, "count": 10, "total": 60}
    assert pages[3]["data"] == []


def test_a_listing_holds_profiles_only_on_request(caller: Caller) -> None:
    brief = caller.list(limit=1)["data"][0]
    full = caller.list(limit=1, return_profile="true")["data"][0]
    assert set(brief) == {"key", "reference", "created_at", "updated_at", "archived_at"}
    assert full["key"] == brief["key"]
    assert "experiences" in full


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_listing_is_sorted(caller: Caller, field: str, order: str) -> None:
    data = caller.list(limit=60, sort_by=field, order_by=order)["data"]
    moments = [entry[field] for entry in data]
    assert moments == sorted(moments, reverse=order == "desc")
    assert len(set(moments)) > 10


def test_a_listing_is_filtered_by_date_name_and_place(caller: Caller) -> None:
    last, first = ((FIRST_DAY + timedelta(days)).date().isoformat() for days in (2, 3))
    since = caller.list(created_at_min=first, limit=60)["data"]
    until = caller.list(created_at_max=last, limit=60)["data"]
    assert min(one["created_at"] for one in since) >= first
    assert max(one["created_at"] for one in until) < first
    assert len(since) + len(until) == 60
    assert caller.list(name="martin")["meta"]["total"] >= 3
    near = caller.list(location_lat=48.85, location_lon=2.35, location_dist=20)["meta"]["total"]
    assert 0 < near < 60


def test_source_keys_must_be_a_list_in_json(caller: Caller) -> None:
    answer = caller.hrflow("storing/profiles", source_keys=caller.sandbox.source_keys["main"])
    assert answer.status_code == 400


def test_the_same_seed_makes_the_same_profiles(caller: Caller) -> None:
    with start_sandbox(profiles=60) as other:
        assert other.troubles == caller.sandbox.troubles
        assert other.api_secret == caller.sandbox.api_secret
        key = other.troubles["no_email"]
        mine, theirs = caller.read(key), Caller(other).read(key)
    assert mine["info"] == theirs["info"]


def test_the_default_source_has_both_shapes_of_everything(caller: Caller) -> None:
    profiles = caller.list(limit=60, return_profile="true")["data"]
    ordinary = [one for one in profiles if one["key"] not in caller.sandbox.troubles.values()]
    assert len(ordinary) > 30
    assert {type(one["info"]["urls"]) for one in ordinary} == {list, dict, type(None)}
    attachments = [entry for one in ordinary for entry in one["attachments"]]
    assert {entry["type"] for entry in attachments} == {"resume", "original", None}
    assert {type(entry["file_size"]) for entry in attachments} == {int, str}
    summaries = [one["info"]["summary"] or "" for one in ordinary]
    assert any("•" in text and "’" in text for text in summaries)


def test_troubles_are_what_they_say(caller: Caller) -> None:
    def info(kind: str) -> Any:
        return caller.read(caller.sandbox.troubles[kind])["info"]

    assert info("no_email")["email"] is None
    assert info("no_name")["full_name"] is None
    assert info("full_name_only")["first_name"] is None
    assert info("shared_email_1")["email"] == info("shared_email_2")["email"]
    assert info("shared_email_1")["first_name"] != info("shared_email_2")["first_name"]
    assert not any(info("nulls").values())
    duration = caller.read(caller.sandbox.troubles["duration_null"])["experiences_duration"]
    assert duration is None


def test_files_are_what_they_say(caller: Caller) -> None:
    good = cv_file(caller, "dates_1969")
    assert good.content.startswith(b"%PDF-")
    assert good.content.rstrip().endswith(b"%%EOF")
    assert caller.sandbox.troubles["dates_1969"].encode() in good.content
    assert cv_file(caller, "resume_12mb").content[12 * 1024 * 1024 :] != b""
    assert cv_file(caller, "resume_empty").content == b""
    assert cv_file(caller, "resume_html").content.startswith(b"<!DOCTYPE html>")
    assert cv_file(caller, "resume_docx").content.startswith(b"PK")
    assert cv_file(caller, "resume_not_found").status_code == 404
    assert cv_file(caller, "resume_redirect").headers["Location"].startswith("http://10.0.0.1/")


def test_profiles_can_be_added_changed_archived_and_deleted(caller: Caller) -> None:
    sandbox = caller.sandbox
    key = sandbox.add_profile(info={"email": "new@example.org"})
    latest = caller.list(sort_by="updated_at", limit=1)["data"][0]
    assert latest["key"] == key
    assert caller.read(key)["info"]["email"] == "new@example.org"
    sandbox.change_profile(sandbox.troubles["no_email"], info={"email": "found@example.org"})
    assert caller.read(sandbox.troubles["no_email"])["info"]["email"] == "found@example.org"
    sandbox.archive_profile(key)
    assert caller.read(key)["archived_at"]
    sandbox.delete_profile(key)
    assert caller.list()["meta"]["total"] == 60
