"""Documents that are archives of parts: Office Open XML and OpenDocument (ZIP), Word 97 (OLE)."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    content_type: str
    extension: str


_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_ODT = "application/vnd.oasis.opendocument.text"
DOC = Kind("application/msword", ".doc")
PPT = Kind("application/vnd.ms-powerpoint", ".ppt")
DOCX = Kind(f"{_OPEN_XML}.wordprocessingml.document", ".docx")
DOTX = Kind(f"{_OPEN_XML}.wordprocessingml.template", ".dotx")
PPTX = Kind(f"{_OPEN_XML}.presentationml.presentation", ".pptx")
ODT = Kind(_ODT, ".odt")
# Whole or no document at all: what lists their parts is at the end of the file.
ZIPPED = (DOCX, DOTX, PPTX, ODT)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_TYPES, _MANIFEST = "[content_types].xml", "meta-inf/manifest.xml"
# As much of a part as is ever unpacked: a decompression bomb does no harm.
_MOST_UNPACKED = 1 << 16
# Where a document of these kinds may begin: each writer has an order of its own.
_FIRST_PARTS = ("[content_types]", "_rels/", "docprops/", "word/", "ppt/", "customxml/", "mimetype",
                "meta-inf/", "content.xml", "styles.xml", "settings.xml")  # fmt: skip
_BROKEN = (
    zipfile.BadZipFile, OSError, ValueError, ArithmeticError, RuntimeError, EOFError, struct.error,
    zlib.error, lzma.LZMAError,
)  # fmt: skip


def recognise(data: bytes) -> Kind | None:
    if data.startswith(_ZIP):
        return _zipped(data)
    if not data.startswith(_OLE):
        return None
    # An OLE container may also be a spreadsheet, a message or an installer: the streams tell.
    if "WordDocument".encode("utf-16-le") in data:
        return DOC
    return PPT if "PowerPoint Document".encode("utf-16-le") in data else None


def is_cut(data: bytes) -> bool:
    """Whether the end of a document is missing: a ZIP's list of entries, the sectors of an OLE."""
    if data.startswith(_ZIP):
        length = int.from_bytes(data[26:28], "little")
        first = data[30 : 30 + length].decode("utf-8", "replace")
        is_document = _plain_name(first).startswith(_FIRST_PARTS)
        return is_document and not zipfile.is_zipfile(io.BytesIO(data))
    if data.startswith(_OLE) and recognise(data) is None:
        sector = 1 << min(int.from_bytes(data[30:32], "little"), 16)
        directory = int.from_bytes(data[48:52], "little")
        return (directory + 1) * sector >= len(data)
    return False


def _zipped(data: bytes) -> Kind | None:
    """By the names and declared types of the parts; None for macros and other archives."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {_plain_name(name): name for name in archive.namelist()}
            if any(name.endswith("vbaproject.bin") for name in names):
                return None
            return _open_xml(archive, names) or _open_document(archive, names)
    except _BROKEN:
        return None


def _plain_name(name: str) -> str:
    """Some writers put a slash before the names, others write them with backslashes."""
    return name.replace("\\", "/").lstrip("/").lower()


def _open_xml(archive: zipfile.ZipFile, names: Mapping[str, str]) -> Kind | None:
    """By the type of the main part, whose name is free: Word Online writes `document2.xml`."""
    types = _unpacked(archive, names.get(_TYPES))
    if b"macroenabled" in types.lower():
        return None
    for kind in (DOCX, DOTX, PPTX):
        if f"{kind.content_type}.main+xml".encode() in types:
            return kind
    if any(name.startswith("word/document") and name.endswith(".xml") for name in names):
        return DOCX
    return PPTX if "ppt/presentation.xml" in names else None


def _open_document(archive: zipfile.ZipFile, names: Mapping[str, str]) -> Kind | None:
    """By the entry `mimetype`, or the list of its files where there is none."""
    if "mimetype" in names:
        return ODT if _unpacked(archive, names["mimetype"]).strip() == _ODT.encode() else None
    manifest = _unpacked(archive, names.get(_MANIFEST))
    return ODT if f'"{_ODT}"'.encode() in manifest else None


def _unpacked(archive: zipfile.ZipFile, name: str | None) -> bytes:
    """The beginning of an entry; empty where there is none."""
    if name is None:
        return b""
    with archive.open(name) as entry:
        return entry.read(_MOST_UNPACKED)
