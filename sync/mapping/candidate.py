"""From a HrFlow profile to a Flatchr candidate. Pure.

The body is documented at https://developers.flatchr.io/docs/QuickStart/Candidats/Creer_un_candidat;
`vacancy` and `token` are added when it is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sync.exceptions import FormattingError, PermanentError
from sync.mapping.contact import format_email, format_phone, format_urls, percent_encoded
from sync.mapping.enrichment import format_enrichment
from sync.mapping.names import PersonName, read_name
from sync.mapping.profile import line, mapping, mappings, moment, number, paragraph
from sync.mapping.text import has_latin_letter
from sync.vocabulary import ErrorCode

# The keys the sender owns: a format may return them, they are not its to decide.
_SENDERS_KEYS = ("vacancy", "token")
_SEED_CREATE, _SEED_ENRICH = "create_profile_body", "enrich_profile_body"
# What a push's row remembers whole, so that a look-up asks for the very person that was sent.
LONGEST = {"firstname": 120, "lastname": 120, "email": 254}
_EMPTY: tuple[object, ...] = ("", {}, [])
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Candidate(dict[str, Any]):
    """The body of Flatchr's create call, without `vacancy` and `token`.

    Beside it the HrFlow profile it was made from (to be read, not changed) and the value of the
    enrichment call, so that a rule can look at experience and skills.
    """

    def __init__(
        self,
        body: Mapping[str, Any],
        *,
        profile: Mapping[str, Any],
        enrichment: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(body)
        self.profile = profile
        self._enrichment = enrichment

    @property
    def enrichment(self) -> dict[str, Any] | None:
        """Made when it is asked for: most pushes never need it."""
        if self._enrichment is None:
            self._enrichment = format_enrichment(self.profile)
        return self._enrichment or None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A profile's CV as HrFlow lists it; none of it is checked.

    `kind`: `resume` (as processed) or `original` (as uploaded). `extension`: `.pdf`, or empty.
    `size`: bytes.
    """

    url: str
    file_name: str
    extension: str
    kind: str
    size: int | None


def format_profile(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Every field of the create call that a profile can fill; keys without a value are absent.

    `resume` is the CV's address, a placeholder that the CV step replaces by the document.
    Raises FormattingError where the profile has no name.
    """
    if not isinstance(profile, Mapping):
        raise FormattingError("profile", gettext_noop("HrFlow sent no profile object."))
    info, name, resume = mapping(profile.get("info")), read_name(profile), choose_resume(profile)
    fields = {
        "firstname": name.first,
        "lastname": name.last,
        "email": format_email(info.get("email")),
        "phone": format_phone(info.get("phone")),
        "comment": _comment(info, name),
        "urls": format_urls(info.get("urls")),
        "type": "link" if resume else None,
        "resume": resume.url if resume else None,
    }
    return _without_empty(fields)


def _comment(info: Mapping[str, Any], name: PersonName) -> str:
    """The summary, and what a recruiter must know to trust the name above it."""
    notes = [paragraph(info.get("summary"))]
    if name.original:
        notes.append(_("Name as written in the profile: %(name)s") % {"name": name.original})
    if name.single:
        notes.append(_("The profile holds only one name, shown as first and last name."))
    return "\n\n".join(filter(None, notes))


def choose_resume(profile: Mapping[str, Any]) -> Attachment | None:
    """`resume` before `original`, the newest of several; None where the profile has neither."""
    found = [
        (kind == "resume", moment(item.get("created_at")) or _EARLIEST, item)
        for item in mappings(mapping(profile).get("attachments"))
        if (kind := _kind(item)) and _url(item)
    ]
    if not found:
        return None
    best = max(found, key=lambda ranked: ranked[:2])[2]
    return _attachment(best)


def _kind(item: Mapping[str, Any]) -> str:
    """Older profiles mark the CV by `file_name`, with or without extension, instead of `type`."""
    name = PurePosixPath(line(item.get("file_name"))).stem
    marks = (line(item.get("type")).lower(), name.lower())
    return next((mark for mark in marks if mark in ("resume", "original")), "")


def _url(item: Mapping[str, Any]) -> str:
    url = item.get("public_url")
    return percent_encoded(url.strip()) if isinstance(url, str) else ""


def _attachment(item: Mapping[str, Any]) -> Attachment:
    url, size = _url(item), number(item.get("file_size"))
    name = line(item.get("original_file_name")) or line(item.get("file_name"))
    given = line(item.get("extension")).lower()
    return Attachment(
        url=url,
        file_name=name,
        extension=f".{given.lstrip('.')}" if given else _suffix(name) or _suffix(_path(url)),
        kind=_kind(item),
        size=int(size) if size is not None and size >= 0 else None,
    )


def _suffix(name: str) -> str:
    found = PurePosixPath(name).suffix.lower()
    return found if re.fullmatch(r"\.[a-z0-9]{1,5}", found) else ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def normalise_result(result: object, profile: Mapping[str, Any], name: str = "") -> Candidate:
    """What any format returned, as a candidate.

    Accepts a dict, and the seed-time `{"create_profile_body": .., "enrich_profile_body": ..}`.
    `name`: the format's, for the message. Raises PermanentError(FORMAT_EMPTY) for anything else.
    """
    body, enrichment = _parts(result)
    if not body:
        raise PermanentError(ErrorCode.FORMAT_EMPTY, name=name or "format")
    kept = {key: value for key, value in body.items() if key not in _SENDERS_KEYS}
    return Candidate(_without_empty(kept), profile=profile, enrichment=enrichment)


def _parts(result: object) -> tuple[Mapping[str, Any], dict[str, Any] | None]:
    held = mapping(result)
    if _SEED_CREATE not in held:
        return held, getattr(result, "enrichment", None)
    enrich = mapping(held.get(_SEED_ENRICH))
    # The seed's connector gives the whole body of the call; its `value` is what is ours to keep.
    value = enrich["value"] if isinstance(enrich.get("value"), Mapping) else enrich
    return mapping(held.get(_SEED_CREATE)), dict(value) or None


def check_candidate(candidate: Mapping[str, Any]) -> None:
    """What Flatchr demands of any candidate, also of one that a custom format or rule made.

    Raises FormattingError naming the field. Worth calling after the rules, before anything is sent.
    """
    for key in ("firstname", "lastname"):
        if not has_latin_letter(line(candidate.get(key))):
            problem = gettext_noop("Flatchr wants a name with at least one Latin letter.")
            raise FormattingError(key, problem)
    for key, limit in LONGEST.items():
        if len(str(candidate.get(key) or "")) > limit:
            problem = gettext_noop("it is longer than %(limit)s characters.")
            raise FormattingError(key, problem, limit=limit)
    for key, value in candidate.items():
        _check_json(key, value)


def _check_json(key: str, value: object) -> None:
    try:
        json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        problem = gettext_noop("its value cannot be sent as JSON.")
        raise FormattingError(key, problem) from error


def _without_empty(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None and value not in _EMPTY}
