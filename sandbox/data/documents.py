"""Small valid CV files, made on request; each holds its profile's key in plain bytes."""

from __future__ import annotations

import random
import re
import zipfile
from functools import lru_cache
from io import BytesIO

MARKER = "HRFLOW-PROFILE-KEY"
_MARKED = re.compile(rb"HRFLOW-PROFILE-KEY:([0-9a-f]{40}) VARIANT:(\w+)")
# Padding is cut from one block: making fresh random bytes for each CV would cost real CPU time.
_BLOCK = random.Random(1789).randbytes(1 << 20)
HUGE_BYTES = 12 * 1024 * 1024

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def read_marker(content: bytes) -> tuple[str | None, str | None]:
    """The profile key and the variant (`resume`, `original`) a file was made for."""
    found = _MARKED.search(content)
    if found is None:
        return None, None
    return found[1].decode(), found[2].decode()


def sniff(content: bytes) -> str:
    """What a file really is, by its first bytes."""
    kinds = {b"%PDF-": "pdf", b"PK\x03\x04": "zip", b"<": "html", b"\xd0\xcf\x11\xe0": "doc"}
    head = content[:64].lstrip()
    return next((kind for magic, kind in kinds.items() if head.startswith(magic)), "unknown")


def marker(key: str, variant: str) -> str:
    return f"{MARKER}:{key} VARIANT:{variant}"


def pdf(key: str, lines: list[str], *, size: int, variant: str = "resume") -> bytes:
    """One A4 page with these lines; about `size` bytes."""
    page = _page_stream([*lines, marker(key, variant)])
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        _stream(page),
        _stream(_padding(key, size - len(page) - 900)),
    ]
    return _assemble(objects)


def _padding(key: str, length: int) -> bytes:
    block = _BLOCK * (max(length, 0) // len(_BLOCK) + 1)
    start = int(key[:8], 16) % (len(block) - max(length, 0))
    return block[start : start + max(length, 0)]


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream"


def _page_stream(lines: list[str]) -> bytes:
    shown = [_escape(line) for line in lines]
    head = b"BT /F1 18 Tf 60 770 Td (" + shown[0] + b") Tj /F1 10 Tf\n"
    return head + b"".join(b"0 -22 Td (" + line + b") Tj\n" for line in shown[1:]) + b"ET"


def _escape(line: str) -> bytes:
    plain = line.encode("cp1252", "replace")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _assemble(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return bytes(out) + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer


@lru_cache(maxsize=4)
def huge_pdf(key: str) -> bytes:
    """A valid PDF of more than 12 MB."""
    return pdf(key, ["CV de 12 Mo"], size=HUGE_BYTES + 2000)


def docx(key: str, lines: list[str]) -> bytes:
    """A Word document; stored without compression, so that the key stays in plain bytes."""
    text = "".join(f"<w:p><w:r><w:t>{_xml(line)}</w:t></w:r></w:p>" for line in lines)
    mark = f"<w:p><w:r><w:t>{marker(key, 'resume')}</w:t></w:r></w:p>"
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_member("[Content_Types].xml"), _CONTENT_TYPES)
        archive.writestr(_member("_rels/.rels"), _RELS)
        archive.writestr(_member("word/document.xml"), _DOCUMENT % (text + mark))
    return packed.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, date_time=(2024, 1, 1, 0, 0, 0))


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def html_page(key: str) -> bytes:
    """What a file host answers when a link has expired: a page, whatever the name says."""
    return f"<!DOCTYPE html><html><body>Lien expiré {marker(key, 'html')}</body></html>".encode()


_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{DOCX}.main+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="word/document.xml" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body>%s</w:body></w:document>"
)
