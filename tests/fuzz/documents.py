"""The bytes of CVs: documents of every kind, cut, spoiled, hidden in others, wrongly declared."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from hypothesis import strategies as st

from tests.fuzz.json_shapes import texts

Bytes = st.SearchStrategy[bytes]
DECLARED = [
    "", "application/pdf", "text/plain", "text/plain; charset=utf-16", "application/octet-stream",
    "APPLICATION/PDF;", "text/html", "multipart/form-data; boundary=x", "\xff", ";", "a/b/c",
]  # fmt: skip
_NAMES = st.sampled_from(
    [
        "word/document.xml", "word/vbaProject.bin", "mimetype", "[Content_Types].xml", "Index.zip",
        "content.xml", "../../etc/passwd", "a" * 300, "mimetype ", "xl/workbook.xml", "é", "\x01",
    ]
)  # fmt: skip
_ODT = b"application/vnd.oasis.opendocument.text"
_contents = st.sampled_from([_ODT, _ODT + b"\n", b"", b"x" * 5000, b"\xff\xfe"]) | st.binary()
_BOMS = [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\r\n\r\n", b" ", b"\0" * 8]


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Zips with the entries of documents, packed in every way, once in four with a lying header."""
    packed, how = io.BytesIO(), draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    with zipfile.ZipFile(packed, "w", how) as archive:
        for name in draw(st.lists(_NAMES, max_size=4, unique=True)):
            archive.writestr(zipfile.ZipInfo(name), draw(_contents), how)
        archive.comment = draw(st.sampled_from([b"", b"PK\x05\x06", b"x" * 70]))
    data = bytearray(packed.getvalue())
    if not draw(st.integers(0, 3)):
        for at in draw(st.lists(st.integers(0, len(data) - 1), max_size=6)):
            data[at] = draw(st.integers(0, 255))
    return bytes(data)


def _pdf(body: bytes) -> bytes:
    return b"%PDF-1.7\n" + body + b"\nstartxref\n0\n%%EOF\n"


def _ole(stream: bytes) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + stream


_KINDS: list[Callable[[bytes], bytes]] = [
    _pdf,
    lambda body: _pdf(body)[:-6],
    lambda body: b"x" * 900 + _pdf(body),
    lambda body: _pdf(body) * 2,
    lambda body: _ole("WordDocument".encode("utf-16-le") + body),
    lambda body: _ole("Workbook".encode("utf-16-le") + body),
    lambda body: b"{\\rtf1\\ansi " + body + b"}",
    lambda body: b"\x89PNG\r\n\x1a\n" + body,
    lambda body: b"\xff\xd8\xff\xe0" + body,
    lambda body: b"GIF89a" + body,
    lambda body: b"\x1f\x8b\x08\0" + body,
    lambda body: b"<!DOCTYPE html><html>" + body,
    lambda body: b"<?xml version='1.0'?><w:wordDocument>" + body,
    lambda body: b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n" + body,
    lambda body: b"--x\r\nContent-Type: application/pdf\r\n\r\n" + _pdf(body) + b"\r\n--x--",
    lambda body: b"data:application/pdf;base64,JVBERi0xLjcK" + body,
    lambda body: b"0\x82\x05\x00\x06\t*\x86H\x86\xf7\r\x01\x07\x02" + _pdf(body),
    lambda body: b'{"message": "expired"}' + body,
    lambda body: b"#!/bin/sh\n" + body,
    lambda body: b"MZ\x90" + body,
]
_words: Bytes = st.builds(
    lambda text, code: text.encode(code, "replace"),
    texts,
    st.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-32", "cp1252", "shift_jis", "koi8-r"]),
)
files: Bytes = st.builds(
    lambda mark, data, kept: (mark + data)[:kept],
    st.sampled_from(_BOMS),
    st.one_of(
        archives(),
        st.builds(lambda kind, body: kind(body), st.sampled_from(_KINDS), _words | st.binary()),
        _words,
        st.binary(max_size=200),
    ),
    st.sampled_from([None, None, None, 1030, 400, 30, 5, 0]),
)
