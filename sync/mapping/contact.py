"""How to reach a person: e-mail and links, as Flatchr's create call wants them. Pure.

https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat. An implausible value is
left out; nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from sync.mapping.profile import items, line
from sync.matching import comparable_email

_NETWORKS = ("facebook", "linkedin", "twitter")
_HOSTS = {
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "linkedin.com": "linkedin",
    "lnkd.in": "linkedin",
    "twitter.com": "twitter",
    "x.com": "twitter",
}
# Flatchr has one place for every other link, `other`: the kinds that may take it, best first.
_OTHERS = ("personal", "website", "portfolio", "github", "gitlab", "from_resume")
_BARE_HOST = re.compile(r"[\w-]+(\.[\w-]+)+([:/?#].*)?", re.DOTALL)
_MAILTO = re.compile(r"mailto:([^?]*).*", re.I)
_ADDRESS = re.compile(r"[^@]+@[^@]+")
_SAFE = "!#$%&'()*+,/:;=?@[]~"


def format_email(value: object) -> str:
    """The first valid address in the field, as it is written there; empty without one."""
    for word in _bare_words(value):
        try:
            validate_email(word)
        except (ValidationError, ValueError):
            continue
        return word
    return ""


def addresses(value: object) -> list[str]:
    """Every address in the field, once, in the form in which rows and hashes keep it.

    Also those to which nothing can be sent (`zoe@localhost`): people are found by them.
    """
    found = (comparable_email(word) for word in _bare_words(value) if _ADDRESS.fullmatch(word))
    return list(dict.fromkeys(found))


def _bare_words(value: object) -> Iterator[str]:
    """Words of the field, without the signs that are written around an address.

    `Zoé <mailto:a@b.fr?subject=CV>; "c@d.fr/e@f.fr"` holds, among others, three addresses.
    """
    for word in re.split(r"[\s,;<>]+", line(value)):
        bare = _MAILTO.sub(r"\1", word.strip("\"'()[]."))
        yield from re.split(r"[/|]", bare) if bare.count("@") > 1 else [bare]


def format_urls(value: object) -> dict[str, str]:
    """Flatchr's `urls`: `{"facebook", "linkedin", "twitter", "other"}`, each one URL or absent.

    From both HrFlow shapes: a list of `{"type", "url"}`, or in older profiles a dict by type.
    """
    found: dict[str, str] = {}
    others: list[tuple[int, str]] = []
    for kind, raw in _links(value):
        url = web_address(raw)
        if not url:
            continue
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        # A link that HrFlow found in a CV has no telling type: its host tells the network.
        by_host = (key for end, key in _HOSTS.items() if f".{host}".endswith(f".{end}"))
        network = kind if kind in _NETWORKS else next(by_host, None)
        if network:
            found.setdefault(network, url)
        else:
            others.append((_OTHERS.index(kind) if kind in _OTHERS else len(_OTHERS), url))
    if others:
        found["other"] = min(others, key=lambda ranked: ranked[0])[1]
    return found


def _links(value: object) -> Iterator[tuple[str, object]]:
    """Type and URL of each link, in either shape; nothing is checked."""
    if isinstance(value, Mapping):
        for kind, held in value.items():
            for url in items(held) or [held]:
                yield line(kind).lower(), url
    for entry in items(value):
        held = entry if isinstance(entry, Mapping) else {"url": entry}
        yield line(held.get("type")).lower(), held.get("url")


def web_address(value: object) -> str:
    """An http(s) URL in ASCII; `https://` is added where no scheme is given. Empty for others.

    Left out: a URL with credentials, and a word that is no host, such as a user name.
    """
    text = value.strip() if isinstance(value, str) else ""
    if _BARE_HOST.fullmatch(text):
        text = f"https://{text}"
    if re.search(r"\s", text):
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        authority = host.encode("idna").decode() + port
    except ValueError:  # A malformed port, IPv6 address or international host name.
        return ""
    is_web = parts.scheme in ("http", "https") and "@" not in parts.netloc
    is_host = "." in host.strip(".") and re.fullmatch(r"[a-z0-9._-]+(:[0-9]+)?", authority)
    if not (is_web and is_host):
        return ""
    rest = parts._replace(scheme="", netloc="").geturl()
    return f"{parts.scheme}://{authority}{percent_encoded(rest)}"


def percent_encoded(url: str) -> str:
    """The URL in ASCII; what is already encoded stays as it is."""
    return quote(url, safe=_SAFE, errors="ignore")
