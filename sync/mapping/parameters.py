"""What a rule can be set to: described well enough for a form to ask, checked before it is used."""

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
    """One setting of a rule; `name` is the keyword argument of its function."""

    name: str
    label: Words
    kind: ParameterKind = ParameterKind.TEXT
    help_text: Words = ""
    required: bool = True

    def clean(self, value: object) -> Any:
        """The value in its type. Raises ValidationError with a sentence."""
        cleaned = _CLEANERS[self.kind](value)
        if cleaned is None:
            raise ValidationError(str(_PROBLEMS[self.kind]) % {"label": self.label})
        return cleaned


def clean_parameters(known: Iterable[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings in their types. Raises ValidationError with a sentence for each fault."""
    by_name = {parameter.name: parameter for parameter in known}
    faults: list[str] = [
        _("There is no setting “%(name)s”.") % {"name": name}
        for name in given
        if name not in by_name
    ]
    cleaned: dict[str, Any] = {}
    for name, parameter in by_name.items():
        if parameter.required or given.get(name) not in (None, "", []):
            _clean_into(cleaned, faults, parameter, given.get(name))
    if faults:
        raise ValidationError(faults)
    return cleaned


def _clean_into(
    cleaned: dict[str, Any], faults: list[str], parameter: Parameter, value: object
) -> None:
    try:
        cleaned[parameter.name] = parameter.clean(value)
    except ValidationError as error:
        faults.extend(error.messages)


def _number(value: object) -> float | None:
    """0 or more; a comma serves as decimal point."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value.replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < float("inf") else None


def _words(value: object) -> list[str] | None:
    """A list, or as a person types it: separated by commas."""
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
