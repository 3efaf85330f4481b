"""Read settings from the environment. Each reader raises ImproperlyConfigured, with the name of the
variable, for a missing or malformed value. No message holds the value: it may be a secret, or one
that was pasted into the wrong variable.

A value may come from the variable `NAME`, from the file that `NAME_FILE` points to (which loses one
newline at its end), or from `.env` at the project's root. A value is taken as it is written: `$` is
a character like any other.
"""

from __future__ import annotations

import importlib.util
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

MINIMUM_KEY_LENGTH = 32
# No setting needs more; more seconds would overflow a date or a socket's time-out.
LARGEST = 10.0**9
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOOPBACK = ("localhost", "127.0.0.1", "::1")

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTED = re.compile(r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?""")
_ESCAPED = re.compile(r"\\(.)")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")


def refuse(name: str, problem: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {problem}")


# --- where a value comes from -------------------------------------------------------------------


def load_dotenv(path: Path) -> None:
    """Set what `.env` gives and the environment does not; a line is `NAME=value`.

    A value may stand in single quotes (taken as it is) or double quotes (where a backslash makes
    the next character ordinary); without quotes, a comment begins at ` #`.
    """
    if not path.is_file():
        return
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise refuse(path.name, "cannot be read as UTF-8 text.") from None
    given = {name.removesuffix("_FILE") for name in os.environ}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise refuse(path.name, f"line {number} is not NAME=value.")
        name, written = found.groups()
        value = _unquoted(written, f"{path.name}, line {number} ({name})")
        if name.removesuffix("_FILE") not in given:
            os.environ.setdefault(name, value)


def _unquoted(written: str, where: str) -> str:
    if written[:1] not in ("'", '"'):
        return re.split(r"(?:^|\s)#", written, maxsplit=1)[0].rstrip()
    found = _QUOTED.fullmatch(written)
    if found is None:
        raise refuse(where, "the value's quotes do not match.")
    single, double = found.groups()
    return single if single is not None else _ESCAPED.sub(r"\1", double)


def text(name: str, default: str | None = None) -> str:
    """The value as it is written. Without a `default` it must be there."""
    path = os.environ.get(f"{name}_FILE")
    if path is not None:
        return _from_file(name, path)
    value = os.environ.get(name, default)
    if value is None:
        raise refuse(name, "not set, and there is no default.")
    return value


def _from_file(name: str, path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            value = file.read()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "not UTF-8 text"
        raise refuse(f"{name}_FILE", f"cannot be read ({problem}).") from None
    return value.removesuffix("\n").removesuffix("\r") if value.endswith("\n") else value


# --- plain values -------------------------------------------------------------------------------


def number(name: str, default: float, *, minimum: float = 0, maximum: float = LARGEST) -> float:
    """Digits, with a decimal point if need be: neither units nor exponents."""
    raw = text(name, f"{default:.6f}").strip()
    if not _NUMBER.fullmatch(raw):
        raise refuse(name, "must be a number such as 90 or 0.5, without a unit.")
    return _within(name, float(raw), minimum, maximum)


def whole(name: str, default: int, *, minimum: int = 0, maximum: float = LARGEST) -> int:
    raw = text(name, str(default)).strip()
    if not _WHOLE.fullmatch(raw):
        raise refuse(name, "must be a whole number such as 90, without a unit.")
    return int(_within(name, int(raw), minimum, maximum))


def _within(name: str, value: float, minimum: float, maximum: float) -> float:
    if value < minimum:
        raise refuse(name, f"must be at least {minimum:g}.")
    if value > maximum:
        raise refuse(name, f"must be at most {maximum:g}.")
    return value


def yes_or_no(name: str, default: bool) -> bool:
    raw = text(name, str(default)).strip().lower()
    if raw in ("true", "1", "yes", "on", "y", "t"):
        return True
    if raw in ("false", "0", "no", "off", "n", "f", ""):
        return False
    raise refuse(name, "say true or false.")


def words(name: str) -> list[str]:
    """What stands between commas."""
    return [word.strip() for word in text(name, "").split(",") if word.strip()]


def one_of(name: str, default: str, choices: tuple[str, ...]) -> str:
    """Capitals and small letters are alike."""
    value = text(name, default).strip().upper()
    if value not in choices:
        raise refuse(name, f"choose one of {', '.join(choices)}.")
    return value


# --- secrets, names, files ----------------------------------------------------------------------


def secret(name: str) -> str:
    value = text(name)
    if len(value.strip()) < MINIMUM_KEY_LENGTH:
        problem = f"give {MINIMUM_KEY_LENGTH} random characters or more."
        raise refuse(name, problem if value.strip() else f"is empty: {problem}")
    return value


def keys(name: str) -> list[str]:
    """Secret strings. The first encrypts, all of them decrypt; see `sync.fields`."""
    found = [key.strip() for key in text(name).split(",") if key.strip()]
    if not found or any(len(key) < MINIMUM_KEY_LENGTH for key in found):
        raise refuse(
            name,
            f"give one or more secret strings of {MINIMUM_KEY_LENGTH} characters or more, "
            "separated by commas.",
        )
    return found


def hosts(name: str, *, needed: bool) -> list[str]:
    """Host names as Django's ALLOWED_HOSTS has them."""
    found = words(name)
    if needed and not found:
        raise refuse(name, "give the host names of the site, separated by commas.")
    if any("/" in host for host in found):
        raise refuse(name, "give host names alone, without https:// and without a path.")
    return found


def origins(name: str) -> list[str]:
    found = words(name)
    if not all(re.match(r"https?://[^/\s]+\Z", one) for one in found):
        raise refuse(name, "give origins such as https://connector.example.com.")
    return found


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse(name, "no time zone has this name.") from None
    return value


def certificates(name: str) -> str:
    """The path of a file of authorities' certificates (PEM), or an empty string."""
    path = text(name, "").strip()
    if path and "-----BEGIN CERTIFICATE-----" not in _from_file(name, path):
        raise refuse(name, "the file holds no certificate in PEM form.")
    return path


# --- addresses ----------------------------------------------------------------------------------


def address(name: str, default: str) -> str:
    """The base address of an API, without a slash at its end; `http://` on this machine only."""
    value = text(name, default).strip().rstrip("/")
    parts = _parts(name, value)
    is_here = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_here):
        raise refuse(name, "must be an https:// address (http:// only on this machine).")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise refuse(name, "must have no user name, query or fragment.")
    return value


