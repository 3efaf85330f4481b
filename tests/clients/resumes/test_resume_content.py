"""The type of a CV is decided by its bytes, and its file name is plain."""

from __future__ import annotations

import io
import zipfile

import pytest

from sync.clients import file_types
from sync.exceptions import DoubtfulError, PermanentError
from sync.vocabulary import ErrorCode
from tests.clients.resumes.resume_files import PDF, error_of, get
from tests.raw_server import say, serving

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOC = OLE + b"\0" * 504 + "WordDocument".encode("utf-16-le")
PNG, JPEG = b"\x89PNG\r\n\x1a\n0000", b"\xff\xd8\xff\xe0JFIF"


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return stream.getvalue()


DOCX = zipped(word__document_xml=b"<w/>")
ODT = zipped(mimetype=b"application/vnd.oasis.opendocument.text", content_xml=b"<o/>")


KINDS = [
    (PDF, "application/pdf", ".pdf", "application/pdf"),
    (PDF, "application/octet-stream", ".pdf", "application/pdf"),
    (PDF, "", ".pdf", "application/pdf"),
    (PDF, "image/png", ".pdf", "application/pdf"),
    (b"\xef\xbb\xbf\n" + PDF, "application/pdf", ".pdf", "application/pdf"),
    (DOC, "application/octet-stream", ".doc", "application/msword"),
    (DOCX, "application/zip", ".docx", file_types.DOCX.content_type),
    (ODT, "", ".odt", "application/vnd.oasis.opendocument.text"),
    (b"{\\rtf1 text}", "text/rtf", ".rtf", "application/rtf"),
    (PNG, "image/jpeg", ".png", "image/png"),
    (JPEG, "image/png", ".jpg", "image/jpeg"),
    ("Zoé Roux\nIngénieure".encode(), "text/plain; charset=utf-8", ".txt", "text/plain"),
    ("Zoé Roux".encode("latin-1"), "", ".txt", "text/plain"),
]


@pytest.mark.parametrize(("data", "declared", "extension", "kind"), KINDS)
def test_the_bytes_decide_the_type(data: bytes, declared: str, extension: str, kind: str) -> None:
    with serving(say(200, data, declared)) as server:
        found = get(server)
    assert (found.data, found.content_type) == (data, kind)
    assert found.file_name == f"CV_Zoé{extension}"


WRONG = [
    (b"<html>expired</html>", "application/pdf"),
    (b"\n <!DOCTYPE html><p>%PDF-1.4", "text/html"),
    (b"<?xml version='1.0'?><svg/>", "image/svg+xml"),
    (b"MZ\x90\x00\x03", "application/pdf"),
    (b"\x7fELF\x02", "application/octet-stream"),
    (b"#!/bin/sh\nrm -rf /", "text/plain"),
    (b'{"error": "expired"}', "application/json"),
    (b'{"error": "expired"}', ""),
    (b"link expired", "application/pdf"),
    (OLE + b"\0" * 600, "application/msword"),
    (zipped(xl__workbook_xml=b""), "application/zip"),
    (zipped(word__document_xml=b"", word__vbaProject_bin=b""), ""),
    (b"PK\x03\x04 broken", "application/zip"),
    (b"\x00\x01\x02", ""),
    (b"   ", "text/plain"),
]


@pytest.mark.parametrize(("data", "declared"), WRONG)
def test_what_is_no_document_is_refused(data: bytes, declared: str) -> None:
    with serving(say(200, data, declared)) as server:
        error = error_of(server)
    kind = DoubtfulError if b"html" in data.lower() else PermanentError
    assert (type(error), error.code) == (kind, ErrorCode.RESUME_WRONG_TYPE)


def test_an_empty_file_is_refused() -> None:
    with serving(say(200, b"", "application/pdf")) as server:
        assert error_of(server).code == ErrorCode.RESUME_EMPTY


NAMES = [
    ("CV_John", "CV_John.pdf"),
    ("resume.PDF", "resume.pdf"),
    ("cv.docx", "cv.pdf"),
    ("Jean.Dupont", "Jean.Dupont.pdf"),
    ("../../etc/passwd", "passwd.pdf"),
    ("C:\\temp\\cv.exe", "cv.pdf"),
    ("a\r\nb\0:c", "abc.pdf"),
    ("", "CV.pdf"),
    (".pdf", "CV.pdf"),
    ("x" * 300, "x" * 100 + ".pdf"),
]


@pytest.mark.parametrize(("wanted", "given"), NAMES)
def test_a_file_name_is_plain_and_ends_as_the_bytes_say(wanted: str, given: str) -> None:
    assert file_types.file_name(wanted, file_types.PDF) == given
