"""The file type of a CV, recognised by its bytes and not by the type the server declares."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODT = "application/vnd.oasis.opendocument.text"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

# Declared types under which plain text is accepted as a CV.
_VAGUE_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream", "text/plain"})


@dataclass(frozen=True, slots=True)
class Kind:
    content_type: str
    extension: str


PDF = Kind("application/pdf", ".pdf")
DOC = Kind("application/msword", ".doc")
DOCX = Kind(_DOCX, ".docx")
ODT = Kind(_ODT, ".odt")
RTF = Kind("application/rtf", ".rtf")
PNG = Kind("image/png", ".png")
JPEG = Kind("image/jpeg", ".jpg")
TEXT = Kind("text/plain", ".txt")


def recognise(data: bytes, declared: str) -> Kind | None:
    """The kind of document in `data`; None for HTML, programs and everything unknown.

    `declared` (the `Content-Type`) decides only about plain text, which has no signature: plain
    text declared as PDF, say, is an error message.
    """
    start = _start(data)
    if start.startswith(b"<"):
        return None
    signed = _by_signature(data, start)
    if signed is not None:
        return signed
    kind = declared.partition(";")[0].strip().lower()
    return TEXT if kind in _VAGUE_TYPES and _is_plain_text(data, start) else None


def is_page(data: bytes) -> bool:
    """Whether it is HTML: the page of an expired link, a login page, a proxy's error page."""
    return _start(data)[:100].lower().startswith((b"<html", b"<!doctype html"))


def _start(data: bytes) -> bytes:
    """The first kilobyte without a byte order mark and leading blanks."""
    return data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")


def _by_signature(data: bytes, start: bytes) -> Kind | None:
    if b"%PDF-" in start:  # readers accept it anywhere in the first kilobyte
        return PDF
    if start.startswith(b"{\\rtf"):
        return RTF
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    # An OLE container may also be a spreadsheet or an installer; only Word's has this stream.
    if data.startswith(_OLE) and "WordDocument".encode("utf-16-le") in data:
        return DOC
    return _zipped(data) if data.startswith(b"PK\x03\x04") else None


def _zipped(data: bytes) -> Kind | None:
    """DOCX or ODT, by the names in the archive; None for DOCM (macros) and other archives.

    Only the entry `mimetype` is decompressed, and of it no more bytes than ODT's type has: a
    decompression bomb does no harm.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "word/document.xml" in names and "word/vbaProject.bin" not in names:
                return DOCX
            if "mimetype" not in names:
                return None
            with archive.open("mimetype") as entry:
                mimetype = entry.read(len(_ODT) + 2).decode("ascii", "replace").strip()
            return ODT if mimetype == _ODT else None
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError):
        return None


def _is_plain_text(data: bytes, start: bytes) -> bool:
    """Text in UTF-8 or an 8-bit code that is neither a script nor JSON (a server's error)."""
    if not start or start.startswith(b"#!") or _CONTROLS.search(data):
        return False
    if start[:1] not in b"{[":
        return True
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False


_EXTENSION = re.compile(
    r"\.(?:pdf|docx?|docm|dotx?|odt|rtf|png|jpe?g|txt|html?|xml|bin|tmp|exe|pages|gif|tiff?|webp)$",
    re.I,
)


def file_name(wanted: str, kind: Kind) -> str:
    """`wanted` as a plain file name, with the extension of `kind`.

    Loses its directories, its own extension and what Windows forbids in a name; at most 100
    characters and the extension; `CV` where nothing is left.
    """
    base = re.split(r"[/\\]", wanted)[-1]
    stem = re.sub(r"[\x00-\x1f\x7f<>:\"|?*]+", "", base).rstrip(" .")
    stem = _EXTENSION.sub("", stem).strip(" .")[:100]
    return (stem or "CV") + kind.extension
