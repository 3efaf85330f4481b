"""CVs in the forms that the world sends them in; each function makes the bytes of one."""

from __future__ import annotations

import base64
import io
import zipfile

from sync.clients import file_containers as boxes

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOC = OLE + b"\0" * 504 + "WordDocument".encode("utf-16-le")
PPT = OLE + b"\0" * 504 + "PowerPoint Document".encode("utf-16-le")
# A header that places the directory in the fourth sector, which is missing.
CUT_DOC = (OLE + b"\0" * 22 + b"\x09\0" + b"\0" * 16 + b"\x03\0\0\0").ljust(1200, b"\0")
RTF = b"{\\rtf1\\ansi Zo\\'e9 Roux}"
PNG, JPEG = b"\x89PNG\r\n\x1a\n0000IEND", b"\xff\xd8\xff\xe0\0\x10JFIF\0\xff\xd9"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
TEXT = "Zoé Roux\nIngénieure à Orléans\n10 ans d'expérience — €"

MAIN = "application/vnd.openxmlformats-officedocument.{}.main+xml"
WORD = MAIN.format("wordprocessingml.document")
SLIDES = MAIN.format("presentationml.presentation")
SHEET = MAIN.format("spreadsheetml.sheet")
ODT_TYPE = "application/vnd.oasis.opendocument.text"


def types(main: str, part: str = "/word/document.xml") -> str:
    return f'<Types><Override PartName="{part}" ContentType="{main}"/></Types>'


def zipped(*members: tuple[str, str], stored: bool = False) -> bytes:
    stream = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return stream.getvalue()


class _Pipe(io.RawIOBase):
    """Cannot be sought: sizes follow the data, in descriptors, as services that stream write it."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def streamed(*members: tuple[str, str]) -> bytes:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, text in members:
            archive.writestr(name, text)
    return bytes(pipe.data)


BODY = ("word/document.xml", "<w:document/>")
DOCX = zipped(("[Content_Types].xml", types(WORD)), ("_rels/.rels", "<R/>"), BODY)
ONLINE = streamed(
    ("[Content_Types].xml", types(WORD, "/word/document2.xml")),
    ("word/document2.xml", "<w:document/>"),
)
LIBRE = zipped(("_rels/.rels", "<R/>"), ("docProps/app.xml", "<P/>"), BODY,
               ("[Content_Types].xml", types(WORD)))  # fmt: skip
PAGES = zipped(BODY, ("[Content_Types].xml", types(WORD)), stored=True)
GOOGLE = streamed(BODY, ("word/styles.xml", "<s/>"), ("[Content_Types].xml", types(WORD)))
SLASHED = zipped(("/[Content_Types].xml", types(WORD)), ("\\word\\document.xml", "<w/>"))
TEMPLATE = zipped(("[Content_Types].xml", types(MAIN.format("wordprocessingml.template"))), BODY)
MIMETYPE_FIRST = zipped(("mimetype", boxes.DOCX.content_type), ("word/document.xml", "<w/>"),
                        ("[Content_Types].xml", types(WORD)))  # fmt: skip
PPTX = zipped(("[Content_Types].xml", types(SLIDES)), ("ppt/presentation.xml", "<p/>"))
XLSX = zipped(("[Content_Types].xml", types(SHEET)), ("xl/workbook.xml", "<w/>"))
MACROS = zipped(
    ("[Content_Types].xml", types("application/vnd.ms-word.document.macroEnabled.main+xml")), BODY
)
ODT = zipped(("mimetype", ODT_TYPE), ("content.xml", "<o/>"), stored=True)
LATE_ODT = zipped(("content.xml", "<o/>"), ("mimetype", ODT_TYPE))
BARE_ODT = zipped(
    ("content.xml", "<o/>"),
    ("META-INF/manifest.xml", f'<m:file-entry m:full-path="/" m:media-type="{ODT_TYPE}"/>'),
)

MHTML = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="=_x"\r\n\r\n'
    b"--=_x\r\nContent-Type: text/html\r\n\r\n<html><body>Zo=E9</body></html>\r\n--=_x--\r\n"
)
WORD_HTML = (
    b"<html xmlns:w='urn:schemas-microsoft-com:office:word'><head></head><body>CV</body></html>"
)
WORD_XML = b"<?xml version='1.0'?><?mso-application progid=\"Word.Document\"?><w:wordDocument/>"


def base64_text(
    data: bytes, *, width: int = 0, url_safe: bool = False, padded: bool = True
) -> bytes:
    text = base64.urlsafe_b64encode(data) if url_safe else base64.b64encode(data)
    text = text if padded else text.rstrip(b"=")
    lines = [text[at : at + width] for at in range(0, len(text), width)] if width else [text]
    return b"\r\n".join(lines)


def data_url(data: bytes, kind: str = "application/pdf") -> bytes:
    return f"data:{kind};base64,".encode() + base64.b64encode(data)


def framed(data: bytes, *, extra: bytes = b"", end: bool = True) -> bytes:
    """The body of an upload by a form: a text field, the file, and the last boundary."""
    boundary = b"------WebKitFormBoundaryAbC123"
    field = b'Content-Disposition: form-data; name="job"\r\n\r\nComptable'
    file = b'Content-Disposition: form-data; name="file"; filename="cv.pdf"\r\n' + extra
    file += b"Content-Type: application/pdf\r\n\r\n" + data
    parts = [boundary + b"\r\n" + field, boundary + b"\r\n" + file]
    return b"\r\n".join([*parts, boundary + b"--\r\n"] if end else parts)


def mail(data: bytes) -> bytes:
    """An e-mail that holds the CV, saved in place of it."""
    head = b"From: zoe@example.com\r\nMIME-Version: 1.0\r\n"
    head += b"Content-Type: multipart/mixed; boundary=b\r\n"
    text = b"Content-Type: text/plain\r\n\r\nVoici mon CV."
    file = (
        b'Content-Type: application/pdf; name="cv.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    body = b"\r\n--b\r\n".join([head, text, file + base64.encodebytes(data)])
    return body + b"\r\n--b--\r\n"
