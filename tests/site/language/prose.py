"""English in the code and the templates that stands outside gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

# Two words with a space between them, or what is left of such beside a value: ` is paused: `.
PROSE = re.compile(r"[^\W\d_]{2,},? +[^\W\d_]|^[,;:.]? ?[^\W\d_]{2,}:? $|^ [^\W\d_]{2,}")
MARKERS = re.compile(r"_|n?p?gettext(_lazy|_noop)?")
# Logs, what stops the start before there are translations, and what one floor of the program tells
# another: nobody reads these on a page.
FOR_PROGRAMS = re.compile(
    "logger|ImproperlyConfigured|refuse|WrongStateError|LostClaimError|MalformedEventError"
    "|UnexpectedShapeError|TypeError|TimeoutError|FieldError|LookupError|AssertionError|execute"
)
TEMPLATE_CODE = re.compile(
    r"\{% *blocktranslate\b.*?endblocktranslate *%\}|\{% *comment.*?endcomment *%\}"
    r"|\{% *block bodyclass *%\}.*?endblock *%\}|<(script|style|svg|code)\b.*?</\1>"
    r"|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<!.*?>",
    re.DOTALL,
)
READ_ATTRIBUTES = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')


def in_code(path: Path) -> Iterator[str]:
    """Prose outside gettext, logs, docstrings and HTML."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    exempt = set(map(id, _exempt(tree)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in exempt and _is_prose(node.value):
            yield str(node.value)


def _is_prose(value: object) -> bool:
    return isinstance(value, str) and "<" not in value and bool(PROSE.search(value))


def _exempt(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        if isinstance(node, ast.Call) and _is_exempt(node.func):
            yield from ast.walk(node)


def _is_exempt(function: ast.expr) -> bool:
    """`_(…)`, `translation.gettext(…)`, `SomeError(…)`, `logger.info(…)`."""
    names = ast.unparse(function).split(".")
    return bool(MARKERS.fullmatch(names[-1])) or any(map(FOR_PROGRAMS.fullmatch, names))


def in_template(path: Path) -> Iterator[str]:
    """Words between tags, and in attributes that are read aloud or shown."""
    text = TEMPLATE_CODE.sub(" ", path.read_text(encoding="utf-8"))
    pieces = [*re.split(r"<[^>]*>", unescape(text)), *READ_ATTRIBUTES.findall(text)]
    yield from (piece.strip() for piece in pieces if re.search(r"[^\W\d_]{2,}", piece))
