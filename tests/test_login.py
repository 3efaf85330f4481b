"""Signing in: what failed attempts cost, what is kept of them, and how long a session lives."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import global_settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from sync import sign_in
from sync.addresses import client_address, client_network
from sync.middleware import BEGAN, SEEN, SEEN_SECONDS
from tests.desk import client_of, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"
PASSWORD = "correct horse battery"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_superuser("lea", password=PASSWORD)


def attempt(name: str = "lea", password: str = "wrong", **more: Any) -> Any:
    return Client(**more).post(LOGIN, {"username": name, "password": password})


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


# --- whose address ------------------------------------------------------------------------------

FORWARDED = [
    ("203.0.113.9", "203.0.113.9"),
    ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
    ("6.6.6.6,  [2001:db8::1] ", "2001:db8::1"),
    ("", "10.0.0.1"),
    ("6.6.6.6, nonsense", "10.0.0.1"),
]


@pytest.mark.parametrize(("forwarded", "expected"), FORWARDED)
def test_behind_a_proxy_the_address_is_what_the_proxy_appended(
    settings: Any, forwarded: str, expected: str
) -> None:
    settings.BEHIND_PROXY = True
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == expected


NETWORKS = [
    ("203.0.113.9", "203.0.113.9", "203.0.113.9"),
    ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ("fe80::1%eth0", "fe80::1", "fe80::"),
    ("", None, None),
]


@pytest.mark.parametrize(("remote", "address", "network"), NETWORKS)
def test_limits_count_by_network_and_the_audit_log_keeps_the_address(
    remote: str, address: str | None, network: str | None
) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=remote)
    assert (client_address(request), client_network(request)) == (address, network)


def test_without_a_proxy_nobody_chooses_an_address(person: User, settings: Any) -> None:
    settings.BEHIND_PROXY, settings.AXES_FAILURE_LIMIT = False, 3
    codes = [attempt(headers={"X-Forwarded-For": f"6.6.6.{n}"}).status_code for n in range(4)]
    assert codes == [200, 200, 429, 429]


def test_behind_a_proxy_each_client_is_counted_alone(person: User, settings: Any) -> None:
    settings.BEHIND_PROXY, settings.AXES_FAILURE_LIMIT = True, 3
    spoofed = [
        attempt(headers={"X-Forwarded-For": f"6.6.6.{n}, 203.0.113.9"}).status_code
        for n in range(4)
    ]
    assert spoofed == [200, 200, 429, 429]
    other = attempt(password=PASSWORD, headers={"X-Forwarded-For": "198.51.100.7"})
    assert other.status_code == 302


# --- passwords ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", ["short-11-ch", "password1234", "123456789012345", "marguerite.durand"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="marguerite.durand"))


@pytest.mark.parametrize("password", ["twelve chars", "é" * 6 + "longue phrase", "x" * 64 + "Yz"])
def test_a_long_password_needs_no_special_characters(password: str) -> None:
    validate_password(password, User(username="lea"))


def test_a_password_is_kept_as_a_slow_hash(settings: Any) -> None:
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # the tests' own is quick
    kept = make_password(PASSWORD)
    assert kept.startswith("pbkdf2_sha256$")
    assert PASSWORD not in kept


# --- sessions -----------------------------------------------------------------------------------


def age(client: Client, **seconds: float) -> None:
    session = client.session
    for name, value in seconds.items():
        session[name] = int(time.time() - value)
    session.save()


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_session_ends_hours_after_the_last_page(person: User, settings: Any) -> None:
    client = attempt(password=PASSWORD).client
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == 12 * 3600
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


def test_a_page_prolongs_it_and_a_part_that_refreshes_itself_does_not(person: User) -> None:
    client = client_of(person)
    age(client, **{SEEN: SEEN_SECONDS + 10})
    near = timezone.now() + timedelta(minutes=5)
    Session.objects.update(expire_date=near)
    client.get("/admin/", headers={"HX-Request": "true"})
    assert Session.objects.get().expire_date == near
    client.get("/admin/")
    assert Session.objects.get().expire_date > timezone.now() + timedelta(hours=11)


def test_a_session_is_not_written_with_every_page(
    person: User, django_assert_max_num_queries: Any
) -> None:
    client = client_of(person)
    client.get("/admin/")
    before = Session.objects.get().session_data
    client.get("/admin/")
    assert Session.objects.get().session_data == before


def test_a_session_ends_after_its_longest_life_whatever_happens(
    person: User, settings: Any
) -> None:
    client = client_of(person)
    age(client, **{BEGAN: settings.SESSION_LONGEST_SECONDS - 60})
    assert is_in(client)
    age(client, **{BEGAN: settings.SESSION_LONGEST_SECONDS + 60})
    assert not is_in(client)
    assert not Session.objects.filter(session_key=client.session.session_key).exists()


def test_a_session_of_before_the_limits_is_ended(person: User) -> None:
    client = client_of(person)
    session = client.session
    del session[BEGAN]
    session.save()
    assert not is_in(client)


def test_signing_in_changes_the_session_and_signing_out_ends_it(
    person: User, settings: Any
) -> None:
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    client.post(LOGIN, {"username": "lea", "password": PASSWORD})
    signed_in = client.session.session_key
    assert signed_in != session.session_key
    assert client.get("/admin/logout/").status_code == 405  # no link signs anybody out
    client.post("/admin/logout/")
    assert not Session.objects.filter(session_key=signed_in).exists()


def test_a_changed_password_ends_the_other_sessions(person: User) -> None:
    here, elsewhere = client_of(person), client_of(person)
    new = "another good phrase"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/admin/password_change/", form).status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)


def test_a_person_who_is_switched_off_is_out_at_once(person: User) -> None:
    client = client_of(person)
    assert is_in(client)
    User.objects.update(is_active=False)
    assert not is_in(client)
    assert attempt(password=PASSWORD).status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:a()"])
def test_nobody_is_sent_elsewhere_after_signing_in(person: User, target: str) -> None:
    form = {"username": "lea", "password": PASSWORD, "next": target}
    answer = Client().post(f"{LOGIN}?next={target}", form)
    assert "evil" not in answer["Location"]
    assert "javascript" not in answer["Location"]
