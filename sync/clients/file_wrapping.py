"""What is found around a CV: compression, the framing of an upload, base64 text.

Nothing is unpacked to more than the limit of a CV, and no more than a few layers are taken off.
"""

from __future__ import annotations

import binascii
import re
import string
import zlib
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from django.utils.translation import gettext_noop as _

from sync.clients import file_types
from sync.clients.file_containers import DOC, Kind
from sync.exceptions import DoubtfulError, PermanentError, RetryableError
from sync.vocabulary import ErrorCode

_MOST_CODINGS, _MOST_LAYERS, _MOST_MEMBERS, _MOST_PARTS = 5, 3, 16, 20
_GZIP = b"\x1f\x8b\x08"
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_BINARY = (_GZIP, b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"II*", b"MM\0*")


@dataclass(frozen=True, slots=True)
class Content:
    """`declared`: the type that is said of `data`; `bare`: whether a client of the same address
    has the same bytes."""

    data: bytes
    declared: str
    bare: bool = True


def undo_coding(body: bytes, header: str, declared: str, max_bytes: int) -> Content:
    """The body without the compression that `Content-Encoding` names; `bare` where it told true.

    A document under a header that is wrong is taken as it is. Raises DoubtfulError(RESUME_CUT) and
    PermanentError(RESUME_TOO_LARGE) as `inflate` does.
    """
    codings = [name.strip().lower() for name in header.split(",") if name.strip()]
    if len(codings) > _MOST_CODINGS:
        raise RetryableError(ErrorCode.RESUME_UNREACHABLE)
    content = Content(body, declared)
    for coding in reversed(codings):
        if coding in ("gzip", "x-gzip", "deflate"):
            inner = _undone(content.data, coding, max_bytes)
            content = Content(content.data if inner is None else inner, declared, inner is not None)
    return content


def _undone(data: bytes, coding: str, max_bytes: int) -> bytes | None:
    if data.startswith(_GZIP):
        return inflate(data, max_bytes)
    if coding != "deflate" or file_types.by_signature(data):
        return None
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS):  # with the header that the norm wants, without
        try:
            return _member_of(data, max_bytes, window)[0]
        except zlib.error:
            continue
    return None


def inflate(data: bytes, max_bytes: int) -> bytes:
    """What was compressed with gzip.

    Raises DoubtfulError(RESUME_CUT) where it is damaged, PermanentError(RESUME_TOO_LARGE) before
    more than `max_bytes` are unpacked.
    """
    parts: list[bytes] = []
    for _member in range(_MOST_MEMBERS):
        try:
            part, data = _member_of(data, max_bytes - sum(map(len, parts)), 16 + zlib.MAX_WBITS)
        except zlib.error:
            raise damaged(_("its compression is damaged")) from None
        parts.append(part)
        if not data.startswith(_GZIP):
            break
    return b"".join(parts)


def _member_of(data: bytes, max_bytes: int, window: int) -> tuple[bytes, bytes]:
    """What the first of the compressed files in `data` holds, and what follows it."""
    engine = zlib.decompressobj(window)
    part = engine.decompress(data, max(max_bytes, 0) + 1)
    if len(part) > max_bytes:
        raise too_large(max_bytes)
    if not engine.eof:
        raise damaged(_("its end is missing"))
    return part, engine.unused_data


def damaged(problem: str, **params: int) -> DoubtfulError:
    """The same address may hold the whole file later: it may still be on its way there."""
    return DoubtfulError(ErrorCode.RESUME_CUT, problem=problem, **params)


def too_large(max_bytes: int) -> PermanentError:
    limit = f"{max_bytes / 1024 / 1024:.3g}"
    return PermanentError(ErrorCode.RESUME_TOO_LARGE, limit=limit)


def find_document(content: Content, max_bytes: int) -> tuple[Content, Kind | None]:
    """The document in `content`, and its kind; None where no layer is a document we know."""
    for _layer in range(_MOST_LAYERS):
        inner = _without_layer(content, max_bytes)
        if inner is None:
            break
        content = inner
    kind = file_types.recognise(content.data, content.declared)
    if kind not in (None, file_types.TEXT):
        content = _trimmed(content, kind)
    return content, kind


def _without_layer(content: Content, max_bytes: int) -> Content | None:
    data = content.data
    if data.startswith(_GZIP):
        return Content(inflate(data, max_bytes), "", bare=False)
    begin = len(data[:1024]) - len(data[:1024].lstrip(_BLANKS))
    if begin and data.startswith(_BINARY, begin):
        return Content(data[begin:], content.declared, bare=False)
    return _without_framing(data) or _from_base64(data)


