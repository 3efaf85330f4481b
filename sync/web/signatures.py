"""HrFlow's signature of an event.

Three schemes are documented for one header. Each is HMAC-SHA256 with the webhook secret:

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

# Characters; twice the largest event, since scheme 2 repeats the body.
LONGEST_HEADER = 128 * 1024


def is_signed(secret: str, header: str, body: bytes) -> bool:
    """Whether `header` signs exactly this body. All comparisons take constant time."""
    if not secret or not header or len(header) > LONGEST_HEADER or not header.isascii():
        return False
    head, dot, encoded = header.strip().partition(".")
    if not dot:
        return hmac.compare_digest(head.encode(), _digest(secret, body))
    try:
        digest, payload = _decoded(head), _decoded(encoded)
    except binascii.Error:
        return False
    # The payload must be the body: else one captured header would authorise any body.
    is_same = hmac.compare_digest(payload, body)
    is_over_body = hmac.compare_digest(digest, _digest(secret, payload))
    is_over_encoded = hmac.compare_digest(digest, _digest(secret, encoded.encode()))
    return is_same & (is_over_body | is_over_encoded)


def _digest(secret: str, message: bytes) -> bytes:
    """As HrFlow sends it: 64 hexadecimal digits."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()


def _decoded(text: str) -> bytes:
    """base64url with or without its padding; anything else in it raises binascii.Error."""
    bare = text.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
