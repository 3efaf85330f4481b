"""How to reach a person: e-mail, phone and links, as Flatchr's create call wants them. Pure.

https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat. What is not plausible is
left out, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, quote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from sync.mapping.profile import items, line

_NETWORKS = ("facebook", "linkedin", "twitter")
_HOSTS = {
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "linkedin.com": "linkedin",
    "lnkd.in": "linkedin",
    "twitter.com": "twitter",
    "x.com": "twitter",
}
# Which link is worth the one place of `other`, best first.
_OTHERS = ("personal", "website", "portfolio", "github", "gitlab", "from_resume")
_BARE_HOST = re.compile(r"[\w-]+(\.[\w-]+)+([:/?#].*)?", re.DOTALL)
_MAILTO = re.compile(r"mailto:([^?]*).*", re.I)
_ADDRESS = re.compile(r"[^@]+@[^@]+")
_SAFE = "!#$%&'()*+,/:;=?@[]~"


def format_email(value: object) -> str:
    """The first plausible address, as it is written."""
    return next(filter(_is_plausible, _bare_words(value)), "")


def addresses(value: object) -> list[str]:
    """Every address in a field, in the one form they are kept, hashed and looked up in: bare, in
    small letters. Also those that nothing could be sent to: somebody is known by them."""
    found = (word.lower() for word in _bare_words(value) if _ADDRESS.fullmatch(word))
    return list(dict.fromkeys(found))


def _bare_words(value: object) -> Iterator[str]:
    """`Zoé <mailto:a@b.fr?subject=CV>; "c@d.fr/e@f.fr"` holds, among others, three addresses."""
    for word in re.split(r"[\s,;<>]+", line(value)):
        bare = _MAILTO.sub(r"\1", word.strip("\"'()[]."))
        yield from re.split(r"[/|]", bare) if bare.count("@") > 1 else [bare]


def _is_plausible(address: str) -> bool:
    try:
        validate_email(address)
    except (ValidationError, ValueError):
        return False
    return True


def format_phone(value: object) -> str:
    """A string, as Flatchr's own examples show (`+33 6 95 46 82 31`), whatever HrFlow holds.

    Left out with fewer than 4 digits or more than 60 characters: that is no number.
    """
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20
    phone = str(value) if whole else line(value).removeprefix("tel:").strip()
    return phone if len(re.findall(r"[0-9]", phone)) >= 4 and len(phone) <= 60 else ""


def format_urls(value: object) -> dict[str, str]:
    """Flatchr's `urls`: an object, one URL a key, no empty strings.

    From both HrFlow shapes: a list of `{"type", "url"}`, or in older profiles a dict by type.
    """
    found: dict[str, str] = {}
    others: list[tuple[int, str]] = []
    for kind, raw in _entries(value):
        url = web_address(raw)
        key = _network(kind, url)
        if url and key:
            found.setdefault(key, url)
        elif url:
            others.append((_OTHERS.index(kind) if kind in _OTHERS else len(_OTHERS), url))
    if others:
        found["other"] = min(others, key=lambda ranked: ranked[0])[1]
    return found


def _entries(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for kind, held in value.items():
            for url in items(held) or [held]:
                yield line(kind).lower(), url
    for entry in items(value):
        held = entry if isinstance(entry, Mapping) else {"url": entry}
        yield line(held.get("type")).lower(), held.get("url")


def _network(kind: str, url: str) -> str | None:
    """By the type HrFlow gives; links found in a CV only tell by their host."""
    if kind in _NETWORKS or not url:
        return kind or None
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return next((key for end, key in _HOSTS.items() if f".{host}".endswith(f".{end}")), None)


def web_address(value: object) -> str:
    """An http(s) URL in ASCII, `https://` added where only it is missing; else nothing."""
    text = value.strip() if isinstance(value, str) else ""
    if text and _BARE_HOST.fullmatch(text):
        text = f"https://{text}"
    try:
        return _ascii(urlsplit(text)) if not re.search(r"\s", text) else ""
    except ValueError:  # a malformed port, IPv6 address or international host name
        return ""


def _ascii(parts: SplitResult) -> str:
    host = parts.hostname or ""
    # No credentials in a link, and no bare words such as a user name.
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or "." not in host.strip("."):
        return ""
    port = f":{parts.port}" if parts.port else ""
    authority = host.encode("idna").decode() + port
    rest = parts._replace(scheme="", netloc="").geturl()
    if not re.fullmatch(r"[a-z0-9._-]+(:[0-9]+)?", authority):
        return ""
    return f"{parts.scheme}://{authority}{percent_encoded(rest)}"


def percent_encoded(url: str) -> str:
    """The URL in ASCII; what is encoded already stays as it is."""
    return quote(url, safe=_SAFE, errors="ignore")
