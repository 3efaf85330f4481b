"""What storage and uploads put around a CV, or take from it: the body and headers it comes with.

Switched on as faults of the endpoint `file`.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable

from sandbox.data.documents import sniff

Served = tuple[bytes, dict[str, str]]
_BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"


def _framed(content: bytes) -> Served:
    """The whole body of the upload was stored, and not the file in it."""
    head = b'Content-Disposition: form-data; name="file"; filename="CV.pdf"\r\n'
    head += b"Content-Type: application/octet-stream\r\n\r\n"
    parts = [b"--" + _BOUNDARY, head + content, b"--" + _BOUNDARY + b"--", b""]
    return b"\r\n".join(parts), {}


def _web_archive(content: bytes) -> Served:
    """A page that Word saved under `.doc`; the file itself is one of its parts."""
    page = b"<html xmlns:w=3D'urn:schemas-microsoft-com:office:word'><body>CV</body></html>"
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="p"\r\n\r\n--p\r\n'
    body = base64.encodebytes(content)
    parts = [b"Content-Type: text/html\r\n\r\n" + page, b"Content-Type: image/png\r\n\r\n" + body]
    return head + b"\r\n--p\r\n".join(parts) + b"\r\n--p--\r\n", {}


def _data_url(content: bytes) -> Served:
    kind = "application/pdf" if sniff(content) == "pdf" else "application/octet-stream"
    return f"data:{kind};base64,".encode() + base64.b64encode(content), {}


WRAPPINGS: dict[str, Callable[[bytes], Served]] = {
    "file_base64": lambda content: (base64.encodebytes(content), {}),
    "file_data_url": _data_url,
    "file_framed": _framed,
    "file_web_archive": _web_archive,
    "file_gzip_unsaid": lambda content: (gzip.compress(content), {}),
    "file_gzip_untrue": lambda content: (content, {"Content-Encoding": "gzip"}),
    "file_cut": lambda content: (content[: len(content) * 2 // 3], {}),
}
