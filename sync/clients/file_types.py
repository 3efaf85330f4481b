"""What a CV is: decided by its bytes, never by what a server says of it."""

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

# Types that say nothing, so that plain text under them is taken as plain text.
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

    A declared type that is wrong, but whose content is a document all the same, does no harm.
    Only plain text has no mark of its own: under another type's name it is an error message.
    """
    start = _start(data)
    if start.startswith(b"<"):
        return None
    marked = _marked(data, start)
    if marked is not None:
        return marked
    kind = declared.partition(";")[0].strip().lower()
    return TEXT if kind in _VAGUE_TYPES and _is_plain_text(data, start) else None


def is_page(data: bytes) -> bool:
    """HTML: an expired link's page, a login, a proxy's apology."""
    return _start(data)[:100].lower().startswith((b"<html", b"<!doctype html"))


def _start(data: bytes) -> bytes:
    return data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")


def _marked(data: bytes, start: bytes) -> Kind | None:
    if b"%PDF-" in start:  # readers accept it anywhere in the first kilobyte
        return PDF
    if start.startswith(b"{\\rtf"):
        return RTF
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    # An OLE container may also be a spreadsheet or an installer: Word's has this stream.
    if data.startswith(_OLE) and "WordDocument".encode("utf-16-le") in data:
        return DOC
    return _zipped(data) if data.startswith(b"PK\x03\x04") else None


def _zipped(data: bytes) -> Kind | None:
    """Looks only at the names inside, so a decompression bomb stays packed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "word/document.xml" in names and "word/vbaProject.bin" not in names:
                return DOCX
            return ODT if _is_odt(archive, names) else None
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError):
        return None


def _is_odt(archive: zipfile.ZipFile, names: set[str]) -> bool:
    if "mimetype" not in names:
        return False
    with archive.open("mimetype") as entry:
        return entry.read(len(_ODT) + 2).decode("ascii", "replace").strip() == _ODT


def _is_plain_text(data: bytes, start: bytes) -> bool:
    """Readable text that is neither a script nor an error in JSON. UTF-8 or an 8-bit code."""
    if start.startswith(b"#!") or _CONTROLS.search(data) or not start:
        return False
    return not (start[:1] in b"{[" and _is_json(data))


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


_EXTENSION = re.compile(
    r"\.(?:pdf|docx?|docm|dotx?|odt|rtf|png|jpe?g|txt|html?|xml|bin|tmp|exe|pages|gif|tiff?|webp)$",
    re.I,
)


def file_name(wanted: str, kind: Kind) -> str:
    """A plain file name with the extension the bytes call for; `CV` where nothing is left."""
    base = re.split(r"[/\\]", wanted)[-1]
    stem = re.sub(r"[\x00-\x1f\x7f<>:\"|?*]+", "", base).rstrip(" .")
    stem = _EXTENSION.sub("", stem).strip(" .")[:100]
    return (stem or "CV") + kind.extension
