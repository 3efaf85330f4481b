"""Events from HrFlow and Flatchr: check the sender, hand the event on, answer at once.

Whoever does not know the token in the address, or cannot sign, gets the same 404 for everything.
Neither bodies nor addresses are logged: a body holds personal data, and the address is a secret.
https://developers.hrflow.ai/docs/webhooks
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from sync.exceptions import SecretUnreadableError
from sync.models import FlatchrCompany, HrFlowSource
from sync.numbers import whole_number
from sync.services.intake import events
from sync.web.client_address import client_network
from sync.web.signatures import Form, read_signed
from sync.web.throttle import Throttle

logger = logging.getLogger(__name__)

READ_BYTES = 64 * 1024
# As HrFlow documents it, and without the prefix that is WSGI's, should HrFlow correct that.
SIGNATURE_HEADERS = ("HTTP-HRFLOW-SIGNATURE", "HRFLOW-SIGNATURE")
# Where there is no source or no secret, the signature is checked against this one, so that the
# refusal takes as long as any other.
_NO_SECRET = secrets.token_urlsafe(32)

# By the network of the client and the account it speaks to, and by the account alone.
refusals = Throttle(per_minute=60)
events_taken = Throttle(per_minute=3000)
M = TypeVar("M", HrFlowSource, FlatchrCompany)
View = Callable[[HttpRequest, str], JsonResponse]


class RefusedError(Exception):
    """The request is answered with `status`, and with nothing that explains it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def webhook(take: Callable[[HttpRequest, str], None]) -> View:
    """Make a view of a function that takes an event, or raises RefusedError or
    MalformedEventError."""

    @csrf_exempt
    @never_cache
    def view(request: HttpRequest, token: str) -> JsonResponse:
        status = 200
        try:
            _check_envelope(request)
            take(request, token)
        except RefusedError as refused:
            status = refused.status
        except events.MalformedEventError:
            status = 400
        answer = JsonResponse({"status": "ok" if status == 200 else "refused"}, status=status)
        if status == 405:
            answer["Allow"] = "POST"
        # Django logs the path of a refused request, and with it the token, unless this is set.
        answer._has_been_logged = True  # type: ignore[attr-defined]
        return answer

    return view


@webhook
def hrflow(request: HttpRequest, token: str) -> None:
    """Events of HrFlow, signed with the source's webhook secret: without one, none is taken."""
    source = _find_account(HrFlowSource.objects.filter(is_active=True), token)
    counted_as = _check_refusals(request, source)
    secret = _NO_SECRET
    if source is not None:
        try:
            secret = source.webhook_secret or _NO_SECRET
        except SecretUnreadableError as error:
            logger.error("source %s: %s", source.pk, error)
    header = next((v for name in SIGNATURE_HEADERS if (v := request.headers.get(name))), "")
    signed = read_signed(secret, header, _read_body(request))
    if source is None:
        raise _refuse(counted_as)
    if signed.event is None:
        _log_unsigned(source, signed.form)
        raise _refuse(counted_as)
    _check_pace(source)
    events.take_hrflow_events(source, _json(signed.event))


def _log_unsigned(source: HrFlowSource, form: Form) -> None:
    """For the operator: a body that a proxy has changed is told apart from a forgery."""
    if form.is_rewritten:
        logger.warning(
            "source %s: an event without a fitting signature (%s): its body was re-serialised on "
            "the way, the same JSON in other bytes; have the proxy hand bodies on unchanged",
            source.pk,
            form,
        )
        return
    logger.warning(
        "source %s: an event without a fitting signature (%s): forged, or signed with another "
        "secret",
        source.pk,
        form,
    )


@webhook
def flatchr(request: HttpRequest, token: str) -> None:
    """Events of Flatchr, which signs nothing: they are hints of where to look, and no more."""
    company = _find_account(FlatchrCompany.objects.filter(is_active=True), token)
    counted_as = _check_refusals(request, company)
    if company is None:
        raise _refuse(counted_as)
    _check_pace(company)
    events.take_flatchr_hints(company, _json(_read_body(request)))


# --- what both share ----------------------------------------------------------------------------


def _check_envelope(request: HttpRequest) -> None:
    """Refuse what cannot be an event before its body is read or anything is looked up."""
    if request.method != "POST":
        raise RefusedError(405)
    declared = request.META.get("CONTENT_LENGTH")
    if not declared:
        # Without either header the body is empty (RFC 9112, 6.3); a signature may bring the event.
        declared = "" if request.headers.get("Transfer-Encoding") else "0"
    if declared != "0" and request.content_type != "application/json":
        raise RefusedError(415)
    if not declared and not request.META.get("wsgi.input_terminated"):
        raise RefusedError(411)  # in chunks whose end this server does not find
    length = whole_number(declared or "0")
    if length is None or length > settings.WEBHOOK_MAX_BYTES:
        raise RefusedError(413)


def _read_body(request: HttpRequest) -> bytes:
    """The whole body. Raises RefusedError: 413 once more has come than WEBHOOK_MAX_BYTES, 400 where
    the sender breaks off."""
    # Django reads a body in chunks as an empty one; `_check_envelope` knows that the server under
    # it finds the end.
    is_chunked = not request.META.get("CONTENT_LENGTH") and "Transfer-Encoding" in request.headers
    body = request.META["wsgi.input"] if is_chunked else request
    parts, room = [], settings.WEBHOOK_MAX_BYTES
    try:
        while part := body.read(READ_BYTES):
            room -= len(part)
            if room < 0:
                raise RefusedError(413)
            parts.append(part)
    except OSError:
        raise RefusedError(400) from None
    return b"".join(parts)


def _check_refusals(request: HttpRequest, account: HrFlowSource | FlatchrCompany | None) -> str:
    """What a refusal of this request counts for: the client's network, at this account; all unknown
    tokens count as one.

    Raises RefusedError (429) where that was refused too often in this minute. So a client's
    guesses, or a stale address that its sender still uses, shut out no live one.
    """
    token = account.webhook_token if account else ""
    counted_as = f"{client_network(request) or ''} {token}"
    if not refusals.has_room(counted_as):
        raise RefusedError(429)
    return counted_as


def _refuse(counted_as: str) -> RefusedError:
    """404, counted."""
    refusals.count(counted_as)
    return RefusedError(404)


def _find_account(accounts: QuerySet[M], token: str) -> M | None:
    """The account whose webhook token this is. Compares with all of them, whichever fits, so that
    the time taken does not tell how far a guess was right."""
    found = None
    for account in accounts:
        if hmac.compare_digest(account.webhook_token.encode(), token.encode()):
            found = account
    return found


def _check_pace(account: HrFlowSource | FlatchrCompany) -> None:
    """Raises RefusedError (429) once the account has sent too many events in this minute."""
    if not events_taken.has_room(account.webhook_token):
        raise RefusedError(429)
    events_taken.count(account.webhook_token)


def _json(body: bytes) -> Any:
    """Raises RefusedError (400) for what is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400) from None
