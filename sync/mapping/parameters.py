"""The settings of a rule: described so that a form can ask for them, checked before use. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Words: TypeAlias = str | Promise


class ParameterKind(TextChoices):
    NUMBER = "number", gettext_lazy("number")
    WORDS = "words", gettext_lazy("list of words")
    TEXT = "text", gettext_lazy("text")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a rule; `name` is the keyword argument of the rule's function."""

    name: str
    label: Words
    kind: ParameterKind = ParameterKind.TEXT
    help_text: Words = ""
    required: bool = True

    def clean(self, value: object) -> Any:
        """The value as its kind's type: float, list of str, or str. Raises ValidationError."""
        cleaned = _CLEANERS[self.kind](value)
        if cleaned is None:
            raise ValidationError(str(_PROBLEMS[self.kind]) % {"label": self.label})
        return cleaned


def clean_parameters(known: Iterable[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings by name, each as its type; optional ones that are not set are absent.

    Raises ValidationError with a sentence for each fault.
    """
    by_name = {parameter.name: parameter for parameter in known}
    faults: list[str] = [
        _("There is no setting “%(name)s”.") % {"name": name}
        for name in given
        if name not in by_name
    ]
    cleaned: dict[str, Any] = {}
    for name, parameter in by_name.items():
        value = given.get(name)
        if not parameter.required and value in (None, "", []):
            continue
        try:
            cleaned[name] = parameter.clean(value)
        except ValidationError as error:
            faults.extend(error.messages)
    if faults:
        raise ValidationError(faults)
    return cleaned


def _number(value: object) -> float | None:
    """A number of 0 or more; a decimal comma is read as well. None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value.replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < float("inf") else None


def _words(value: object) -> list[str] | None:
    """From a list, or from text separated by commas; None where no word is left."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return None
    return [part.strip() for part in parts if part.strip()] or None


def _text(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


_CLEANERS: dict[str, Callable[[object], Any]] = {
    ParameterKind.NUMBER: _number,
    ParameterKind.WORDS: _words,
    ParameterKind.TEXT: _text,
}
_PROBLEMS: dict[str, Any] = {
    ParameterKind.NUMBER: gettext_lazy("“%(label)s” must be a number, 0 or more."),
    ParameterKind.WORDS: gettext_lazy("“%(label)s” must be a list of words."),
    ParameterKind.TEXT: gettext_lazy("“%(label)s” must be a text."),
}
