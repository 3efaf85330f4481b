"""What may be stored or logged of an exchange: never a secret, never how to reach a person.

Everything that leaves the HTTP door as text (excerpts, error parameters, log lines) goes through
`redact` first.
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

# Shorter "secrets" would tear ordinary words apart.
_SHORTEST_SECRET = 4
_LONGEST_LOG_LINE = 20_000
# Letters and digits in a row: fewer are met by chance.
_FRAGMENT = 12
_LONGEST_PASSAGE = 100_000

# Bounded repetitions only: a hostile body must not make a search quadratic.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(bearer|basic)(\s+|%20|\+)[^\s\"',;<>]+", re.I), rf"\1\2{HIDDEN}"),
    (re.compile(r"(x-api-key[\"']?\s{0,4}[:=]\s{0,4}b?[\"']?)[^\s\"',;<>]+", re.I), rf"\1{HIDDEN}"),
    # Query values, signed links (`X-Amz-Signature`) included. `key` and `source_key` only name.
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
    # The address of a webhook is its password.
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
    """`text` without the given secrets in any encoding they travel in, nor anything private."""
    text = hide(text, secrets)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` without the secrets alone."""
    for form in _forms(tuple(secrets)):
        text = text.replace(form, HIDDEN)
    return text


def redact_words(text: str, words: Iterable[str]) -> str:
    """`text` without these values as whole words: what was sent of a person comes back in errors"""
    # Most texts hold none of them, and a pattern of words seen once is costly to compile.
    folded = text.casefold()
    found = {word.strip() for word in words if len(word.strip()) > 2}
    wanted = sorted((word for word in found if word.casefold() in folded), key=len)
    if not wanted:
        return text
    pattern = "|".join(re.escape(word) for word in reversed(wanted))
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", "[…]", text, flags=re.I)


_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|([nrtbf])|)")


def unescaped(text: str) -> str:
    """`text` without JSON's escapes, also of JSON that is quoted in JSON: words stand there as they
    were written. What is no character to be shown becomes a blank."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    code, blank = escape.groups()
    character = chr(int(code, 16)) if code else ""
    return " " if blank or not character.isprintable() else character


def quotes(text: str, passages: Iterable[str]) -> bool:
    """Whether a fragment of one of these stands in `text`, whatever became of its line breaks,
    quotes, escapes, accents and capitals."""
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


def excerpt(text: str, secrets: Iterable[str] = (), *, limit: int = 300) -> str:
    """The beginning of `text`, redacted, on one line. Reads a little past the limit, so that a
    secret or an address cut in two by it is still recognised."""
    redacted = redact(" ".join(text[: limit * 4].split()), secrets)
    return redacted if len(redacted) <= limit else redacted[: limit - 1] + "…"


@lru_cache(maxsize=256)
def _forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Every spelling of the secrets, the longest first so that none leaves a tail behind."""
    found: set[str] = set()
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            found |= _spellings(secret)
    return tuple(sorted(found, key=len, reverse=True))


def _spellings(secret: str) -> set[str]:
    percent = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda code: code.group().lower(), text) for text in percent}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    slashes = {text.replace("/", "\\/") for text in escaped}
    shown = {secret, repr(secret)[1:-1], html.escape(secret)}
    return percent | lower | escaped | slashes | shown | _base64_spellings(secret.encode())


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
    """Redacts a log record, its arguments and its traceback. Put it on handlers: a filter on a
    logger does not see the records of the loggers below it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._clean(_message(record)), None
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if record.exc_text:
            record.exc_text = self._clean(record.exc_text)
            # A handler that formats the traceback for itself would undo the work.
            record.exc_info = None
        return True

    def _clean(self, text: str) -> str:
        return redact(text[:_LONGEST_LOG_LINE], self.secrets)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a badly written log call must not hide itself
        return f"{record.msg} {record.args!r}"
