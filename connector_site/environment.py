"""Read settings from the environment. Each reader raises ImproperlyConfigured, with the name of the
variable, for a missing or malformed value.

A value may come from the variable `NAME`, from the file that `NAME_FILE` points to, or from `.env`
at the project's root.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
MINIMUM_KEY_LENGTH = 32

env = environ.FileAwareEnv()


def load_dotenv(path: Path) -> None:
    """Set what `.env` gives and the environment does not."""
    if path.is_file():
        environ.FileAwareEnv.read_env(str(path))


def read(name: str, reader: Callable[..., T], *default: Any) -> T:
    """The value as `reader`, one of django-environ's (`env.int`, `env.list`, …), understands it.
    Without a `default` the value must be there."""
    try:
        return reader(name, default=default[0] if default else environ.Env.NOTSET)
    except ImproperlyConfigured as error:
        raise ImproperlyConfigured(f"{name}: not set, and there is no default. {error}") from None
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"{name}: the value cannot be read ({error}).") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot be read ({error.strerror}).") from None


def text(name: str, *default: str) -> str:
    return str(read(name, env.str, *default))


def number(name: str, default: float, *, minimum: float = 0) -> float:
    value = float(read(name, env.float, default))
    if value < minimum:
        raise ImproperlyConfigured(f"{name}: must be at least {minimum:g}, not {value:g}.")
    return value


def whole(name: str, default: int, *, minimum: int = 0) -> int:
    value = int(read(name, env.int, default))
    if value < minimum:
        raise ImproperlyConfigured(f"{name}: must be at least {minimum}, not {value}.")
    return value


def yes_or_no(name: str, default: bool) -> bool:
    raw = text(name, str(default)).strip().lower()
    if raw in ("true", "1", "yes", "on", "y", "t"):
        return True
    if raw in ("false", "0", "no", "off", "n", "f", ""):
        return False
    raise ImproperlyConfigured(f"{name}: say true or false, not “{raw}”.")


def words(name: str, default: list[str]) -> list[str]:
    return [word.strip() for word in read(name, env.list, default) if word.strip()]


def keys(name: str) -> list[str]:
    """Secret strings. The first encrypts, all of them decrypt; see `sync.fields`."""
    found = [key.strip() for key in read(name, env.list) if key.strip()]
    if not found or any(len(key) < MINIMUM_KEY_LENGTH for key in found):
        raise ImproperlyConfigured(
            f"{name}: give one or more secret strings of {MINIMUM_KEY_LENGTH} characters or more, "
            "separated by commas."
        )
    return found


def address(name: str, default: str) -> str:
    """The base address of an API, without a slash at its end."""
    value = text(name, default).rstrip("/")
    if not value.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"{name}: must be an http(s) address, not “{value}”.")
    return value


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(f"{name}: no time zone is named “{value}”.") from None
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """An entry of DATABASES from an address such as `postgres://user:password@host/name`."""
    value: dict[str, Any] = read(name, env.db_url, default)
    if not value.get("ENGINE"):
        raise ImproperlyConfigured(f"{name}: no such kind of database.")
    return value


def apps(name: str) -> list[str]:
    """Dotted names of installed apps; one that cannot be found stops the start."""
    found = words(name, [])
    for app in found:
        package = app.partition(".apps.")[0]
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):
            spec = None
        if spec is None:
            raise ImproperlyConfigured(f"{name}: no app of this name can be imported: {package}")
    return found