# --- the framing of an upload -------------------------------------------------------------------
_FRAMED = re.compile(rb"\s*(?:--[^\s]|content-[a-z-]+:|mime-version:|from:|http/1\.[01] )", re.I)
_HEADERS = re.compile(
    rb"\s*(?:HTTP/1\.[01] [^\r\n]*\r?\n)?"
    rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+\r?\n"
)
_BOUNDARY = re.compile(rb"boundary=\"?([^\";\r\n]{1,200})", re.I)
_LAST_LINE = re.compile(rb"\r?\n-{2,}[A-Za-z0-9'()+,./:=?_-]{4,200}--\s*\Z")


def _without_framing(data: bytes) -> Content | None:
    """The file in a `multipart/form-data` body, in a MIME message, or under headers; None for
    anything else, also where none of the parts is a document."""
    if not _FRAMED.match(data) or file_types.by_signature(data) is DOC:
        return None
    for part in _parts(data):
        head = _HEADERS.match(part[:8192])
        if head is None:
            continue
        body, headers = part[head.end() :], head[0].lower()
        if b"base64" in headers:
            body = _decoded(body) or body
        is_named = b"filename" in headers or b"\ncontent-transfer-encoding" in headers
        if is_named or file_types.by_signature(body) or file_types.is_cut(body):
            return Content(body, "", bare=False)
    return None


def _parts(data: bytes) -> list[bytes]:
    """Each part with its headers. Without a boundary the whole is one."""
    data = data.lstrip()
    if data.startswith(b"--"):
        boundary = data[:300].split(b"\n", 1)[0].rstrip()
    else:
        head = _HEADERS.match(data[:8192])
        named = _BOUNDARY.search(head[0]) if head else None
        if named is None:
            return [data]
        boundary = b"--" + named[1].strip()
    parts = (b"\n" + data).split(b"\n" + boundary, _MOST_PARTS)
    return [part.removeprefix(b"\r").removesuffix(b"\r") for part in parts[1:]]


def _trimmed(content: Content, kind: Kind | None) -> Content:
    """Without the last line of an upload, and a PDF without markup before it."""
    data = content.data
    last = _LAST_LINE.search(data, max(len(data) - 300, 0))
    end = last.start() if last else len(data)
    is_after_markup = kind is file_types.PDF and data.lstrip(_BLANKS).startswith(b"<")
    begin = data.index(b"%PDF-") if is_after_markup and b"%PDF-" in data else 0
    if (begin, end) == (0, len(data)):
        return content
    return Content(data[begin:end], content.declared, bare=False)


# --- base64 text --------------------------------------------------------------------------------
_ALPHABET = (string.ascii_letters + string.digits + "+/-_").encode()
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_DATA_URL = re.compile(rb"data:([^,]{0,200}),", re.I)
_SHORTEST, _SHORTEST_TEXT = 16, 64  # characters: a word of a text may be base64 too


def _from_base64(data: bytes) -> Content | None:
    """What base64 text or a `data:` URL stands for; None for every other text.

    Bare base64 must hold a document, or text, so that a text is not mistaken for it.
    """
    start = data[:256].lstrip(_BLANKS + b"\"'")
    text = data.strip(_BLANKS + b"\"'") if start else b""
    if url := _DATA_URL.match(start):
        kind, *options = url[1].decode("latin-1").split(";")
        body = unquote_to_bytes(text[url.end() :])
        found = _decoded(body) if "base64" in (one.strip().lower() for one in options) else body
        return None if found is None else Content(found, kind, bare=False)
    if start[:16].translate(None, _ALPHABET + b" \r\n") or len(text) < _SHORTEST:
        return None
    found = _decoded(text.replace(rb"\/", b"/").replace(rb"\r", b"").replace(rb"\n", b""))
    if found is None:
        return None
    is_document = file_types.by_signature(found) or file_types.is_cut(found)
    is_text = len(text) >= _SHORTEST_TEXT and b" " in found and b" " not in text
    is_text = is_text and file_types.is_plain_text(found)
    return Content(found, "", bare=False) if is_document or is_text else None


def _decoded(text: bytes) -> bytes | None:
    """Base64 in both alphabets, in lines or not, padded or not. None for other text.

    A blank within a line was a `+`: forms write it so.
    """
    lines = b"".join(line.strip() for line in text.split(b"\n")).replace(b" ", b"+")
    digits = lines.translate(_TO_STANDARD).rstrip(b"=")
    if not digits or digits.translate(None, _ALPHABET):
        return None
    whole = digits[:-1] if len(digits) % 4 == 1 else digits
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
