"""Rules (logics) and formats by name, so that a workflow can store them as JSON.

Any installed app adds its own: a function under `@register_logic` in its `logics.py`, or under
`@register_format` in its `formats.py`. Workflows store the names: a renamed function needs its old
name in the decorator. A specification is a name, `{"name": …, "params": {…}}`, or in Python a
function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    """A registered function, with the words under which people choose it."""

    name: str
    function: Function
    label: Words
    description: Words = ""
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """A function with its settings: called with a candidate (a rule) or a profile (a format)."""

    name: str
    function: Function
    params: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, argument: Any) -> Any:
        return self.function(argument, **self.params)


BoundLogic: TypeAlias = Bound
BoundFormat: TypeAlias = Bound


class Registry:
    """Entries by name. `unknown`, `invalid`: the error codes of a wrong name or wrong settings."""

    def __init__(self, unknown: ErrorCode, invalid: ErrorCode) -> None:
        self._entries: dict[str, Entry] = {}
        self._unknown = unknown
        self._invalid = invalid

    def __iter__(self) -> Iterator[Entry]:
        """Entries in the order of their names."""
        return iter(sorted(self._entries.values(), key=lambda entry: entry.name))

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def add(self, entry: Entry) -> None:
        """Raises ImproperlyConfigured where two functions are registered under one name.

        The same function again (a module that is reloaded) replaces its entry.
        """
        if held := self._entries.get(entry.name):
            old, new = (
                f"{function.__module__}.{getattr(function, '__qualname__', function)}"
                for function in (held.function, entry.function)
            )
            if old != new:
                raise ImproperlyConfigured(f"“{entry.name}” is registered by {old} and {new}.")
        self._entries[entry.name] = entry

    def resolve(self, spec: object) -> Bound:
        """The function of a specification, with checked settings.

        Raises PermanentError with the registry's `unknown` or `invalid` code.
        """
        if callable(spec):
            return Bound(getattr(spec, "__name__", type(spec).__name__), spec)
        if isinstance(spec, Mapping) and isinstance(spec.get("name"), str):
            name, given = spec["name"], spec.get("params")
        else:
            # Neither a name nor an object: reported as an unknown name.
            name, given = spec if isinstance(spec, str) else repr(spec)[:60], None
        params = given if isinstance(given, Mapping) else {}
        entry = self._entries.get(name)
        if entry is None:
            raise PermanentError(self._unknown, name=name)
        try:
            return Bound(name, entry.function, clean_parameters(entry.parameters, params))
        except ValidationError as error:
            problem = " ".join(error.messages)
            raise PermanentError(self._invalid, name=name, problem=problem) from error

    def problem(self, spec: object) -> str:
        """What is wrong with a specification that is to be stored; empty where nothing is."""
        if callable(spec):
            return _("A function cannot be stored: give its registered name.")
        try:
            self.resolve(spec)
        except PermanentError as error:
            return str(error)
        return ""


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
    """Register a rule; with or without parentheses, under its own name where none is given.

    A rule takes the formatted candidate (`sync.mapping.candidate.Candidate`) and its settings as
    keyword arguments. It returns the candidate, perhaps changed, or None to discard it.
    """
    return _decorator(logics, name, label, description, parameters)


@overload
def register_format(name: F) -> F: ...
@overload
def register_format(
    name: str | None = None, *, label: Words = "", description: Words = ""
) -> Callable[[F], F]: ...
def register_format(name: Any = None, *, label: Words = "", description: Words = "") -> Any:
    """Register a format; with or without parentheses, under its own name where none is given.

    A format takes a HrFlow profile and returns the body of Flatchr's create call without `vacancy`
    and `token`, or the seed's `{"create_profile_body": …, "enrich_profile_body": …}`.
    """
    return _decorator(formats, name, label, description)


def _decorator(
    registry: Registry,
    name: Any,
    label: Words,
    description: Words,
    parameters: Sequence[Parameter] = (),
) -> Any:
    """`name`: a name or None, or the function itself where the decorator has no parentheses."""

    def register(function: F) -> F:
        known = name if isinstance(name, str) else function.__name__
        entry = Entry(known, function, label or known, description, tuple(parameters))
        registry.add(entry)
        return function

    return register(name) if callable(name) else register


def resolve_logics(specs: Sequence[object] | None) -> list[BoundLogic]:
    """The rules of a workflow, in their order.

    Raises PermanentError: LOGIC_UNKNOWN, or LOGIC_FAILED where the settings are wrong.
    """
    return [logics.resolve(spec) for spec in specs or ()]


def resolve_format(spec: object = None) -> BoundFormat:
    """The format of a specification; the shipped one where it is empty.

    Raises PermanentError: FORMAT_UNKNOWN, or FORMAT_CRASHED where it is given settings.
    """
    return formats.resolve(spec or DEFAULT_FORMAT)


def validate_logics(specs: object) -> None:
    """Validate a model's field: a list of names, or of `{"name": …, "params": {…}}`.

    Raises ValidationError with a sentence for each wrong rule.
    """
    if not isinstance(specs, list):
        raise ValidationError(_("The rules must be a list."))
    problems = [problem for spec in specs if (problem := logics.problem(spec))]
    if problems:
        raise ValidationError(problems)


def validate_format(spec: object) -> None:
    """Validate a model's field; empty means the shipped format. Raises ValidationError."""
    if problem := formats.problem(spec or DEFAULT_FORMAT):
        raise ValidationError(problem)
