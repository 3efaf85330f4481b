"""CVs: what their bytes are, how they are wrapped, and the addresses they are said to lie at."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

from sync.clients import file_containers as boxes
from sync.clients import file_types as kinds
from sync.vocabulary import ErrorCode
from tests.cases import Case
from tests.clients.resumes import resume_forms as forms
from tests.clients.resumes.resume_forms import PDF, base64_text, data_url, framed

FORMS = "clients/resumes/test_resume_forms.py::test_a_cv_is_what_its_bytes_are"
ADDRESSES = "mapping/test_cv_addresses.py::test_an_address_is_encoded_once"
EXPIRING = "mapping/test_cv_addresses.py::test_an_address_tells_whether_it_will_expire"
CUT, WRONG = ErrorCode.RESUME_CUT, ErrorCode.RESUME_WRONG_TYPE
GZIPPED = {"Content_Encoding": "gzip"}


def _form(name: str, served: bytes, right: Any, declared: str = "", **headers: str) -> Case:
    """`right`: the kind and the bytes that are sent, or the code of the error."""
    return Case("resumes", name, (served, declared, headers), right, FORMS)


def _as_it_is(name: str, served: bytes, kind: Any, declared: str = "") -> Case:
    return _form(name, served, (kind, served), declared)


KINDS = [
    _as_it_is("docx of Word", forms.DOCX, boxes.DOCX),
    _as_it_is("docx of Word Online: document2.xml, streamed", forms.ONLINE, boxes.DOCX),
    _as_it_is("docx of LibreOffice: types last", forms.LIBRE, boxes.DOCX),
    _as_it_is("docx of Pages: stored, body first", forms.PAGES, boxes.DOCX),
    _as_it_is("docx of Google Docs: streamed, body first", forms.GOOGLE, boxes.DOCX),
    _as_it_is("docx with slashes and backslashes before its parts", forms.SLASHED, boxes.DOCX),
    _as_it_is("docx with a mimetype before all", forms.MIMETYPE_FIRST, boxes.DOCX),
    _as_it_is("docx declared as PDF", forms.DOCX, boxes.DOCX, "application/pdf"),
    _as_it_is("a Word template", forms.TEMPLATE, boxes.DOTX),
    _as_it_is("pptx", forms.PPTX, boxes.PPTX),
    _as_it_is("ppt", forms.PPT, boxes.PPT),
    _as_it_is("doc", forms.DOC, boxes.DOC),
    _as_it_is("odt", forms.ODT, boxes.ODT),
    _as_it_is("odt with a packed mimetype that is not first", forms.LATE_ODT, boxes.ODT),
    _as_it_is("odt without mimetype", forms.BARE_ODT, boxes.ODT),
    _as_it_is("rtf", forms.RTF, kinds.RTF, "text/rtf"),
    _as_it_is("png", forms.PNG, kinds.PNG, "image/jpeg"),
    _as_it_is("jpeg", forms.JPEG, kinds.JPEG),
    _as_it_is("webp", b"RIFF\x1a\0\0\0WEBPVP8 ", kinds.WEBP),
    _as_it_is("tiff of a PC", b"II*\0\x08\0\0\0", kinds.TIFF),
    _as_it_is("tiff of a Mac", b"MM\0*\0\0\0\x08", kinds.TIFF),
    _as_it_is("heic of a telephone", forms.HEIC, kinds.HEIC),
    _as_it_is("text in UTF-8 with a mark", forms.TEXT.encode("utf-8-sig"), kinds.TEXT),
    _as_it_is("text in cp1252", forms.TEXT.encode("cp1252"), kinds.TEXT, "text/plain"),
    _as_it_is("text in UTF-16 with a mark", forms.TEXT.encode("utf-16"), kinds.TEXT),
    _as_it_is("text in UTF-16 without a mark", forms.TEXT.encode("utf-16-le"), kinds.TEXT),
    _as_it_is("text in UTF-16, big end first", forms.TEXT.encode("utf-16-be") + b"\0 ", kinds.TEXT),
    _as_it_is("text in UTF-32", forms.TEXT.encode("utf-32"), kinds.TEXT),
    _as_it_is("text of DOS, with its end", forms.TEXT.encode("cp1252") + b"\x1a", kinds.TEXT),
    _as_it_is("pdf after a mark and blanks", b"\xef\xbb\xbf\r\n\r\n" + PDF, kinds.PDF),
    _as_it_is("pdf after 900 bytes", b"\0" * 900 + PDF, kinds.PDF),
    _as_it_is("pdf under its older name", PDF.replace(b"%PDF-1.4", b"%!PS-Adobe-3.0 PDF-1.4"),
              kinds.PDF),
    _as_it_is("pdf with zeros after its end", PDF + b"\0" * 20_000, kinds.PDF),
    _as_it_is("a web archive of Word under .doc", forms.MHTML, boxes.DOC, "application/msword"),
    _as_it_is("a page of Word under .doc", forms.WORD_HTML, boxes.DOC, "application/msword"),
    _as_it_is("XML of Word 2003 under .doc", forms.WORD_XML, boxes.DOC, "application/msword"),
]  # fmt: skip
WRAPPED = [
    _form("base64 in one line", base64_text(PDF), (kinds.PDF, PDF), "application/pdf"),
    _form("base64 in lines", base64_text(forms.DOCX, width=76), (boxes.DOCX, forms.DOCX)),
    _form("base64 of addresses, unpadded", base64_text(forms.JPEG * 9, url_safe=True, padded=False),
          (kinds.JPEG, forms.JPEG * 9)),
    _form("base64 as a JSON string", b'"' + base64_text(PDF).replace(b"/", b"\\/") + b'"',
          (kinds.PDF, PDF), "application/json"),
    _form("base64 whose + a form made blanks", base64_text(PDF * 3).replace(b"+", b" "),
          (kinds.PDF, PDF * 3)),
    _form("base64 of a text", base64_text(forms.TEXT.encode()), (kinds.TEXT, forms.TEXT.encode())),
    _form("base64 of a program", base64_text(b"MZ\x90\0" * 40), WRONG, "application/pdf"),
    _form("base64 that breaks off", base64_text(PDF)[:-30], CUT),
    _form("a data URL", data_url(PDF), (kinds.PDF, PDF), "text/plain"),
    _form("a data URL of an unknown type", data_url(forms.DOC, ""), (boxes.DOC, forms.DOC)),
    _form("a data URL without base64", b"data:text/plain,Zo%C3%A9%20Roux",
          (kinds.TEXT, "Zoé Roux".encode())),
    _form("a data URL of a page", data_url(b"<html>login</html>", "text/html"), WRONG),
    _form("one long word", b"Developpement" * 9, (kinds.TEXT, b"Developpement" * 9)),
    _form("the framing of an upload", framed(PDF), (kinds.PDF, PDF), "application/pdf"),
    _form("the framing of an upload around docx", framed(forms.DOCX), (boxes.DOCX, forms.DOCX)),
    _form("the framing of an upload without its end", framed(PDF, end=False), (kinds.PDF, PDF)),
    _form("the framing of an upload around base64",
          framed(base64_text(PDF, width=76), extra=b"Content-Transfer-Encoding: base64\r\n"),
          (kinds.PDF, PDF)),
    _form("only the end of the framing", forms.DOCX + b"\r\n------WebKitFormBoundaryX1--\r\n",
          (boxes.DOCX, forms.DOCX)),
    _form("headers before the file", b"Content-Type: application/pdf\r\n\r\n" + PDF,
          (kinds.PDF, PDF)),
    _form("an e-mail with the file", forms.mail(PDF), (kinds.PDF, PDF), "message/rfc822"),
    _form("blanks before docx", b"\r\n\r\n" + forms.DOCX, (boxes.DOCX, forms.DOCX)),
    _form("a warning of PHP before pdf", b"<br />\n<b>Warning</b>: x in y.php<br />\n" + PDF,
          (kinds.PDF, PDF)),
    _form("gzip that no header names", gzip.compress(PDF), (kinds.PDF, PDF), "application/pdf"),
    _form("gzip of base64", gzip.compress(base64_text(PDF)), (kinds.PDF, PDF)),
    _form("gzip that the header names", gzip.compress(PDF), (kinds.PDF, PDF), "", **GZIPPED),
    _form("gzip twice, named once", gzip.compress(gzip.compress(PDF)), (kinds.PDF, PDF), "",
          **GZIPPED),
    _form("a gzip header on plain bytes", PDF, (kinds.PDF, PDF), "", **GZIPPED),
    _form("a gzip header on text", forms.TEXT.encode(), (kinds.TEXT, forms.TEXT.encode()), "",
          **GZIPPED),
    _form("a deflate header on docx", forms.DOCX, (boxes.DOCX, forms.DOCX), "",
          Content_Encoding="deflate"),
    _form("raw deflate", zlib.compress(PDF)[2:-4], (kinds.PDF, PDF), "",
          Content_Encoding="deflate"),
    _form("a br header on plain bytes", PDF, (kinds.PDF, PDF), "", Content_Encoding="br"),
]  # fmt: skip
REFUSED = [
    _form("pdf without its end", PDF[:-8], CUT, "application/pdf"),
    _form("pdf cut after its first end", PDF + PDF[9:-12], CUT),
    _form("pdf cut in half", PDF[: len(PDF) // 2], CUT),
    _form("docx cut in half", forms.DOCX[: len(forms.DOCX) // 2], CUT),
    _form("doc cut before its directory", forms.CUT_DOC, CUT),
    _form("gzip that breaks off", gzip.compress(PDF)[:-12], CUT, "", **GZIPPED),
    _form("gzip with a wrong byte", gzip.compress(PDF * 99)[:40] + b"\xff" * 40, CUT),
    _form("a page under a PDF's name", b"<!DOCTYPE html><p>%PDF-1.4 %%EOF", WRONG,
          "application/pdf"),
    _form("a spreadsheet", forms.XLSX, WRONG),
    _form("a document with macros", forms.MACROS, WRONG),
    _form("an old spreadsheet", forms.OLE + b"\0" * 504 + "Workbook".encode("utf-16-le"), WRONG),
    _form("binary that begins with few zeros", b"\0\1\2\3\0\5" * 9, WRONG),
    _form("framing around an error", framed(b"\x7fELF\2\1\1"), WRONG),
    _form("nothing under a gzip header", gzip.compress(b""), ErrorCode.RESUME_EMPTY, "", **GZIPPED),
]  # fmt: skip


def _address(name: str, given: str, right: str) -> Case:
    return Case("resume addresses", name, given, right, ADDRESSES)


ENCODED = [
    _address("plain", "https://f.io/cv.pdf", "https://f.io/cv.pdf"),
    _address("blanks and accents", " https://f.io/CV Zoé.pdf\n", "https://f.io/CV%20Zo%C3%A9.pdf"),
    _address("encoded before", "https://f.io/CV%20Zo%C3%A9.pdf", "https://f.io/CV%20Zo%C3%A9.pdf"),
    _address("half encoded", "https://f.io/CV%20Zoé.pdf", "https://f.io/CV%20Zo%C3%A9.pdf"),
    _address("a percent sign", "https://f.io/100% CV.pdf", "https://f.io/100%25%20CV.pdf"),
    _address("both", "https://f.io/a%20b 100%.pdf", "https://f.io/a%20b%20100%25.pdf"),
    _address("a hash in the name", "https://f.io/CV C#.pdf", "https://f.io/CV%20C%23.pdf"),
    _address("a hash before digits", "https://f.io/cv #12", "https://f.io/cv%20%2312"),
    _address("two hashes", "https://f.io/#1 C#.docx", "https://f.io/%231%20C%23.docx"),
    _address("a hash in the query", "https://f.io/d?n=C#.pdf&k=1", "https://f.io/d?n=C%23.pdf&k=1"),
    _address("a fragment", "https://f.io/cv.pdf#page=2", "https://f.io/cv.pdf"),
    _address("an empty fragment", "https://f.io/cv.pdf#", "https://f.io/cv.pdf"),
    _address("a name of a host", "https://fichiers.société.fr/cv.pdf",
             "https://fichiers.xn--socit-esab.fr/cv.pdf"),
    _address("a name of a host, with a port", "http://bücher.de:80/é",
             "http://xn--bcher-kva.de:80/%C3%A9"),
    _address("a host with ß", "https://straße.de/cv", "https://xn--strae-oqa.de/cv"),
    _address("a signature", "https://f.io/cv?sig=a%2Bb%3D&x=1+2", "https://f.io/cv?sig=a%2Bb%3D&x=1+2"),
    _address("another script", "https://f.io/简历.pdf", "https://f.io/%E7%AE%80%E5%8E%86.pdf"),
    _address("no address of the web", "file:///etc/pass wd", "file:///etc/pass%20wd"),
]  # fmt: skip

_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1cmwiOiJjdiIsImV4cCI6MX0.c2ln"


def _expiring(name: str, query: str, right: bool) -> Case:
    return Case("expiring addresses", name, f"https://f.io/cv.pdf{query}", right, EXPIRING)


EXPIRE = [
    _expiring("S3", "?X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-Signature=a", True),
    _expiring("S3, the older form", "?AWSAccessKeyId=A&Expires=1700000000&Signature=b%3D", True),
    _expiring("CloudFront", "?Policy=eyJ&Signature=x&Key-Pair-Id=K", True),
    _expiring("Google", "?X-Goog-Expires=900&X-Goog-Signature=a", True),
    _expiring("Google, the older form", "?GoogleAccessId=a&Expires=1&Signature=b", True),
    _expiring("Azure", "?sv=2022-11-02&se=2026-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=a", True),
    _expiring("in small letters", "?x-amz-expires=900", True),
    _expiring("a moment of another host", "?expires_at=1700000000&token=abc", True),
    _expiring("a token with an end", f"?token={_JWT}", True),
    _expiring("nothing", "", False),
    _expiring("a version", "?v=2&download=1&name=expires.pdf", False),
    _expiring("a token without an end", "?alt=media&token=2f9c-11", False),
    _expiring("three words with dots", "?name=jean.dupont.pdf", False),
    _expiring("an end without a signature", "?se=1", False),
]

CASES = [*KINDS, *WRAPPED, *REFUSED, *ENCODED, *EXPIRE]
