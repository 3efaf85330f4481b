"""Signing in: what failed attempts cost, and what is kept of them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from sync.web import sign_in
from tests.desk import client_of, make_user
from tests.site.sign_in.signing_in import LOGIN, PASSWORD, attempt, person

pytestmark = pytest.mark.django_db
__all__ = ["person"]


def fail(times: int, **more: Any) -> list[int]:
    return [attempt(**more).status_code for _ in range(times)]


def test_the_right_password_opens_the_desk(person: User) -> None:
    answer = attempt(password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_a_wrong_password_does_not_tell_whether_the_name_exists(person: User) -> None:
    known, unknown = attempt(), attempt("nobody")
    texts = [answer.content.decode().replace("nobody", "lea") for answer in (known, unknown)]
    plain = {re.sub(r"[A-Za-z0-9]{64}", "[token]", text) for text in texts}
    assert len(plain) == 1


def test_after_a_few_failures_the_right_password_must_wait_too(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    assert fail(3) == [200, 200, 429]
    answer = attempt(password=PASSWORD)
    assert answer.status_code == 429
    assert "_auth_user_id" not in answer.client.session


def test_the_answer_says_how_long_in_the_readers_language(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 1
    assert "Try again in 15 minutes" in attempt().content.decode()
    french = attempt(headers={"Accept-Language": "fr"}).content.decode()
    assert '<html lang="fr">' in french


def test_it_is_over_after_the_pause(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    fail(3)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert attempt(password=PASSWORD).status_code == 302


def test_trying_on_does_not_lengthen_the_pause(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    fail(3)
    before = AccessAttempt.objects.get().attempt_time
    fail(5)
    row = AccessAttempt.objects.get()
    assert (row.attempt_time, row.failures_since_start) == (before, 3)


def test_trying_on_fills_no_table(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    fail(3)
    before = everything_stored()
    fail(5)
    assert len(everything_stored()) == len(before)


def test_a_success_forgets_the_failures_before_it(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(3):
        assert fail(2) == [200, 200]
        assert attempt(password=PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_nobody_is_locked_out_by_somebody_elsewhere(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    assert fail(4, REMOTE_ADDR="203.0.113.9") == [200, 200, 429, 429]
    assert attempt(password=PASSWORD, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_another_browser_is_no_new_beginning(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    codes = [attempt(headers={"User-Agent": f"a{n}"}).status_code for n in range(4)]
    assert codes == [200, 200, 429, 429]


def test_a_list_of_names_from_one_address_is_cut_short(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "FAILURES_PER_ADDRESS", 4)
    codes = [attempt(f"name{n}", REMOTE_ADDR="203.0.113.9").status_code for n in range(6)]
    assert codes == [200, 200, 200, 429, 429, 429]
    assert attempt(password=PASSWORD, REMOTE_ADDR="203.0.113.9").status_code == 429
    assert attempt(password=PASSWORD, REMOTE_ADDR="203.0.113.10").status_code == 302


def test_another_address_of_the_same_ipv6_network_is_no_new_beginning(
    person: User, settings: Any
) -> None:
    """Whoever has one has 2^64 of them."""
    settings.AXES_FAILURE_LIMIT = 3
    codes = [attempt(REMOTE_ADDR=f"2001:db8:1:2::{n:x}").status_code for n in range(4)]
    assert codes == [200, 200, 429, 429]
    assert attempt(password=PASSWORD, REMOTE_ADDR="2001:db8:1:2:f::1").status_code == 429
    assert attempt(password=PASSWORD, REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


def test_many_addresses_do_not_guess_on_together(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "FAILURES_PER_NAME", 4)
    codes = [attempt(REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(6)]
    assert codes == [200, 200, 200, 429, 429, 429]
    assert attempt(password=PASSWORD, REMOTE_ADDR="198.51.100.7").status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert attempt(password=PASSWORD, REMOTE_ADDR="198.51.100.7").status_code == 302


@pytest.mark.parametrize(
    ("before", "now"),
    [("198.51.100.7", "198.51.100.7"), ("2001:db8:1:2::5", "2001:db8:1:2:aa::6")],
)
def test_where_somebody_signed_in_before_strangers_do_not_lock_them_out(
    person: User, monkeypatch: pytest.MonkeyPatch, before: str, now: str
) -> None:
    assert attempt(password=PASSWORD, REMOTE_ADDR=before).status_code == 302
    monkeypatch.setattr(sign_in, "FAILURES_PER_NAME", 3)
    assert fail(1, REMOTE_ADDR="203.0.113.1") + fail(3, REMOTE_ADDR="203.0.113.2") == [
        *(200, 200),
        *(429, 429),
    ]
    assert attempt(password=PASSWORD, REMOTE_ADDR=now).status_code == 302


def test_an_administrator_lets_somebody_in_again(person: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    fail(3)
    admin = client_of(User.objects.create_superuser("boss", password=PASSWORD))
    page = admin.get("/admin/axes/accessattempt/").content.decode()
    assert "lea" in page
    assert "must wait" in page
    row = AccessAttempt.objects.get()
    admin.post(f"/admin/axes/accessattempt/{row.pk}/delete/", {"post": "yes"})
    assert attempt(password=PASSWORD).status_code == 302


def test_only_administrators_see_who_failed(person: User) -> None:
    client = client_of(make_user("recruiter", "view_push", "see_all_companies"))
    assert client.get("/admin/axes/accessattempt/").status_code == 403


# --- what is kept -------------------------------------------------------------------------------


def everything_stored() -> str:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [repr(row) for row in cursor.fetchall()]
    return "\n".join(rows)


def test_a_password_typed_in_the_place_of_the_name_is_kept_nowhere(
    person: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for name, password in ((PASSWORD, ""), (PASSWORD, "x"), ("lea", PASSWORD + "!")):
        attempt(name, password)
    assert AccessAttempt.objects.filter(username="lea").exists()
    for text in (everything_stored(), caplog.text):
        assert PASSWORD not in text
        assert PASSWORD.replace(" ", "+") not in text


def test_no_log_of_sign_ins_grows_besides_the_audit_log(person: User) -> None:
    attempt(password=PASSWORD)
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:a()"])
def test_nobody_is_sent_elsewhere_after_signing_in(person: User, target: str) -> None:
    form = {"username": "lea", "password": PASSWORD, "next": target}
    answer = Client().post(f"{LOGIN}?next={target}", form)
    assert "evil" not in answer["Location"]
    assert "javascript" not in answer["Location"]
