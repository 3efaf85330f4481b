"""What happens in the canary test's installation: pushes that fail, a kill, a visitor, events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import quote_plus

import requests

from tests.chaos.groups import Group
from tests.services.security.canary.canaries import (
    BIRTH,
    CV_TEXT,
    EMAIL,
    NAME,
    PDF,
    PHONE,
    SKILL,
    SUMMARY,
)
from tests.services.security.canary.canary_installation import Installation


def add_person(home: Installation, cv_url: str | None, number: int) -> str:
    """Everything planted is read at push time; most of it is sent, and none of it may stay."""
    attachment = {
        "type": "resume",
        "file_name": "resume",
        "extension": ".pdf",
        "public_url": cv_url,
        "file_size": len(PDF),
    }
    return home.sandbox.add_profile(
        text=f"{CV_TEXT} {PHONE}",
        info={
            "first_name": NAME,
            "last_name": f"Number{'abcdefghijklmnopqrstuvwxyz'[number]}",
            "full_name": f"{NAME} Number{'abcdefghijklmnopqrstuvwxyz'[number]}",
            "email": f"{number}.{EMAIL}",
            "phone": PHONE,
            "summary": SUMMARY,
            "date_birth": BIRTH,
            "location": {"text": "Paris", "lat": 48.8, "lng": 2.3},
        },
        skills=[{"name": SKILL, "type": "hard"}],
        attachments=[attachment] if cv_url else [],
    )


# How the peers fail, one after the other; each mode meets two people.
MODES = [
    {"careers": "401 json"},
    {"careers": "400 json"},
    {"careers": "422 text"},
    {"careers": "403 html"},
    {"careers": "500 html"},
    {"careers": "200 html"},
    {"careers": "reset"},
    {"api": "401 json"},
    {"api": "400 text"},
    {"api": "200 text"},
    {"hrflow": "401 json"},
    {"hrflow": "400 json"},
    {"hrflow": "500 text"},
    {"hrflow": "200 text"},
]


def drive_pushes(home: Installation, group: Group, cv_url: str) -> None:
    for number, modes in enumerate(MODES):
        key = add_person(home, cv_url if number % 3 else None, number)
        home.relay.modes = dict(modes)
        tried = home.query("SELECT count(*) FROM sync_pushattempt")[0][0]
        home.push(key)
        home.until(f"SELECT count(*) > {tried} FROM sync_pushattempt")
        drive_commands(home, number)
        home.relay.modes = {}


def drive_commands(home: Installation, number: int) -> None:
    commands = [
        ["import_profiles", "--source", "main"],
        ["sync_vacancies", "--company", "Canary"],
        ["check_connections"],
    ]
    home.manage(*commands[number % len(commands)])


def drive_kill(home: Installation, group: Group, cv_url: str) -> None:
    """SIGKILL for everybody while a candidate is being sent."""
    key = add_person(home, cv_url, 20)
    home.relay.modes = {"careers": "hang"}
    home.push(key)
    home.until(
        "SELECT count(*) FROM sync_push WHERE status = 'running' AND create_started_at IS NOT NULL"
    )
    assert group.kill_all() > 3
    home.relay.modes = {}


def drive_website(home: Installation, base: str) -> None:
    """A person who mistypes, looks at everything, changes keys, and events that come in."""
    boss = requests.Session()
    boss.trust_env = False
    wrong, right = home.secrets["wrong password"], home.secrets["password"]
    for name, password in (("boss", wrong), (right, ""), (wrong, wrong), ("boss", right)):
        post(boss, f"{base}/admin/login/?next=/admin/", username=name, password=password)
    assert boss.get(f"{base}/admin/").status_code == 200
    pushes = [row[0] for row in home.query("SELECT id FROM sync_push ORDER BY id")]
    profiles = [
        row[0] for row in home.query("SELECT id FROM sync_profile WHERE has_resume LIMIT 3")
    ]
    home.relay.modes = {}
    for failing in ({}, {"hrflow": "401 json"}, {"hrflow": "500 text"}):
        home.relay.modes = dict(failing)
        for pk in profiles:
            boss.get(f"{base}/admin/sync/profile/{pk}/live/")
            boss.get(f"{base}/admin/sync/profile/{pk}/cv/")
    home.relay.modes = {}
    for pk in pushes:
        assert boss.get(f"{base}/admin/sync/push/{pk}/change/").status_code == 200
    for page in ("push", "run", "profile", "hrflowsource", "flatchrcompany", "auditentry"):
        boss.get(f"{base}/admin/sync/{page}/?q={quote_plus(EMAIL)}")
    boss.get(f"{base}/admin/sync/push/export/")
    change_keys(home, boss, base)
    send_events(home, base)


def post(session: requests.Session, url: str, **fields: Any) -> requests.Response:
    page = session.get(url)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    form = dict(FIELD.findall(page.text)) if "change" in url else {}
    fields["csrfmiddlewaretoken"] = token[1] if token else ""
    return session.post(url, data=form | fields)


FIELD = re.compile(r'<input type="(?:text|email|url|number)" name="([^"]+)" value="([^"]*)"')


def change_keys(home: Installation, boss: requests.Session, base: str) -> None:
    """A form that is refused, one that is taken, and a test of keys that are wrong."""
    page = f"{base}/admin/sync/hrflowsource/{home.rows['source']}/change/"
    mistyped = home.secrets["mistyped key"]
    post(boss, page, api_secret=mistyped, name="")
    for modes in ({"hrflow": "401 json"}, {"api": "401 json"}):
        home.relay.modes = modes
        source = f"{base}/admin/sync/hrflowsource/{home.rows['source']}"
        company = f"{base}/admin/sync/flatchrcompany/{home.rows['company']}"
        for url in (f"{source}/test/", f"{company}/test/", f"{company}/fetch/"):
            token = boss.cookies.get("csrf")
            boss.post(url, data={"csrfmiddlewaretoken": token})
    home.relay.modes = {}


def send_events(home: Installation, base: str) -> None:
    source_token, company_token = home.rows["tokens"]
    event = {
        "type": "profile.storing.update",
        "profile": {
            "key": "a1" * 20,
            "source": {"key": home.sandbox.source_keys["main"]},
            "info": {"phone": PHONE, "summary": SUMMARY},
        },
    }
    body = json.dumps(event).encode()
    digest = hmac.new(home.secrets["webhook secret"].encode(), body, hashlib.sha256).hexdigest()
    encoded = base64.urlsafe_b64encode(body).decode()
    signed = f"{base64.urlsafe_b64encode(digest.encode()).decode()}.{encoded}"
    url = f"{base}/hooks/hrflow/{source_token}/"
    kind = {"Content-Type": "application/json"}
    statuses = [
        requests.post(url, data=body, headers=kind | {"HTTP-HRFLOW-SIGNATURE": one}).status_code
        for one in (digest, signed, "0" * 64)
    ]
    assert statuses == [200, 200, 404]
    hint = {"event": "new_applicant", "data": {"vacancy": {"slug": "x"}, "candidate": {}}}
    hint["data"] |= {"phone": PHONE, "applicant": {"summary": SUMMARY}}  # type: ignore[operator]
    hook = f"{base}/hooks/flatchr/{company_token}/"
    assert requests.post(hook, json=hint).status_code == 200
    long_event = event | {"message": "x" * 30_000}
    body = json.dumps(long_event).encode()
    digest = hmac.new(home.secrets["webhook secret"].encode(), body, hashlib.sha256).hexdigest()
    encoded = base64.urlsafe_b64encode(body).decode()
    signed = f"{base64.urlsafe_b64encode(digest.encode()).decode()}.{encoded}"
    answer = requests.post(url, data=body, headers=kind | {"HTTP-HRFLOW-SIGNATURE": signed})
    assert answer.status_code == 200, "gunicorn must let a long signature pass"
