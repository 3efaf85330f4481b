"""HrFlow's signature of an event: HMAC-SHA256 with the webhook secret, in one header.

Published forms:

1. the hex digest of the body as it is sent;
2. base64url(digest) + "." + base64url(payload): the digest in hex or raw, over the decoded payload
   (the SDK's verifier) or over the encoded one. The body is the payload again, or empty.

https://developers.hrflow.ai/docs/webhooks
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings


class Form(StrEnum):
    """What came, for the operator's log: nothing of what came is in it. "Rewritten": the signature
    is genuine, and the body is the same JSON in other bytes."""

    NONE = "none"
    UNREADABLE = "unreadable"
    DIGEST = "digest"
    PAYLOAD = "digest-and-payload"
    REWRITTEN_DIGEST = "rewritten-digest"
    REWRITTEN_PAYLOAD = "rewritten-digest-and-payload"
    OTHER_BODY = "digest-and-payload-of-another-body"

    @property
    def is_rewritten(self) -> bool:
        return self in (Form.REWRITTEN_DIGEST, Form.REWRITTEN_PAYLOAD)


@dataclass(frozen=True, slots=True)
class Signed:
    """`event`: the bytes that were signed; None where the signature does not fit."""

    event: bytes | None
    form: Form


def read_signed(secret: str, header: str, body: bytes) -> Signed:
    """The event that `header` signs: exactly this body, or the payload that it brings where the
    body is empty. All comparisons take constant time."""
    if not header:
        return Signed(None, Form.NONE)
    # A payload repeats the event in base64, after a digest.
    longest = 2 * max(settings.WEBHOOK_MAX_BYTES, 1024)
    if not secret or len(header) > longest or not header.isascii():
        return Signed(None, Form.UNREADABLE)
    head, dot, encoded = header.strip().partition(".")
    if dot:
        return _read_payload(secret, head, encoded, body)
    if hmac.compare_digest(head.encode(), _digest(secret, body)):
        return Signed(body, Form.DIGEST)
    digests = [_digest(secret, spelling) for spelling in _spellings(body)]
    # All of them: which one fits must not be told by the time it takes.
    is_rewritten = sum(secrets.compare_digest(head.encode(), one) for one in digests)
    return Signed(None, Form.REWRITTEN_DIGEST if is_rewritten else Form.DIGEST)


def _read_payload(secret: str, head: str, encoded: str, body: bytes) -> Signed:
    try:
        digest, payload = _decoded(head), _decoded(encoded)
    except binascii.Error:
        return Signed(None, Form.UNREADABLE)
    if len(digest) == hashlib.sha256().digest_size:
        digest = digest.hex().encode()
    # The payload must be the body: else one captured header would authorise any body.
    is_same = hmac.compare_digest(payload, body or payload)
    is_over_payload = hmac.compare_digest(digest, _digest(secret, payload))
    is_over_encoded = hmac.compare_digest(digest, _digest(secret, encoded.encode()))
    is_genuine = is_over_payload | is_over_encoded
    if is_same & is_genuine:
        return Signed(payload, Form.PAYLOAD)
    if not is_genuine:
        return Signed(None, Form.PAYLOAD)
    is_rewritten = set(_spellings(payload)) & set(_spellings(body))
    return Signed(None, Form.REWRITTEN_PAYLOAD if is_rewritten else Form.OTHER_BODY)


def _spellings(body: bytes) -> Iterator[bytes]:
    """The JSON of the body as common libraries write it: with blanks after `:` and `,` or without,
    letters beyond ASCII escaped or not."""
    try:
        event = json.loads(body)
        for separators in ((", ", ": "), (",", ":")):
            for escaped in (True, False):
                yield json.dumps(event, separators=separators, ensure_ascii=escaped).encode()
    except (ValueError, RecursionError):
        return


def _digest(secret: str, message: bytes) -> bytes:
    """64 hexadecimal digits."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()


def _decoded(text: str) -> bytes:
    """base64, of either alphabet and with or without its padding; anything else in it raises
    binascii.Error."""
    bare = text.rstrip("=").replace("+", "-").replace("/", "_")
    padded = bare + "=" * (-len(bare) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
