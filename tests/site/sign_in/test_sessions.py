"""How long a session lives, and what ends it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from sync.web.middleware import BEGAN, SEEN, SEEN_SECONDS
from tests.desk import client_of
from tests.site.sign_in.signing_in import LOGIN, PASSWORD, attempt, person

pytestmark = pytest.mark.django_db
__all__ = ["person"]


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
