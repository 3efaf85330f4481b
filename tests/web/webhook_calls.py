"""Events sent to the webhooks, with signatures of each scheme."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sync.models import Workflow
from sync.web import webhooks
from tests.desk import Desk
from tests.notifications import Notifications

SECRET = "wh-secret-0123456789-é"
KEY = "a1" * 20


def digest(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def plain(body: bytes, secret: str = SECRET) -> str:
    return digest(secret, body)


def over_body(body: bytes, secret: str = SECRET) -> str:
    return f"{b64(digest(secret, body).encode())}.{b64(body)}"


def over_encoded(body: bytes, secret: str = SECRET) -> str:
    encoded = b64(body).rstrip("=")
    return f"{b64(digest(secret, encoded.encode()).encode()).rstrip('=')}.{encoded}"


SCHEMES: list[Callable[..., str]] = [plain, over_body, over_encoded]


@pytest.fixture(autouse=True)
def fresh_limits(notifications: Notifications) -> None:
    for limiter in (webhooks.refusals, webhooks.events_taken):
        limiter.clear()


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.source.webhook_secret = SECRET
    desk.source.save()
    return desk


@pytest.fixture
def workflow(desk: Desk) -> Workflow:
    return Workflow.objects.create(workflow_id="w", source=desk.source, vacancy=desk.vacancy)


def event(desk: Desk, kind: str = "profile.parsing.success", **profile: Any) -> dict[str, Any]:
    about = {"key": KEY, "source": {"key": desk.source.source_key}, **profile}
    return {"type": kind, "origin": "api", "message": "", "profile": about}


def post_hrflow(desk: Desk, body: bytes, header: str, **more: Any) -> Any:
    """Exactly these bytes, under exactly this signature."""
    more.setdefault("content_type", "application/json")
    client = Client(headers={"HTTP-HRFLOW-SIGNATURE": header})
    return client.generic("POST", f"/hooks/hrflow/{desk.source.webhook_token}/", body, **more)


def tell_hrflow(
    desk: Desk, what: Any, *, sign: Callable[..., str] = plain, token: str = "", **more: Any
) -> Any:
    body = what if isinstance(what, bytes) else json.dumps(what).encode()
    name = more.pop("header", "HTTP-HRFLOW-SIGNATURE")
    more.setdefault("content_type", "application/json")
    return Client(headers={name: sign(body)}).post(
        f"/hooks/hrflow/{token or desk.source.webhook_token}/", body, **more
    )


def tell_flatchr(desk: Desk, what: Any, token: str = "") -> Any:
    body = what if isinstance(what, bytes) else json.dumps(what).encode()
    url = f"/hooks/flatchr/{token or desk.company.webhook_token}/"
    return Client().post(url, body, content_type="application/json")


def headers_of(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "Expires"}
