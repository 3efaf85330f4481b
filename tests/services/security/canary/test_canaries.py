"""Secrets and personal data that are planted everywhere, and found nowhere.

A whole installation runs here as real processes at DEBUG: gunicorn, a worker group, commands, and
between them and the sandbox a relay that answers with whatever it was sent. Everything fails that
can fail, a worker is killed while it pushes, and then every byte that was kept is searched.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.chaos.groups import Group, processes, wait_ready
from tests.chaos.stage import Stage
from tests.raw_server import say, serving
from tests.services.security.canary.canaries import CV_TEXT, EMAIL, NAME, PDF, PERSONAL, PHONE, find
from tests.services.security.canary.canary_drive import drive_kill, drive_pushes, drive_website
from tests.services.security.canary.canary_installation import Installation, installation, website

__all__ = ["installation"]


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


# What an event announced and HrFlow does not know yet waits for a day.
DONE = """SELECT count(*) > 0 AND sum(closed_at IS NULL AND error_code <> 'profile_not_found') = 0
    FROM sync_push"""


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
