"""HrFlow's signature of an event, in the forms that its documentation and its SDKs show."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from sync.web.signatures import Form
from tests.cases import Case

SECRET = "wh-secret-é"
EVENT = json.dumps({"type": "profile.parsing.success", "name": "Zoé", "n": [1, 2]}).encode()
SPACED = json.dumps(json.loads(EVENT), indent=2).encode()
COMPACT = json.dumps(json.loads(EVENT), separators=(",", ":"), ensure_ascii=False).encode()
OTHER = EVENT.replace(b"success", b"failure")
TEST = "web/test_event_signatures.py::test_a_signature_is_read_as_its_form_says"


def hexed(message: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()


def raw(message: bytes, secret: str = SECRET) -> bytes:
    return hmac.digest(secret.encode(), message, "sha256")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def bare(data: bytes) -> str:
    return b64(data).rstrip("=")


def case(name: str, header: str, body: bytes, form: Form, event: bytes | None = EVENT) -> Case:
    return Case("event signatures", name, (header, body), (event, form), TEST)


P, D = Form.PAYLOAD, Form.DIGEST
STANDARD = base64.b64encode(raw(EVENT)).decode() + "." + base64.b64encode(EVENT).decode()
CASES = [
    case("hex digest of the body", hexed(EVENT).decode(), EVENT, D),
    case("hex digest with blanks around it", f" {hexed(EVENT).decode()} ", EVENT, D),
    case("hex digest over the payload", f"{b64(hexed(EVENT))}.{b64(EVENT)}", EVENT, P),
    case("hex digest over the encoded payload", f"{b64(hexed(b64(EVENT).encode()))}.{b64(EVENT)}",
         EVENT, P),
    case("raw digest over the payload", f"{b64(raw(EVENT))}.{b64(EVENT)}", EVENT, P),
    case("raw digest over the encoded payload", f"{bare(raw(bare(EVENT).encode()))}.{bare(EVENT)}",
         EVENT, P),
    case("no padding", f"{bare(hexed(EVENT))}.{bare(EVENT)}", EVENT, P),
    case("the standard alphabet of base64", STANDARD, EVENT, P),
    case("empty body, hex digest", f"{b64(hexed(EVENT))}.{b64(EVENT)}", b"", P),
    case("empty body, raw digest, encoded payload",
         f"{b64(raw(b64(EVENT).encode()))}.{b64(EVENT)}", b"", P),
    case("empty body, forged", f"{b64(raw(EVENT, 'x'))}.{b64(EVENT)}", b"", P, None),
    case("empty body, digest alone", hexed(EVENT).decode(), b"", D, None),
    case("compact JSON made of a spaced one", hexed(EVENT).decode(), COMPACT,
         Form.REWRITTEN_DIGEST, None),
    case("spaced JSON made of a compact one", hexed(COMPACT).decode(), SPACED,
         Form.REWRITTEN_DIGEST, None),
    case("re-serialised beside its payload", f"{b64(raw(EVENT))}.{b64(EVENT)}", COMPACT,
         Form.REWRITTEN_PAYLOAD, None),
    case("a line end appended beside the payload", f"{b64(hexed(EVENT))}.{b64(EVENT)}",
         EVENT + b"\n", Form.REWRITTEN_PAYLOAD, None),
    case("another body beside a captured payload", f"{b64(raw(EVENT))}.{b64(EVENT)}", OTHER,
         Form.OTHER_BODY, None),
    case("a body that is no JSON beside a payload", f"{b64(raw(EVENT))}.{b64(EVENT)}", b"<p>",
         Form.OTHER_BODY, None),
    case("digest with another secret", hexed(EVENT, "x").decode(), EVENT, D, None),
    case("digest with another secret, re-serialised", hexed(EVENT, "x").decode(), COMPACT, D, None),
    case("payload with another secret", f"{b64(hexed(EVENT, 'x'))}.{b64(EVENT)}", EVENT, P, None),
    case("another digest of 32 bytes", f"{b64(hashlib.sha256(EVENT).digest())}.{b64(EVENT)}",
         EVENT, P, None),
    case("no signature", "", EVENT, Form.NONE, None),
    case("no base64", "%%%.%%%", EVENT, Form.UNREADABLE, None),
    case("beyond ASCII", "é.é", EVENT, Form.UNREADABLE, None),
]  # fmt: skip
