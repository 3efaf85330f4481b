"""The rules for a create body, from Flatchr's documentation ("Créer un candidat")."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sandbox.data.profiles import Json

URL_KEYS = frozenset({"facebook", "linkedin", "twitter", "other"})
RESUME_KEYS = frozenset({"data", "fileName", "contentType"})
REQUIRED = ("vacancy", "firstname", "lastname", "token", "type", "resume")
_BASE64 = (string.ascii_letters + string.digits + "+/").encode()
_LATIN = re.compile("[a-zA-Z]")
_URL = re.compile(r"https?://[^\s]+\Z")
# What a paste from Word brings: general punctuation (quotes, bullets, dashes, ellipsis, narrow
# spaces), arrows to dingbats, private use, emoji; and what is no text: lone surrogates, control
# characters. Letters of any alphabet and Latin-1's own punctuation (« » · °) are fine.
_EXOTIC = re.compile(
    "[\u2000-\u206f\u2190-\u2bff\ud800-\uf8ff\ufeff\ufffd\U0001f000-\U0001faff"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)


class Problem(NamedTuple):
    """A broken rule, with the text that Flatchr answers."""

    rule: str
    text: str


class File(NamedTuple):
    """A resume sent as `document`; `data` is checked base64, not decoded yet."""

    data: str
    file_name: str
    content_type: str


def check_candidate(body: Json) -> tuple[list[Problem], File | None]:
    """Every problem of a create body, and its CV where there is a good one."""
    problems = [*_missing(body), *_types(body), *_names(body), *_urls(body), *_answers(body)]
    more, file = _resume(body)
    problems += more
    problems += exotic({name: body[name] for name in body.keys() & _TEXTS})
    return problems, file


def exotic(value: Any, path: str = "") -> Iterator[Problem]:
    """Exotic characters at any depth of a value."""
    if isinstance(value, str):
        found = _EXOTIC.search(value)
        if found is not None:
            text = f"{path}: character U+{ord(found[0]):04X} is not supported"
            yield Problem("exotic_characters", text)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from exotic(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from exotic(inner, f"{path}[{number}]")


def _missing(body: Json) -> Iterator[Problem]:
    for name in REQUIRED:
        if body.get(name) in (None, "", {}):
            yield Problem("required_field", f"{name} is required")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "vacancy": ("a string", _is_text),
    "firstname": ("a string", _is_text),
    "lastname": ("a string", _is_text),
    "token": ("a string", _is_text),
    "type": ("a string", _is_text),
    "resume": ("an object or a URL", lambda value: isinstance(value, dict | str)),
    "email": ("a string", _is_text),
    "phone": ("a string or an integer", lambda value: _is_text(value) or _is_integer(value)),
    "comment": ("a string", _is_text),
    "offerer_id": ("an integer", _is_integer),
    "urls": ("an object", lambda value: isinstance(value, dict)),
    "user_id": ("a string", _is_text),
    "legalNewsletterPartners": ("a boolean", _is_boolean),
    "similarities": ("a boolean", _is_boolean),
    "response_text": ("a string", _is_text),
    "answers": ("a list", lambda value: isinstance(value, list)),
}
_TEXTS = _TYPES.keys() - {"token", "vacancy", "resume", "type"}


def _types(body: Json) -> Iterator[Problem]:
    for name, value in body.items():
        if name not in _TYPES:
            yield Problem("unknown_field", f"{name} is not a field of a candidate")
        elif not _TYPES[name][1](value) and not (value is None and name in REQUIRED):
            yield Problem("field_type", f"{name} must be {_TYPES[name][0]}")


def _names(body: Json) -> Iterator[Problem]:
    for name in ("firstname", "lastname"):
        value = body.get(name)
        if isinstance(value, str) and value and not _LATIN.search(value):
            yield Problem("name_pattern", f"{name} must match /[a-zA-Z]/")


def _urls(body: Json) -> Iterator[Problem]:
    urls = body.get("urls")
    for name, value in urls.items() if isinstance(urls, dict) else ():
        if name not in URL_KEYS:
            yield Problem("urls_key", f"urls.{name} is not known")
        elif value == "":
            yield Problem("urls_empty", f"urls.{name} is an empty string")
        elif not (isinstance(value, str) and _URL.match(value)):
            yield Problem("urls_value", f"urls.{name} must be a URL")


def _answers(body: Json) -> Iterator[Problem]:
    answers = body.get("answers")
    for number, entry in enumerate(answers if isinstance(answers, list) else ()):
        if not isinstance(entry, dict) or entry.keys() != {"question", "value"}:
            yield Problem("answers", f"answers[{number}] must hold question and value")


def _resume(body: Json) -> tuple[list[Problem], File | None]:
    kind, resume = body.get("type"), body.get("resume")
    if kind == "document":
        return _document(resume)
    if kind == "link":
        good = isinstance(resume, str) and _URL.match(resume)
        return ([] if good else [Problem("resume_shape", "resume must be a URL")]), None
    return [Problem("type_value", "type must be document or link")], None


def _document(resume: Any) -> tuple[list[Problem], File | None]:
    if not isinstance(resume, dict) or resume.keys() != RESUME_KEYS:
        text = "resume must be an object of data, fileName and contentType"
        return [Problem("resume_shape", text)], None
    texts = [resume["data"], resume["fileName"], resume["contentType"]]
    if not all(isinstance(text, str) and text for text in texts):
        return [Problem("resume_empty", "data, fileName and contentType must not be empty")], None
    problems = list(exotic({"fileName": resume["fileName"]}, "resume"))
    if not is_base64(resume["data"]):
        return [*problems, Problem("resume_base64", "resume.data is not valid base64")], None
    return problems, File(*texts)


def is_base64(text: str) -> bool:
    """Without decoding, which takes three times as long and is left to whoever reads the file."""
    if len(text) % 4 or not text.isascii():
        return False
    padding = text.encode().translate(None, _BASE64)
    return padding in (b"", b"=", b"==") and text.endswith(padding.decode())
