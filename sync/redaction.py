"""Removes secrets, e-mail addresses and phone numbers from text that is stored or logged.

Every text of an exchange (excerpts, error parameters, log lines) goes through `redact`.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import traceback
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote_plus

HIDDEN = "[secret]"
EMAIL = "[e-mail]"
PHONE = "[phone]"

_SHORTEST_SECRET = 4  # characters; shorter ones occur within ordinary words
_LONGEST_LOG_LINE = 20_000  # characters
_FRAGMENT = 12  # letters and digits in a row; shorter runs are equal by chance
_LONGEST_PASSAGE = 100_000  # characters

# All repetitions are bounded: a hostile body must not make a search quadratic.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(bearer|basic)(\s+|%20|\+)[^\s\"',;<>]+", re.I), rf"\1\2{HIDDEN}"),
    (re.compile(r"(x-api-key[\"']?\s{0,4}[:=]\s{0,4}b?[\"']?)[^\s\"',;<>]+", re.I), rf"\1{HIDDEN}"),
    # Query values, signed links (`X-Amz-Signature`) included; `key` and `source_key` are harmless.
    (
        re.compile(
            r"((?:^|[?&\s])(?:x-amz-[a-z-]{1,40}|x-goog-[a-z-]{1,40}|[\w-]{0,40}(?:token|secret"
            r"|signature|passw(?:or)?d|api_?key)|sig|auth|authorization|policy)=)[^&\s\"'<>]+",
            re.I,
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(
            r"([\"'](?:token|api_?secret|api_?key|secret|password|authorization|auth)[\"']"
            r"\s{0,4}:\s{0,4}[\"'])[^\"']*",
            re.I,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"([\"']phone[\"']\s{0,4}:\s{0,4}[\"'])[^\"']+", re.I), rf"\1{PHONE}"),
    # The token in a webhook's address is its only secret.
    (re.compile(r"(/hooks/[a-z]{1,20}/)[^/\s\"'?]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(://)[^/\s@:\"']{1,256}:[^/\s@\"']{1,256}@"), rf"\1{HIDDEN}@"),
    (re.compile(r"[\w.%+-]{1,64}(?:@|%40|\\u0040)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), EMAIL),
    (re.compile(r"[A-Za-z0-9+/_-]{120,}={0,2}"), "[blob]"),
    # `+33 6 12 34 56 78`, `06.12.34.56.78`, `0033…`, and bare runs of 10 to 15 digits.
    (
        re.compile(
            r"(?<![\w.+-])(?:\(?\+[\s.()-]{0,2}\d|\(?00?[1-9])(?:[\s.()-]{0,2}\d){7,13}(?!\w)"
        ),
        PHONE,
    ),
    (re.compile(r"(?<![\w.+-])\d{10,15}(?![\w.-])"), PHONE),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without `secrets` in any encoding, keys, passwords, e-mail addresses and phones."""
    text = hide(text, secrets)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets` in any of their encodings; nothing else is removed."""
    for form in _forms(tuple(secrets)):
        text = text.replace(form, HIDDEN)
    return text


def redact_words(text: str, words: Iterable[str]) -> str:
    """`text` without the given values where they stand as whole words, whatever their case.

    For an error that repeats what was sent of a person. Values of one or two characters stay.
    """
    # Most texts hold none of them, and compiling a pattern for one use is expensive.
    folded = text.casefold()
    found = {word.strip() for word in words if len(word.strip()) > 2}
    wanted = sorted((word for word in found if word.casefold() in folded), key=len)
    if not wanted:
        return text
    pattern = "|".join(re.escape(word) for word in reversed(wanted))
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", "[…]", text, flags=re.I)


_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|([nrtbf])|)")


def unescaped(text: str) -> str:
    """`text` with JSON's escapes decoded, also those of JSON quoted within JSON.

    Words then read as they were written; control characters become blanks.
    """

    def character(escape: re.Match[str]) -> str:
        code, blank = escape.groups()
        decoded = chr(int(code, 16)) if code else ""
        return " " if blank or not decoded.isprintable() else decoded

    return _ESCAPE.sub(character, text) if "\\" in text else text


def quotes(text: str, passages: Iterable[str]) -> bool:
    """Whether `text` repeats `_FRAGMENT` or more characters of one of the passages.

    Compares letters and digits only: line breaks, quotes, escapes, accents and case may differ.
    """
    shown = _letters(text)
    fragments = [shown[at : at + _FRAGMENT] for at in range(len(shown) - _FRAGMENT + 1)]
    for passage in passages if fragments else ():
        written = _letters(passage[:_LONGEST_PASSAGE])
        if any(fragment in written for fragment in fragments):
            return True
    return False


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", unquote_plus(html.unescape(text)))
    return re.sub(r"[\W_]+", "", plain).casefold()


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without what JSON can write and no row can hold: NUL, and half a surrogate pair."""
    return _UNSTORABLE.sub("", text)


def excerpt(text: str, secrets: Iterable[str] = (), *, limit: int = 300) -> str:
    """The beginning of `text`, redacted, on one line, at most `limit` characters.

    Redacts four times as much, so that a secret or an address cut by the limit is recognised.
    """
    redacted = redact(" ".join(storable(text[: limit * 4]).split()), secrets)
    return redacted if len(redacted) <= limit else redacted[: limit - 1] + "…"


@lru_cache(maxsize=256)
def _forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Every spelling of the secrets; the longest first, so that no part of one remains."""
    found: set[str] = set()
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            found |= _spellings(secret) | _base64_spellings(secret.encode())
    return tuple(sorted(found, key=len, reverse=True))


def _spellings(secret: str) -> set[str]:
    """As text, and encoded for URLs, JSON, Python and HTML."""
    percent = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda code: code.group().lower(), text) for text in percent}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    slashes = {text.replace("/", "\\/") for text in escaped}
    shown = {secret, repr(secret)[1:-1], html.escape(secret)}
    return percent | lower | escaped | slashes | shown


def _base64_spellings(secret: bytes) -> set[str]:
    """The secret inside a longer base64 text (`user:secret`): one spelling for each of the three
    places it can begin at, without the characters it shares with its neighbours."""
    if len(secret) < 8:  # what is certain of a shorter one is too short to search for
        return {base64.b64encode(secret).decode()}
    found = {base64.b64encode(secret).decode().rstrip("=")}
    for shift, shared in ((0, 0), (1, 2), (2, 3)):
        whole = (shift + len(secret)) // 3 * 3 - shift
        padded = base64.b64encode(b"\0" * shift + secret[:whole]).decode()
        found.add(padded[shared:])
    return found | {text.replace("+", "-").replace("/", "_") for text in found}


class RedactingFilter(logging.Filter):
    """Redacts a log record: message, arguments and traceback.

    Belongs on handlers: a filter on a logger does not see the records of the loggers below it.
    `secrets` are removed beside what has the form of a secret.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit the message
            message = f"{record.msg} {record.args!r}"
        record.msg, record.args = redact(message[:_LONGEST_LOG_LINE], self.secrets), None
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if record.exc_text:
            record.exc_text = redact(record.exc_text[:_LONGEST_LOG_LINE], self.secrets)
            # A handler would format the traceback from this again, unredacted.
            record.exc_info = None
        return True