def proxy(name: str) -> str:
    """The address of a proxy, with a user name and password if need be, or an empty string."""
    value = text(name, "").strip()
    parts = _parts(name, value)
    is_proxy = parts.scheme in ("http", "https") and parts.hostname
    if value and (not is_proxy or parts.path not in ("", "/") or parts.query):
        raise refuse(name, "must be an address such as http://proxy.example.com:3128.")
    return value.rstrip("/")


def redis(name: str) -> str:
    value = text(name, "").strip()
    parts = _parts(name, value)
    if value and parts.scheme not in ("redis", "rediss", "unix"):
        raise refuse(name, "must begin with redis://, rediss:// or unix://.")
    if value and not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise refuse(name, "names no host.")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """An entry of DATABASES from an address such as `postgres://user:password@host/name`.

    One that is set and empty, or that names no database, stops the start: a default in its place
    would be a second, empty database.
    """
    value = text(name, default).strip()
    if not value:
        raise refuse(name, "is set and empty. Give an address, or do not set it at all.")
    config: dict[str, Any] = _parsed(name, environ.Env.db_url_config, value)
    kind = str(config.get("ENGINE", "")).rpartition(".")[2]
    if kind not in ("sqlite3", "postgresql"):
        raise refuse(name, "use sqlite:///path or postgres://user:password@host:5432/name.")
    is_odd = kind == "sqlite3" and not urlsplit(value).path.strip("/")
    if is_odd or not config.get("NAME"):
        raise refuse(name, "names no database.")
    return config


def email(name: str, default: str) -> dict[str, Any]:
    """EMAIL_BACKEND, EMAIL_HOST and the like, from an address such as `smtp+tls://host:587`."""
    config: dict[str, Any] = _parsed(name, environ.Env.email_url_config, text(name, default))
    if config["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and not config["EMAIL_HOST"]:
        raise refuse(name, "names no mail server.")
    return config


def _parts(name: str, value: str) -> Any:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  (raises ValueError for a wrong port)
    except ValueError:
        parts = None
    if parts is None or any(ord(character) <= 32 for character in value):
        raise refuse(name, "the address cannot be read.")
    return parts


def _parsed(name: str, parse: Callable[[str], Any], value: str) -> Any:
    """`parse` with nothing of the address in what it raises or warns of."""
    _parts(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parse(value)
        except (ImproperlyConfigured, ValueError, TypeError, LookupError):
            pass  # raised below, outside: the cause quotes the address
    raise refuse(name, "the address cannot be read.")


def apps(name: str) -> list[str]:
    """Dotted names of installed apps; one that cannot be found stops the start."""
    found = words(name)
    for app in found:
        package = app.partition(".apps.")[0]
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):
            spec = None
        if spec is None:
            raise refuse(name, f"no app of this name can be imported: {package}")
    return found
