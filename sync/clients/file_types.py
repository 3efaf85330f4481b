"""The file type of a CV, recognised by its bytes and not by the type the server declares."""

from __future__ import annotations

import codecs
import json
import re

from sync.clients import file_containers
from sync.clients.file_containers import DOC, Kind

PDF = Kind("application/pdf", ".pdf")
RTF = Kind("application/rtf", ".rtf")
PNG = Kind("image/png", ".png")
JPEG = Kind("image/jpeg", ".jpg")
GIF = Kind("image/gif", ".gif")
WEBP = Kind("image/webp", ".webp")
TIFF = Kind("image/tiff", ".tiff")
HEIC = Kind("image/heic", ".heic")
TEXT = Kind("text/plain", ".txt")

DOCX = file_containers.DOCX

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
# Readers accept it anywhere in the first kilobyte, and in the older form as well:
# PDF Reference 1.7, appendix H, implementation notes 13 and 14.
_PDF = re.compile(rb"%PDF-|%!PS-Adobe-\d\.\d PDF-\d")
_PDF_END, _PDF_TAIL = b"%%EOF", 8192
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_WORD_MARKUP = re.compile(
    rb"urn:schemas-microsoft-com:office:word|progid=[\"']Word\.Document"
    rb"|schemas\.microsoft\.com/office/word/2003/wordml"
)
_WEB_ARCHIVE = re.compile(rb"^content-type:\s*multipart/(?:related|alternative)\b", re.I | re.M)

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# Declared types under which plain text is accepted as a CV.
_VAGUE_TYPES = frozenset(
    {
        "", "application/octet-stream", "binary/octet-stream", "application/download",
        "application/force-download", "application/x-download", "text/plain", "text/markdown",
    }
)  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def recognise(data: bytes, declared: str) -> Kind | None:
    """The kind of document in `data`; None for HTML, programs and everything unknown.

    `declared` (the `Content-Type`) decides only about plain text, which has no signature: plain
    text declared as PDF, say, is an error message.
    """
    kind = declared.partition(";")[0].strip().lower()
    return by_signature(data) or (TEXT if kind in _VAGUE_TYPES and is_plain_text(data) else None)


def by_signature(data: bytes) -> Kind | None:
    """The kind of document by what its bytes begin with or contain; None also for plain text."""
    start = _start(data)
    if start.startswith(b"<"):
        return _marked_up(data, start)
    if _PDF.search(start):
        return PDF
    if start.startswith(b"{\\rtf"):
        return RTF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return HEIC
    found = next((kind for mark, kind in _SIGNATURES if data.startswith(mark)), None)
    return found or file_containers.recognise(data) or _web_archive(data)


def _marked_up(data: bytes, start: bytes) -> Kind | None:
    """Word's own HTML and XML, which it saves under `.doc` too; or a PDF that follows a message of
    the server's program. Every other page is none."""
    if _WORD_MARKUP.search(data[:4096]):
        return DOC
    return PDF if not is_page(data) and _PDF.search(start) and _ends_as_pdf(data) else None


def _web_archive(data: bytes) -> Kind | None:
    """A page with its pictures as one MIME message: Word saves and opens it under `.doc`."""
    head = _start(data)
    if not re.match(rb"(?:mime-version|from|content-type|date|subject):", head, re.I):
        return None
    return DOC if _WEB_ARCHIVE.search(head) and b"text/html" in data[:65536].lower() else None


def is_page(data: bytes) -> bool:
    """Whether it is HTML: the page of an expired link, a login page, a proxy's error page."""
    return _start(data)[:100].lower().startswith((b"<html", b"<!doctype html"))


def is_cut(data: bytes) -> bool:
    """Whether the end of the file is missing, where the format of the file tells."""
    start = _start(data)
    if not start.startswith(b"<") and _PDF.search(start):
        return not _ends_as_pdf(data)
    return file_containers.is_cut(data)


def _ends_as_pdf(data: bytes) -> bool:
    """A file that was changed has several ends; objects after the last of them have lost theirs."""
    tail = data.rstrip(b"\0 \t\r\n")[-_PDF_TAIL:]
    _, end, after = tail.rpartition(_PDF_END)
    return bool(end) and b" obj" not in after


def _start(data: bytes) -> bytes:
    """The first kilobyte without a byte order mark and leading blanks."""
    return data[:1024].lstrip(_BLANKS)


def is_plain_text(data: bytes) -> bool:
    """Text in Unicode or an 8-bit code that is neither markup, a script nor JSON (an error)."""
    text = _as_text(data.rstrip(b"\0\x1a") if data[-1:] == b"\x1a" else data).strip()
    if not text or text.startswith(("#!", "<")) or _CONTROLS.search(text):
        return False
    if text[0] not in "{[":
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _as_text(data: bytes) -> str:
    """Empty where it is in none of the codes. Without a byte order mark the zeros tell UTF-16."""
    code = next((code for mark, code in _MARKS if data.startswith(mark)), "latin-1")
    sample = data[:4096]
    if code == "latin-1" and len(data) % 2 == 0 and len(sample) >= 16:
        most = len(sample) * 0.4
        zeros = {"utf-16-le": sample[1::2].count(0), "utf-16-be": sample[::2].count(0)}
        code = next((found for found, count in zeros.items() if count > most), code)
    try:
        return data.decode(code)
    except UnicodeDecodeError:
        return ""


_EXTENSION = re.compile(
    r"\.(?:pdf|docx?|docm|dotx?|odt|rtf|pptx?|png|jpe?g|txt|html?|mht(?:ml)?|xml|bin|tmp|exe|pages"
    r"|gif|tiff?|webp|hei[cf])$",
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
