"""Rules (logics) and formats by name, so that a workflow can hold them as JSON.

Any installed app adds its own: a function under `@register_logic` in its `logics.py`, or under
`@register_format` in its `formats.py`. Names are what workflows store: do not rename lightly.
A specification is a name, `{"name": .., "params": {..}}`, or in Python a plain function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar, overload

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _

from sync.exceptions import PermanentError
from sync.mapping.parameters import Parameter, Words, clean_parameters
from sync.vocabulary import ErrorCode

Function: TypeAlias = Callable[..., Any]
F = TypeVar("F", bound=Function)

DEFAULT_FORMAT = "format_profile"


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered function, and how to show it to a person."""

    name: str
    function: Function
    label: Words
    description: Words = ""
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """A function with its settings, ready to be called with one argument."""

    name: str
    function: Function
    params: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, argument: Any) -> Any:
        return self.function(argument, **self.params)


BoundLogic: TypeAlias = Bound
BoundFormat: TypeAlias = Bound


class Registry:
    """Entries by name. `unknown` and `invalid`: the errors of a wrong specification."""

    def __init__(self, unknown: ErrorCode, invalid: ErrorCode) -> None:
        self._entries: dict[str, Entry] = {}
        self._unknown = unknown
        self._invalid = invalid

    def __iter__(self) -> Iterator[Entry]:
        return iter(sorted(self._entries.values(), key=lambda entry: entry.name))

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def add(self, entry: Entry) -> None:
        """Raises ImproperlyConfigured where two functions want one name."""
        held = self._entries.get(entry.name)
        if held and _place(held.function) != _place(entry.function):
            places = f"{_place(held.function)} and {_place(entry.function)}"
            raise ImproperlyConfigured(f"“{entry.name}” is registered by {places}.")
        self._entries[entry.name] = entry

    def resolve(self, spec: object) -> Bound:
        """Raises PermanentError, so that a push ends with the reason."""
        if callable(spec):
            return Bound(getattr(spec, "__name__", type(spec).__name__), spec)
        name, params = _name_and_params(spec)
        entry = self._entries.get(name)
        if entry is None:
            raise PermanentError(self._unknown, name=name)
        try:
            return Bound(name, entry.function, clean_parameters(entry.parameters, params))
        except ValidationError as error:
            problem = " ".join(error.messages)
            raise PermanentError(self._invalid, name=name, problem=problem) from error

    def problem(self, spec: object) -> str:
        """What is wrong with a stored specification; empty where nothing is."""
        if callable(spec):
            return _("A function cannot be stored: give its registered name.")
        try:
            self.resolve(spec)
        except PermanentError as error:
            return str(error)
        return ""


def _place(function: Function) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', function)}"


def _name_and_params(spec: object) -> tuple[str, Mapping[str, Any]]:
    """A specification that is neither a name nor an object is its own, unknown name."""
    if isinstance(spec, Mapping) and isinstance(spec.get("name"), str):
        params = spec.get("params")
        return spec["name"], params if isinstance(params, Mapping) else {}
    return (spec if isinstance(spec, str) else repr(spec)[:60]), {}


logics = Registry(ErrorCode.LOGIC_UNKNOWN, ErrorCode.LOGIC_FAILED)
formats = Registry(ErrorCode.FORMAT_UNKNOWN, ErrorCode.FORMAT_CRASHED)


@overload
def register_logic(name: F) -> F: ...
@overload
def register_logic(
    name: str | None = None,
    *,
    label: Words = "",
    description: Words = "",
    parameters: Sequence[Parameter] = (),
) -> Callable[[F], F]: ...
def register_logic(
    name: Any = None,
    *,
    label: Words = "",
    description: Words = "",
    parameters: Sequence[Parameter] = (),
) -> Any:
    """A rule: takes the formatted candidate (`sync.mapping.candidate.Candidate`) and its settings as
    keyword arguments, and returns the candidate, perhaps changed, or None to leave it out."""
    return _decorator(logics, name, Entry("", _nobody, label, description, tuple(parameters)))


@overload
def register_format(name: F) -> F: ...
@overload
def register_format(
    name: str | None = None, *, label: Words = "", description: Words = ""
) -> Callable[[F], F]: ...
def register_format(name: Any = None, *, label: Words = "", description: Words = "") -> Any:
    """A format: takes a HrFlow profile and returns the body of Flatchr's create call."""
    return _decorator(formats, name, Entry("", _nobody, label, description))


def _nobody(argument: Any) -> None:
    """Stands in an entry until the decorated function is known."""


def _decorator(registry: Registry, name: Any, draft: Entry) -> Any:
    """Used with or without parentheses; the function's own name is the default."""

    def register(function: F) -> F:
        known = name if isinstance(name, str) else function.__name__
        registry.add(replace(draft, name=known, function=function, label=draft.label or known))
        return function

    return register(name) if callable(name) else register


def resolve_logics(specs: Sequence[object] | None) -> list[BoundLogic]:
    """Raises PermanentError: LOGIC_UNKNOWN, or LOGIC_FAILED where the settings are wrong."""
    return [logics.resolve(spec) for spec in specs or ()]


def resolve_format(spec: object = None) -> BoundFormat:
    """Nothing chosen: the shipped format. Raises PermanentError(FORMAT_UNKNOWN)."""
    return formats.resolve(spec or DEFAULT_FORMAT)


def validate_logics(specs: object) -> None:
    """A validator for a model's field. Raises ValidationError with a sentence for each fault."""
    if not isinstance(specs, list):
        raise ValidationError(_("The rules must be a list."))
    problems = [problem for spec in specs if (problem := logics.problem(spec))]
    if problems:
        raise ValidationError(problems)


def validate_format(spec: object) -> None:
    """A validator for a model's field; empty means the shipped format."""
    problem = formats.problem(spec or DEFAULT_FORMAT)
    if problem:
        raise ValidationError(problem)
