"""What every answer carries, and that the pages live under it, in a real browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests import ROOT
from tests.desk import Desk, S

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}


def policy_of(response: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/admin/login/", "/admin/", "/healthz", "/readyz", "/no-such-page", "/hooks/hrflow/x/"],
)
def test_every_answer_carries_the_same_headers(path: str, settings: Any) -> None:
    settings.DEBUG = False
    response = Client().get(path)
    assert policy_of(response) == DIRECTIVES
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    for device in ("camera", "microphone", "geolocation", "usb"):
        assert f"{device}=()" in response["Permissions-Policy"]
    assert "Server" not in response
    assert "X-Powered-By" not in response


@pytest.mark.django_db
def test_pages_with_people_on_them_are_not_cached() -> None:
    desk = Desk()
    response = desk.client.get(reverse("admin:sync_push_changelist"))
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


@pytest.mark.django_db
def test_a_form_without_its_token_changes_nothing(settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("boss", password="x"))
    answer = client.post("/admin/auth/group/add/", {"name": "planted"})
    assert answer.status_code == 403
    assert policy_of(answer) == DIRECTIVES


# --- in production ------------------------------------------------------------------------------

PROBE = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
host = {"HTTP_HOST": "connector.example.com"}
plain = Client().get("/admin/", **host)
secure = Client().get("/healthz", secure=True, **host)
stranger = Client().get("/admin/", secure=True, HTTP_HOST="evil.example")
names = [
    "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "LANGUAGE_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "LANGUAGE_COOKIE_HTTPONLY",
    "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN",
    "DEBUG",
]
print(json.dumps({
    "settings": {name: getattr(settings, name) for name in names},
    "redirect": [plain.status_code, plain.headers.get("Location")],
    "hsts": secure.headers.get("Strict-Transport-Security"),
    "csp": secure.headers.get("Content-Security-Policy"),
    "stranger": stranger.status_code,
}))
"""


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an installation with nothing but the needed settings does."""
    database = tmp_path_factory.mktemp("production") / "db.sqlite3"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "connector_site.settings",
        "SECRET_KEY": "production-only-production-only-production-only-production",
        "FIELD_ENCRYPTION_KEYS": "production-only-field-encryption-key-012345",
        "ALLOWED_HOSTS": "connector.example.com",
        "DATABASE_URL": f"sqlite:///{database}",
        "DEBUG": "false",
    }
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def test_production_speaks_https_only(production: dict[str, Any]) -> None:
    assert production["redirect"] == [301, "https://connector.example.com/admin/"]
    assert production["hsts"] == "max-age=31536000"


def test_production_answers_under_its_own_names_only(production: dict[str, Any]) -> None:
    assert production["stranger"] == 400


def test_cookies_travel_encrypted_and_no_script_reads_them(production: dict[str, Any]) -> None:
    found = production["settings"]
    assert found.pop("DEBUG") is False
    assert found.pop("SESSION_COOKIE_NAME") == "__Host-session"
    assert found.pop("CSRF_COOKIE_NAME") == "__Host-csrf"
    assert (found.pop("SESSION_COOKIE_DOMAIN"), found.pop("CSRF_COOKIE_DOMAIN")) == (None, None)
    assert len(found) == 6
    assert all(found.values()), found


def test_production_has_the_same_policy(production: dict[str, Any]) -> None:
    assert "unsafe" not in production["csp"]
    assert "script-src 'self'" in production["csp"]


# --- in a browser -------------------------------------------------------------------------------

WATCH = """
window.__violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
    window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a real browser; its `problems` are what the browser complained about."""
    page = browser.new_context(locale="en-GB").new_page()
    page.problems = []
    page.on("console", lambda m: m.type == "error" and page.problems.append(m.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.add_init_script(WATCH)
    yield page
    page.context.close()


def pages_of_the_admin(desk: Desk) -> list[str]:
    """List, form, page and question before deleting, of every model there is; and Django's own."""
    paths = ["/admin/", "/admin/password_change/", f"/admin/auth/user/{desk.user.pk}/password/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        first = model._default_manager.order_by("pk").first()
        if first is not None:
            paths += [reverse(f"{name}_{view}", args=[first.pk]) for view in VIEWS]
    return paths


VIEWS = ("change", "delete", "history")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_page_meets_the_policy_in_a_browser(page: Any, live_server: Any) -> None:
    desk = Desk()
    for status in (S.SUCCEEDED, S.FAILED, S.UNCONFIRMED, S.QUEUED):
        desk.push(status)
    boss = User.objects.create_superuser("boss", password="a long enough phrase")
    Client(REMOTE_ADDR="203.0.113.1").post("/admin/login/", {"username": "boss", "password": "x"})
    page.goto(f"{live_server.url}/admin/login/")
    page.fill("[name=username]", "boss")
    page.fill("[name=password]", "a long enough phrase")
    page.click("button[type=submit].button--primary, input[type=submit]")
    page.wait_for_url(f"{live_server.url}/admin/")
    seen = 0
    for path in pages_of_the_admin(desk):
        answer = page.goto(live_server.url + path)
        violations = page.evaluate("window.__violations")
        assert violations == [], path
        real = [p for p in page.problems if not re.search(r"status of (403|404|405)", p)]
        assert real == [], path
        seen += answer.status == 200
        page.problems.clear()
    assert seen > 40
    assert boss.pk


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_planted_tag_does_not_run_even_where_escaping_fails(
    page: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy is the second wall: it must hold on a page that forgot the first."""
    from django.utils.safestring import mark_safe

    from sync.admin.site import ConnectorAdminSite

    hostile = (
        '<script>document.title="ran"</script><img src=x onerror="document.title=\'ran\'">'
        '<p id="planted" style="color:rgb(1,2,3)">planted</p>'
        '<form id="f" action="https://evil.example/"><button id="b">x</button></form>'
    )
    monkeypatch.setattr(ConnectorAdminSite, "site_header", mark_safe(hostile))
    page.goto(f"{live_server.url}/admin/login/")
    assert page.locator("#planted").count() == 1
    assert page.title() != "ran"
    colour = page.evaluate("getComputedStyle(document.getElementById('planted')).color")
    assert colour != "rgb(1, 2, 3)"
    page.evaluate("document.getElementById('f').submit()")
    # The browser tells of a refused form a moment after it has refused it.
    for directive in ("script-src", "style-src", "form-action"):
        told = f"window.__violations.some(one => one.includes('{directive}'))"
        page.wait_for_function(told, timeout=5000)
    assert page.url.startswith(live_server.url)
