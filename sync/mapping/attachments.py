"""The CVs that a profile lists, in the order in which they are tried, and their addresses. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import idna

from sync.mapping.contact import percent_encoded
from sync.mapping.profile import line, mapping, mappings, moment, number

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_WEB = re.compile(r"(https?)://([^/?#]*)(.*)", re.I | re.S)
_ENDING = re.compile(
    r"\.(?:pdf|docx?|dotx?|odt|rtf|txt|pptx?|png|jpe?g|webp|tiff?|hei[cf]|gif)(?![a-z0-9])", re.I
)
# What viewers of PDF take after a `#`: RFC 8118.
_VIEW = re.compile(r"(?:page|zoom|view|viewrect|toolbar|navpanes|nameddest|search|comment)=", re.I)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A CV as the profile lists it; nothing has been opened or checked.

    `kind`: `resume` (processed by HrFlow) or `original` (as uploaded). `extension`: `.pdf`, or
    empty. `size`: bytes, None where it is not known.
    """

    url: str
    file_name: str
    extension: str
    kind: str
    size: int | None


def list_resumes(profile: Mapping[str, Any]) -> list[Attachment]:
    """The profile's CVs, the best first: `resume` before `original`, and the newest of several."""
    ranked = [
        ((attachment.kind == "resume", moment(item.get("created_at")) or _EARLIEST), attachment)
        for item in mappings(mapping(profile).get("attachments"))
        if (attachment := _attachment(item))
    ]
    return [found for _, found in sorted(ranked, key=lambda pair: pair[0], reverse=True)]


def choose_resume(profile: Mapping[str, Any]) -> Attachment | None:
    """The first of `list_resumes`; None without any."""
    return next(iter(list_resumes(profile)), None)


def _attachment(item: Mapping[str, Any]) -> Attachment | None:
    """None where the item is not a CV, or has no URL."""
    address, size = item.get("public_url"), number(item.get("file_size"))
    url = file_address(address) if isinstance(address, str) else ""
    file_name = line(item.get("file_name"))
    # Older profiles mark the CV by `file_name`, with or without extension, instead of `type`.
    marks = (line(item.get("type")).lower(), PurePosixPath(file_name).stem.lower())
    kind = next((mark for mark in marks if mark in ("resume", "original")), "")
    if not (kind and url):
        return None
    name = line(item.get("original_file_name")) or file_name
    return Attachment(
        url=url,
        file_name=name,
        extension=_extension(line(item.get("extension")).lower(), name, url),
        kind=kind,
        size=int(size) if size is not None and size >= 0 else None,
    )


def _extension(given: str, name: str, url: str) -> str:
    """`.pdf`: as HrFlow gives it, else from the file's name, else from its URL; or empty."""
    if given:
        return f".{given.lstrip('.')}"
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    suffixes = (PurePosixPath(found).suffix.lower() for found in (name, path))
    return next((end for end in suffixes if re.fullmatch(r"\.[a-z0-9]{1,5}", end)), "")


def file_address(text: str) -> str:
    """The address of a file in ASCII, every character encoded exactly once.

    The result given again stays as it is. Addresses that are not of the web are only encoded: the
    download refuses them.
    """
    found = _WEB.fullmatch(text.strip())
    if found is None:
        return percent_encoded(text.strip())
    scheme, authority, rest = found.groups()
    return f"{scheme}://{_ascii_authority(authority)}{percent_encoded(_hashes_encoded(rest))}"


def _ascii_authority(authority: str) -> str:
    """Host and port, the host as DNS knows it; percent-encoded, and so refused by the download,
    where it is no host."""
    host, colon, port = authority.partition(":")
    if authority.isascii() or "@" in authority or not re.fullmatch("[0-9]*", port):
        return percent_encoded(authority)
    try:
        return idna.encode(host, uts46=True).decode() + colon + port
    except UnicodeError:
        return percent_encoded(authority)


def _hashes_encoded(rest: str) -> str:
    """Path and query of an address: a `#` in a file's name is encoded, a fragment is left out.

    `/CV C#.pdf` holds the former, `/cv.pdf#page=2` the latter, which no server is ever sent.
    """
    before, mark, after = rest.partition("#")
    is_complete = "?" in before or _ENDING.search(before)
    if mark and (_VIEW.match(after) or (is_complete and not _ENDING.search(after))):
        return before
    return rest.replace("#", "%23")


# Names in the query of an address that its owner has signed for a time: Amazon S3 (both versions),
# CloudFront, Google Cloud Storage (both versions), Azure (`se` is the end, `sig` the signature).
_SIGNED = re.compile(
    r"(?:x-(?:amz|goog|oss|cos|obs|tos)-(?:expires|signature|security-token)"
    r"|expir(?:es?|y|ation)(?:[-_]?(?:at|on|in))?|exp|signature|key-pair-id|googleaccessid)",
    re.I,
)


def will_expire(url: str) -> bool:
    """Whether the address opens its file only for a time, as far as its query tells."""
    try:
        query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return False
    names = {name.lower() for name, _ in query}
    if {"se", "sig"} <= names or any(_SIGNED.fullmatch(name) for name in names):
        return True
    return any(_is_token_with_an_end(value) for _, value in query)


def _is_token_with_an_end(value: str) -> bool:
    """Whether it is a JSON Web Token that says when it ends (`exp`)."""
    found = re.fullmatch(r"[\w-]+\.([\w-]{2,4000})\.[\w-]*", value, re.A)
    if found is None:
        return False
    try:
        claims = json.loads(base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(claims, dict) and "exp" in claims
