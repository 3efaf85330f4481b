"""HrFlow's signature of an event. Three schemes are documented for one header; each is HMAC-SHA256
with the webhook secret:

1. the hex digest of the body;
2. base64url(hex digest) + "." + base64url(body), signed over the body (the SDK's verifier);
3. the same, signed over the encoded body.

https://developers.hrflow.ai/docs/webhooks
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

LONGEST_HEADER = 128 * 1024


def is_signed(secret: str, header: str, body: bytes) -> bool:
    """Whether `header` signs exactly this body. What it compares, it compares in constant time."""
    if not secret or not header or len(header) > LONGEST_HEADER or not header.isascii():
        return False
    head, dot, encoded = header.strip().partition(".")
    if not dot:
        return _equal(head, _digest(secret, body))
    return _is_signed_with_payload(secret, head, encoded, body)


def _is_signed_with_payload(secret: str, head: str, encoded: str, body: bytes) -> bool:
    try:
        digest, payload = _decoded(head).decode("ascii"), _decoded(encoded)
    except (binascii.Error, UnicodeDecodeError):
        return False
    # Else one captured header would authorise any body.
    same = hmac.compare_digest(payload, body)
    over_body = _equal(digest, _digest(secret, payload))
    over_encoded = _equal(digest, _digest(secret, encoded.encode()))
    return same & (over_body | over_encoded)


def _digest(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _decoded(text: str) -> bytes:
    """base64url with or without its padding; anything else in it raises binascii.Error."""
    bare = text.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
