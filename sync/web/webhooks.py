"""Events from HrFlow and Flatchr: check who speaks, hand on, answer at once.

Who does not know the token in the address, or cannot sign, gets the same 404 for everything. No
body is ever logged, nor the address, which is a secret.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from sync.exceptions import SecretUnreadableError
from sync.models import FlatchrCompany, HrFlowSource
from sync.numbers import whole_number
from sync.services.intake import events
from sync.web import throttle
from sync.web.client_address import client_network
from sync.web.signatures import is_signed

logger = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
# As it is documented, prefix and all; and as it would be without the mistake in it.
SIGNATURE_HEADERS = ("HTTP-HRFLOW-SIGNATURE", "HRFLOW-SIGNATURE")
# Verified against where there is no source, so that this takes as long as where there is one.
_NO_SECRET = secrets.token_urlsafe(32)

refusals = throttle.Limiter(per_minute=60)
events_taken = throttle.Limiter(per_minute=3000)
M = TypeVar("M", HrFlowSource, FlatchrCompany)
View = Callable[[HttpRequest, str], JsonResponse]


class RefusedError(Exception):
    """The request ends here, with a status that tells no secret."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def webhook(take: Callable[[HttpRequest, str], None]) -> View:
    """A view of a function that takes an event or raises RefusedError."""

    @csrf_exempt
    @never_cache
    def view(request: HttpRequest, token: str) -> JsonResponse:
        try:
            _check_envelope(request)
            take(request, token)
        except RefusedError as refused:
            return _answer(refused.status)
        except events.MalformedEventError:
            return _answer(400)
        return _answer(200)

    return view


def _answer(status: int) -> JsonResponse:
    answer = JsonResponse({"status": "ok" if status == 200 else "refused"}, status=status)
    if status == 405:
        answer["Allow"] = "POST"
    # Django would log the path of a refused request, and with it the token.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


# --- what is the same for both ------------------------------------------------------------------


def _check_envelope(request: HttpRequest) -> None:
    """Nothing is read or looked up for a request that cannot be an event."""
    if request.method != "POST":
        raise RefusedError(405)
    if not refusals.has_room(client_network(request) or ""):
        raise RefusedError(429)
    if request.content_type != "application/json":
        raise RefusedError(415)
    declared = request.META.get("CONTENT_LENGTH")
    if not declared:  # In chunks: Django would read it as empty.
        raise RefusedError(411)
    length = whole_number(declared)
    if length is None or length > MOST_BYTES:
        raise RefusedError(413)


def _refuse(request: HttpRequest) -> RefusedError:
    refusals.count(client_network(request) or "")
    return RefusedError(404)


def _owner(rows: list[M], token: str) -> M | None:
    """Compares with all of them, whichever fits, so that the time taken tells nothing."""
    found = None
    for row in rows:
        if hmac.compare_digest(row.webhook_token.encode(), token.encode()):
            found = row
    return found


def _check_pace(account: HrFlowSource | FlatchrCompany) -> None:
    key = account.webhook_token
    if not events_taken.has_room(key):
        raise RefusedError(429)
    events_taken.count(key)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400) from None


# --- the two ------------------------------------------------------------------------------------


@webhook
def hrflow(request: HttpRequest, token: str) -> None:
    source = _owner(list(HrFlowSource.objects.filter(is_active=True)), token)
    header = next((v for name in SIGNATURE_HEADERS if (v := request.headers.get(name))), "")
    if not is_signed(_secret_of(source), header, request.body) or source is None:
        if source is not None:
            logger.warning("source %s: an event without a fitting signature", source.pk)
        raise _refuse(request)
    _check_pace(source)
    events.take_hrflow_event(source, _json(request.body))


def _secret_of(source: HrFlowSource | None) -> str:
    """Without a secret of its own a source takes no events."""
    if source is None:
        return _NO_SECRET
    try:
        return source.webhook_secret or _NO_SECRET
    except SecretUnreadableError as error:
        logger.error("source %s: %s", source.pk, error)
        return _NO_SECRET


@webhook
def flatchr(request: HttpRequest, token: str) -> None:
    """Flatchr signs nothing: who knows the address may give hints, and no more."""
    company = _owner(list(FlatchrCompany.objects.filter(is_active=True)), token)
    if company is None:
        raise _refuse(request)
    _check_pace(company)
    events.take_flatchr_hint(company, _json(request.body))
