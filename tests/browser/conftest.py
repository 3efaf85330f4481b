"""A browser window for a person, and a desk for them to sit at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.browser.stage import Stage
from tests.browser.visitor import WIDE, Visitor
from tests.conftest import World

Arrive = Callable[..., Visitor]


@pytest.fixture
def arrive(browser: Any, live_server: Any) -> Iterator[Arrive]:
    """`arrive(user, locale=…)`: a window of their own, signed in already where a user is given."""
    with ExitStack() as stack:

        def open_window(user: User | None = None, **options: Any) -> Visitor:
            options = {"viewport": WIDE, "reduced_motion": "reduce", **options}
            context = stack.enter_context(browser.new_context(**options))
            if user is not None:
                context.add_cookies([_session(user, live_server.url)])
            return Visitor(context.new_page(), live_server.url)

        yield open_window


def _session(user: User, url: str) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


@pytest.fixture
def stage(world: World) -> Stage:
    made = Stage(world)
    made.worker()
    return made
