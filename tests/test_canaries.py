"""Secrets and personal data that are planted everywhere, and found nowhere.

A whole installation runs here as real processes at DEBUG: gunicorn, a worker group, commands, and
between them and the sandbox a relay that answers with whatever it was sent. Everything fails that
can fail, a worker is killed while it pushes, and then every byte that was kept is searched.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import requests

from tests.chaos.groups import Group, processes, wait_ready
from tests.chaos.stage import SHORT, Stage
from tests.raw_server import RawServer, Request, reset, say, serving
from tests.sandbox_fixture import SandboxHandle, start_sandbox

ROOT = Path(__file__).resolve().parent.parent

# Personal data that is never kept; letters only where words are searched for, so that no cutting
# or cleaning on the way hides them.
PHONE = "+33 6 47 19 83 52"
CV_TEXT, SKILL = "canarycvtextqzx", "canaryskillqzx"
# As people write: an accent, a quote and line breaks, which every peer spells in its own way.
SUMMARY = 'Née canarysummaryqzx à Évreux,\nelle dit « canaryaccentqzx »,\net "canaryquoteqzx".'
BIRTH = "1987-03-19T00:00:00"
PERSONAL = {
    "phone": PHONE,
    "phone without blanks": PHONE.replace(" ", ""),
    "phone as dialled at home": "06 47 19 83 52",
    "phone in digits": "647198352",
    "phone in pairs": "6.47.19.83.52",
    "summary": "canarysummaryqzx",
    "summary, second line": "canaryaccentqzx",
    "summary, quoted": "canaryquoteqzx",
    "CV": CV_TEXT,
    "skill": SKILL,
    "birth": BIRTH,
}
# What the index rightly keeps; that these are found shows that the search finds.
NAME, EMAIL = "Canaryfirst", "canary.person@example.com"
PDF = b"%PDF-1.4\n1 0 obj\n" + CV_TEXT.encode() * 20 + b"\n%%EOF\n"


# --- searching ----------------------------------------------------------------------------------


def forms(canary: str) -> dict[str, bytes]:
    """The spellings a value travels in; of base64, one for each place it can begin at."""
    found = {
        "plain": canary,
        "url": quote(canary, safe=""),
        "form": quote_plus(canary),
        "json": json.dumps(canary)[1:-1],
        "html": html.escape(canary),
        "repr": repr(canary)[1:-1],
        "hex": canary.encode().hex(),
        "reversed": canary[::-1],
    }
    found |= {f"base64 at {shift}": text for shift, text in enumerate(_base64(canary.encode()))}
    return {name: text.encode() for name, text in found.items()}


def _base64(canary: bytes) -> Iterator[str]:
    for shift, shared in ((0, 0), (1, 2), (2, 3)):
        whole = (shift + len(canary)) // 3 * 3 - shift
        yield base64.b64encode(b"\0" * shift + canary[:whole]).decode()[shared:]


def find(canaries: dict[str, str], places: dict[str, bytes]) -> list[str]:
    """What was found where, with what stands around it."""
    found = []
    for name, canary in canaries.items():
        for form, needle in forms(canary).items():
            for spelling in {needle, needle.replace(b"+", b"-").replace(b"/", b"_")}:
                for place, text in places.items():
                    at = text.lower().find(spelling.lower())
                    if at >= 0:
                        around = text[max(0, at - 120) : at + 120]
                        found.append(f"{name} ({form}) in {place}: {around!r}")
    return found


def test_the_search_finds_every_spelling() -> None:
    secret = "s3cr/et+with=odd&chars"
    for text in (
        f"x{secret}y",
        base64.b64encode(f"user:{secret}!".encode()).decode(),
        base64.b64encode(f"a:{secret}!!".encode()).decode(),
        base64.urlsafe_b64encode(f"ab{secret}".encode()).decode(),
        quote(secret, safe="").lower(),
        json.dumps({"a": secret}),
    ):
        assert find({"it": secret}, {"there": text.encode()}), text
    assert find({"it": secret}, {"there": b"s3cr/et-with"}) == []


# --- a relay that turns hostile -----------------------------------------------------------------


@dataclass
class Relay:
    """Between the app and the sandbox. `modes`: how each service fails, by its name."""

    sandbox: SandboxHandle
    modes: dict[str, str] = field(default_factory=dict)
    seen: list[bytes] = field(default_factory=list)

    def __call__(self, server: RawServer, connection: socket.socket, request: Request) -> None:
        self.seen.append(repr((request.path, request.headers, request.body)).encode())
        names = {"/hrflow/": "hrflow", "/flatchr-careers/": "careers"}
        service = next((names[part] for part in names if part in request.path), "api")
        mode = self.modes.get(service, "pass")
        self._handler(mode, request)(server, connection, request)

    def _handler(self, mode: str, request: Request) -> Any:
        if mode == "reset":
            return reset
        if mode == "hang":
            return self._hang
        if mode == "pass":
            return self._passed(request)
        status, _, kind = mode.partition(" ")
        return say(int(status), echo(request, kind), CONTENT_TYPES.get(kind, "application/json"))

    def _hang(self, server: RawServer, *_: Any) -> None:
        while self.modes and not server.closing.wait(0.05):
            pass
        raise OSError

    def _passed(self, request: Request) -> Any:
        kept = {k: v for k, v in request.headers.items() if k not in ("host", "connection")}
        url = self.sandbox.address + request.path
        answer = requests.request(
            request.method, url, headers=kept, data=request.body, timeout=30, proxies=NO_PROXY
        )
        return say(answer.status_code, answer.content, answer.headers.get("Content-Type", ""))


NO_PROXY = {"http": "", "https": ""}
CONTENT_TYPES = {"html": "text/html", "text": "text/plain"}


def echo(request: Request, kind: str) -> bytes:
    """A peer that quotes everything it was sent, in every spelling it can think of."""
    body, headers = request.body.decode("utf-8", "replace"), request.headers
    key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    short = re.sub(r'"data": ?"[^"]*"', '"data": ""', body)
    told = f"bad key {key} {quote(key, safe='')} {base64.b64encode(key.encode()).decode()} {short}"
    if kind == "html":
        return f"<html><title>{key}</title><pre>{html.escape(told)}</pre></html>".encode()
    if kind == "text":
        return f"{told} {request.path} {headers} {body}".encode()
    message = {"code": 400, "message": told, "headers": headers, "sent": body, "path": request.path}
    return json.dumps(message).encode()


# --- an installation ----------------------------------------------------------------------------


@dataclass
class Installation:
    folder: Path
    sandbox: SandboxHandle
    relay: Relay
    environment: dict[str, str]
    secrets: dict[str, str]
    rows: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, bytes] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "db.sqlite3"

    def run(self, *command: str, stdin: str = "") -> str:
        """Whatever it says is kept, and searched like a log."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            input=stdin.encode(),
            capture_output=True,
        )
        name = f"{' '.join(command)[:60]} #{len(self.outputs)}"
        self.outputs[name] = done.stdout + done.stderr
        return done.stdout.decode()

    def manage(self, *words: str) -> str:
        return self.run("manage.py", *words)

    def push(self, *keys: str) -> None:
        where = ["--source", "main", "--vacancy", self.rows["vacancies"][0]]
        self.manage("push", *where, *(f"--profile-key={key}" for key in keys), "--json")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as connection:
            return connection.execute(sql).fetchall()

    def until(self, sql: str, seconds: float = 60) -> None:
        """Until the query counts something."""
        end = time.monotonic() + seconds
        while not self.query(sql)[0][0]:
            assert time.monotonic() < end, f"{sql}: {self.query(STATES)}"
            time.sleep(0.1)

    def kept(self) -> dict[str, bytes]:
        """Every byte that outlives a process: files, logs, outputs; and what is packed in them."""
        places = {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
        assert any(name.endswith("-wal") for name in places), "the search must cover the WAL"
        dumped = subprocess.run(
            [sys.executable, "-m", "tests.canary_rows", "dump"],
            cwd=ROOT,
            env=self.environment | {"LOG_LEVEL": "ERROR"},
            capture_output=True,
            check=True,
        ).stdout
        return {**places, **self.outputs, "rows": dumped}


STATES = "SELECT id, status, error_code, attempts FROM sync_push"
WITH_RESUME = "SELECT id FROM sync_profile WHERE has_resume LIMIT 3"
DONE = "SELECT count(*) > 0 AND sum(closed_at IS NULL) = 0 FROM sync_push"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("canary")
    planted = {
        "SECRET_KEY": "canary-secret-key-" + secrets.token_urlsafe(40),
        "FIELD_ENCRYPTION_KEYS": "canary-field-key-" + secrets.token_urlsafe(30),
        "webhook secret": "canary-webhook-" + secrets.token_urlsafe(20),
        "password": "canary password & " + secrets.token_urlsafe(12),
        "wrong password": "canary wrong password " + secrets.token_urlsafe(12),
        "mistyped key": "canary-mistyped-" + secrets.token_urlsafe(20),
    }
    with start_sandbox(profiles=5) as sandbox:
        relay = Relay(sandbox)
        with serving(relay) as server:
            account = sandbox.company(premium=True)
            planted |= {"api_secret": sandbox.api_secret, "auth": account["auth"]}
            environment = _environment(folder, server, sandbox, planted)
            found = Installation(folder, sandbox, relay, environment, planted)
            found.manage("migrate", "--verbosity=0")
            facts = {
                "company": {"company": account["key"], "auth": account["auth"]},
                "source": {
                    "api_user": sandbox.api_user,
                    "api_secret": sandbox.api_secret,
                    "source_key": sandbox.source_keys["main"],
                    "webhook_secret": planted["webhook secret"],
                },
                "password": planted["password"],
            }
            said = found.run("-m", "tests.canary_rows", "set-up", stdin=json.dumps(facts))
            found.rows = json.loads(said.splitlines()[-1])
            found.outputs.clear()
            yield found
            relay.modes.clear()


def _environment(
    folder: Path, server: RawServer, sandbox: SandboxHandle, planted: dict[str, str]
) -> dict[str, str]:
    def through(url: str) -> str:
        return url.replace(sandbox.address, server.url).rstrip("/")

    return {
        **os.environ,
        **SHORT,
        "SECRET_KEY": planted["SECRET_KEY"],
        "FIELD_ENCRYPTION_KEYS": planted["FIELD_ENCRYPTION_KEYS"],
        "DEBUG": "true",
        "LOG_LEVEL": "DEBUG",
        "LANGUAGE_CODE": "en",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "REDIS_URL": "",
        "Q_NAME": folder.name,
        "CACHE_PREFIX": folder.name,
        "EMAIL_URL": "memorymail://",
        "HRFLOW_API_URL": through(sandbox.hrflow_url),
        "FLATCHR_API_URL": through(sandbox.flatchr_api_url),
        "FLATCHR_CAREERS_URL": through(sandbox.flatchr_careers_url),
        "RESUME_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "connector_site.settings",
        "PYTHONUNBUFFERED": "1",
    }


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


@contextmanager
def website(home: Installation) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "connector_site.wsgi", "--bind"]
    extra = ["--access-logfile", "-", "--log-level", "debug", "--threads", "4"]
    with (home.folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, f"127.0.0.1:{port}", *extra],
            cwd=ROOT,
            env=home.environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(lambda: requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).ok)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(check: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if check():
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come up")


# --- the drive ----------------------------------------------------------------------------------

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


def command_lines() -> dict[str, bytes]:
    """What everybody on the machine can read of every process."""
    found = b""
    for pid in processes():
        try:
            found += Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
    return {"process list": found}


def assert_clean(home: Installation, more: dict[str, bytes] | None = None) -> None:
    places = {**home.kept(), **(more or {})}
    tokens = dict(zip(("source token", "company token"), home.rows["tokens"], strict=True))
    logs = {name: text for name, text in places.items() if name.endswith(".log")}
    found = find(home.secrets | PERSONAL, places) + find(tokens | {"e-mail": EMAIL}, logs)
    assert not found, "\n".join(found)
    # What is rightly kept is found, so the search does search.
    assert NAME.encode() in places["rows"]
    assert find({"e-mail": EMAIL}, {"rows": places["rows"]})
    assert find({"name": NAME}, {"files": b"".join(v for k, v in places.items() if "db" in k)})


def assert_travelled(home: Installation) -> None:
    """The relay did see it all, so it was there to be leaked."""
    sent = {"relay": b"\n".join(home.relay.seen)}
    wanted = {"api_secret", "auth"}
    for name in wanted:
        assert find({name: home.secrets[name]}, sent), name
    assert find({"phone": PHONE}, sent)
    assert find({"CV": CV_TEXT}, sent)


@pytest.mark.chaos
def test_nothing_planted_is_ever_kept(installation: Installation) -> None:
    home = installation
    stage = Stage("canary", "sqlite", home.sandbox, home.environment, home.folder)
    group = Group(stage, 1)
    with serving(say(200, PDF, "application/pdf")) as files:
        cv_url = f"{files.url}/cv.pdf"
        try:
            group.start()
            wait_ready([group])
            drive_pushes(home, group, cv_url)
            drive_kill(home, group, cv_url)
            assert_clean(home)
            group.start()
            wait_ready([group])
            with website(home) as base:
                drive_website(home, base)
                home.until(DONE, 120)
                assert_clean(home, command_lines())
            stopped = group.stop()
        finally:
            home.relay.modes = {}
            group.wanted = False
            group.kill_all()
    assert stopped < 60
    assert_travelled(home)
    # Killed while it was sent, and there once all the same.
    people = [one["email"] for one in home.sandbox.received() if one["email"] == f"20.{EMAIL}"]
    assert len(people) == 1
    assert "DEBUG urllib3.connectionpool" in group.text()
