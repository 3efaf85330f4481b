"""What candidates, vacancies and peers wrote, on pages, in files and in logs: text and no more."""

from __future__ import annotations

import csv
import io
import logging
import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from sync import tasks
from sync.models import HrFlowSource, Profile, Push, PushAttempt, Run
from sync.services.intake.profiles import import_profiles
from sync.services.reporting import exports
from sync.services.selection import drafts
from sync.templatetags import desk as tags
from tests.conftest import World
from tests.desk import Desk, S, client_of
from tests.raw_server import say, serving

pytestmark = pytest.mark.django_db

MARKUP = [
    "<script>document.title='ran'</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "</title></textarea><iframe srcdoc='<script>alert(1)</script>'>",
    "{{7*7}}{% debug %}{%load static%}${7*7}#{7*7}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--<script>-->",
    "<a href='javascript:alert(1)'>x</a>",
]
CONTROLS = [
    "Ann\u202egnp.exe",
    "\u2066Ann\u2069 \u200fRoe\u200e",
    "A\u200bn\u200dn\ufeff",
    "Ann\x00\x01\x07\x1b[31mRed\x7f",
    "Ann\r\nSet-Cookie: a=b\r\n\r\nBody",
    "Ann\u2028Roe\u2029",
    "Z\u0336\u0337\u0338" * 50,
    "Ann " * 3000,
]
FORMULAS = ['=HYPERLINK("http://evil.example";"x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1"]
# What turns a line around or hides in it.
INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


class Page(HTMLParser):
    """What a browser would make of it: elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.harm: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("iframe", "object", "embed", "base") or (
            tag == "script" and "src" not in values
        ):
            self.harm.append(f"<{tag} {values}>")
        for name, value in values.items():
            scheme = re.sub(r"[\s\x00-\x1f]", "", value).lower()
            if name.startswith("on") or name in ("style", "srcdoc") or value == "x":
                self.harm.append(f"<{tag} {name}={value!r}>")
            if name in ("href", "src", "action", "formaction") and scheme.startswith(
                ("javascript:", "data:", "vbscript:")
            ):
                self.harm.append(f"<{tag} {name}={value!r}>")

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def assert_plain(response: Any, what: str) -> None:
    html = response.content.decode()
    page = Page(html)
    assert page.harm == [], what
    found = INVISIBLE.search(html)
    assert found is None, f"{what}: {html[max(0, found.start() - 50) : found.end() + 50]!r}"


@pytest.mark.parametrize("text", MARKUP[:5])
def test_what_is_not_escaped_would_be_found(text: str) -> None:
    assert Page(f"<p>{text}</p>").harm or Page(f"<p title='{text}'>").harm


def profile_of(text: str) -> dict[str, Any]:
    """The text wherever a candidate can write."""
    return {
        "reference": text[:200],
        "text": text,
        "info": {
            "full_name": text,
            "first_name": text,
            "last_name": f"Roe {text}",
            "email": "ann.roe@example.com",
            "phone": text,
            "summary": text,
            "location": {"text": text},
            "urls": [
                {"type": text, "url": f"https://example.com/{text}"},
                {"type": "x", "url": text},
            ],
        },
        "experiences": [{"title": text, "company": text, "description": text, "location": None}],
        "educations": [{"title": text, "school": text, "description": text}],
        "skills": [{"name": text}],
        "languages": [{"name": text}],
        "tags": [{"name": text, "value": text}],
    }


def pages(client: Client, user: User, profile: Profile) -> dict[str, Any]:
    """Every page that shows a profile, or what became of it."""
    run = drafts.begin(Profile.objects.filter(pk=profile.pk), user=user)
    vacancy = profile.source.companies.get().vacancies.filter(is_open=True).earliest("pk")
    drafts.choose_vacancy(run, vacancy)
    paths = [
        reverse("admin:index"),
        reverse("admin:sync_profile_changelist"),
        reverse("admin:sync_profile_change", args=[profile.pk]),
        reverse("admin:sync_profile_change", args=[profile.pk]) + "?live",
        reverse("admin:sync_profile_live", args=[profile.pk]),
        reverse("admin:sync_profile_history", args=[profile.pk]),
        reverse("admin:sync_push_draft", args=[run.pk]),
        reverse("admin:sync_push_vacancies", args=[run.pk]),
        reverse("admin:sync_push_exact", args=[run.pk, profile.pk]),
        reverse("admin:sync_push_changelist"),
        reverse("admin:sync_inbox"),
        reverse("admin:sync_run_changelist"),
        reverse("admin:sync_flatchrvacancy_changelist"),
        reverse("admin:sync_flatchrvacancy_change", args=[vacancy.pk]),
        reverse("admin:sync_auditentry_changelist"),
        *(reverse("admin:sync_push_change", args=[push.pk]) for push in Push.objects.all()),
        *(reverse("admin:sync_push_history", args=[push.pk]) for push in Push.objects.all()),
        *(
            reverse("admin:sync_run_change", args=[run.pk])
            for run in Run.objects.exclude(pk=run.pk)
        ),
    ]
    return {path: client.get(path) for path in paths}


@pytest.mark.parametrize("text", [*MARKUP, *CONTROLS, *FORMULAS])
def test_what_a_candidate_wrote_is_text_on_every_page(world: World, text: str) -> None:
    key = world.sandbox.add_profile(**profile_of(text))
    import_profiles(world.source)
    profile = world.source.profiles.get(key=key)
    world.push(key)
    user = User.objects.create_superuser("boss")
    for path, response in pages(client_of(user), user, profile).items():
        assert response.status_code == 200, path
        assert_plain(response, path)
    assert len(profile.full_name) <= 255
    assert "7*7" in profile.full_name or "{{" not in text
    for row in (profile, *Push.objects.all()):
        for value in vars(row).values():
            assert not (isinstance(value, str) and INVISIBLE.search(value)), value


def test_what_is_searched_for_is_text_too(world: World) -> None:
    client = client_of(User.objects.create_superuser("boss"))
    for text in MARKUP:
        for name in ("profile", "push", "run", "flatchrvacancy", "auditentry"):
            response = client.get(reverse(f"admin:sync_{name}_changelist"), {"q": text, "o": text})
            if response.status_code == 200:
                assert Page(response.content.decode()).harm == [], (name, text)


@pytest.mark.parametrize("text", MARKUP)
def test_what_a_vacancy_is_called_is_text(world: World, text: str) -> None:
    from sync.services.intake.vacancies import sync_vacancies

    vacancy = world.company.vacancies.filter(is_open=True).latest("pk")
    world.sandbox.change_vacancy(vacancy.slug, title=text)
    sync_vacancies(world.company)
    push = world.push(world.keys(1)[0], source=world.bulk, vacancy=vacancy)
    client = client_of(User.objects.create_superuser("boss"))
    for name, row in (("flatchrvacancy", vacancy), ("push", push), ("run", push.run)):
        for path in (
            reverse(f"admin:sync_{name}_changelist"),
            reverse(f"admin:sync_{name}_change", args=[row.pk]),
        ):
            assert Page(client.get(path).content.decode()).harm == [], path


@pytest.mark.parametrize("text", MARKUP)
def test_what_a_peer_answers_is_text(text: str) -> None:
    """Error messages quote Flatchr and HrFlow."""
    desk = Desk()
    push = desk.push(S.FAILED, error_message=text, error_params={"answer": text, "problem": text})
    PushAttempt.objects.create(
        push=push,
        number=1,
        stage="create",
        outcome="failed",
        message=text,
        steps=[{"stage": "create", "outcome": "failed", "message": text, "exchanges": [
            {"service": "flatchr", "method": "POST", "url": f"https://x/{text}", "status": 400,
             "duration_ms": 1, "request_excerpt": text, "answer_excerpt": text}]}],
    )  # fmt: skip
    HrFlowSource.objects.update(last_error=text)
    client = client_of(User.objects.create_superuser("boss"))
    for path in (
        reverse("admin:sync_push_change", args=[push.pk]),
        reverse("admin:sync_push_changelist"),
        reverse("admin:sync_inbox"),
        reverse("admin:sync_hrflowsource_changelist"),
        reverse("admin:sync_hrflowsource_change", args=[desk.source.pk]),
        reverse("admin:index"),
    ):
        assert Page(client.get(path).content.decode()).harm == [], path


def test_no_cell_of_an_export_is_computed(world: World) -> None:
    for text in FORMULAS:
        key = world.sandbox.add_profile(**profile_of(text))
        world.push(key)
    desk = Desk()
    for text in (*FORMULAS, *MARKUP):
        desk.push(S.FAILED, candidate_name=text, candidate_email=text, profile_key=text[:64])
    client = client_of(User.objects.create_superuser("boss"))
    response = client.get(reverse("admin:sync_push_export"))
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Type"].startswith("text/csv")
    assert response["X-Content-Type-Options"] == "nosniff"
    text = response.getvalue().decode().removeprefix(exports.BYTE_ORDER_MARK)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) > 20
    assert {len(row) for row in rows} == {len(exports.COLUMNS)}
    for cell in (cell for row in rows for cell in row):
        assert not unicodedata.normalize("NFKC", cell.lstrip()).startswith(("=", "+", "-", "@")), (
            cell
        )


@pytest.mark.parametrize("text", [*MARKUP, *CONTROLS])
def test_a_cv_is_a_download_that_nothing_runs_in(world: World, text: str, settings: Any) -> None:
    html = b"%PDF-1.4 <script>alert(1)</script>"
    with serving(say(200, html, "text/html")) as server:
        settings.RESUME_ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        attachment = {"type": "resume", "file_name": text, "public_url": f"{server.url}/cv"}
        key = world.sandbox.add_profile(**profile_of(text) | {"attachments": [attachment]})
        import_profiles(world.source)
        profile = world.source.profiles.get(key=key)
        client = client_of(User.objects.create_superuser("boss"))
        response = client.get(reverse("admin:sync_profile_resume", args=[profile.pk]))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert "no-store" in response["Cache-Control"]
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert not INVISIBLE.search(disposition)
    assert "Set-Cookie" not in response.headers


def test_a_peer_forges_no_line_in_the_log(
    world: World, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    forged = "x\r\n2026-11-23 12:00:00 CRITICAL root: forged\x1b[31m"
    with serving(say(400, {"code": 400, "message": forged})) as server:
        settings.HRFLOW_API_URL = server.url
        with caplog.at_level(logging.DEBUG):
            tasks.import_source(world.source.pk)
    told = [record.getMessage() for record in caplog.records if "forged" in record.getMessage()]
    assert told
    assert not any("\n" in line or "\r" in line for line in told)


def test_icons_and_labels_take_no_markup() -> None:
    for text in MARKUP:
        assert Page(str(tags.status_label("error", text))).harm == []
